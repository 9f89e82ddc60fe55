/* The plots of docs/learning.md, of seed 1. */
#ifndef WARMD_LEARNING_PICTURES_H
#define WARMD_LEARNING_PICTURES_H

#include <stdbool.h>

/* Writes interval.svg, retention.svg, cold.svg and hold.svg into FOLDER. */
bool pictures_write(const char *folder);

#endif
