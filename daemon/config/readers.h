/* The readers of keys whose values are more than a row of config/keys.def says. */
#ifndef WARMD_CONFIG_READERS_H
#define WARMD_CONFIG_READERS_H

#include "config/reader.h"

/* Names and places: */
key_reader read_endpoint_url, read_path, read_metrics_file;
text_judge judge_name, judge_url, judge_function;
/* Forms for read_text: */
bool is_tenant(const char *text);
bool is_profile(const char *text);
bool is_service(const char *text);

/* What is sent, how the answer is read, and what it may cost: */
key_reader read_headers, read_expect, read_extract, read_budget;
text_judge judge_method, judge_body;

/* When: */
key_reader read_windows, read_days, read_time_of_day;
text_judge judge_timezone;

#endif
