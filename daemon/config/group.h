/* Groups of settings, read by a section of the table of keys; and what an unknown key was meant to be. */
#ifndef WARMD_CONFIG_GROUP_H
#define WARMD_CONFIG_GROUP_H

#include "config/reader.h"

/* SETTING's number among the keys of PLACE, or -1 after its mistake is recorded. */
int group_find(struct reader *reader, const config_setting_t *setting, enum key_place place);

/* Reads each setting of GROUP into INTO as the rows of PLACE say. GIVEN and WRONG, which may be NULL, have
 * room for each row: where it stands, and whether its value is wrong. True: all is right. */
bool group_read(struct reader *reader, enum key_place place, const config_setting_t *group, void *into,
                const config_setting_t **given, bool *wrong);

/* The value of a row that is a group. */
key_reader read_group;

/* Makes every field of INTO what it is where its key isn't given. */
void group_reset(const struct key_section *section, void *into);

#endif
