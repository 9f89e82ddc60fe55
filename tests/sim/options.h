/* The command line. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "server.h"

/* Reads ARGV. If that has a mistake, or asks for help or the version, the program ends. */
void options_take(int argc, char **argv, struct server_options *options);

/* usage.c */
extern const char usage_text[];

#endif
