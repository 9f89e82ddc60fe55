/* The `daemon` group of the configuration. */
#ifndef WARMD_CONFIG_SETTINGS_H
#define WARMD_CONFIG_SETTINGS_H

#include "config/reader.h"

/* Values used if the file gives none. */
struct daemon_settings settings_preset(void);

/* Reads GROUP into the reader's plan. Records whatever is wrong; if that leaves max_in_flight unknown, sets
 * the reader's ceiling_unknown. */
void settings_read(struct reader *reader, const config_setting_t *group);

#endif
