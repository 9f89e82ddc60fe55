/* The readers of keys whose values are more than a row of config/keys.def says. */
#ifndef WARMD_CONFIG_READERS_H
#define WARMD_CONFIG_READERS_H

#include "config/reader.h"

/* Names and places: */
key_reader read_name, read_url, read_function, read_endpoint_url, read_path, read_metrics_file;
/* Forms for read_text: */
bool is_tenant(const char *text);
bool is_profile(const char *text);
bool is_service(const char *text);

/* What is sent, how the answer is read, and what it may cost: */
key_reader read_method, read_headers, read_body, read_expect, read_extract, read_budget;

/* When: */
key_reader read_windows, read_days, read_time_of_day, read_timezone;

#endif
