/* Which keys may stand where, and what an unknown one was meant to be. */
#ifndef WARMD_CONFIG_KEYS_H
#define WARMD_CONFIG_KEYS_H

#include "config/key_table.h"
#include "config/reader.h"

/* SETTING's number among the keys of PLACE, or -1 after its mistake is recorded. */
int key_find(struct reader *reader, const config_setting_t *setting, enum key_place place);

/* Whether endpoints take KEY from defaults: all but name, url and function. */
bool key_is_inherited(enum endpoint_key key);

#endif
