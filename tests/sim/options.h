/* The command line. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "server.h"

/* What ARGV says; where that is a mistake, or a wish to be told something, the program ends. */
void options_take(int argc, char **argv, struct server_options *options);

/* usage.c */
extern const char usage_text[];

#endif
