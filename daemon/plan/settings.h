/* The `daemon` group of the configuration. */
#ifndef WARMD_PLAN_SETTINGS_H
#define WARMD_PLAN_SETTINGS_H

#include "plan/reader.h"

/* Values that hold where the file doesn't say otherwise. */
struct daemon_settings settings_preset(void);

/* Reads GROUP into the reader's plan. Whatever is wrong is recorded; where nothing can be said of
 * max_in_flight any more, the reader's ceiling_unknown is set. */
void settings_read(struct reader *reader, const config_setting_t *group);

#endif
