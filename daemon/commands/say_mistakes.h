/* The mistakes of a configuration, for people. */
#ifndef WARMD_COMMANDS_SAY_MISTAKES_H
#define WARMD_COMMANDS_SAY_MISTAKES_H

#include "plan/mistakes.h"

/* Prints each in a line on stderr; on a terminal, also the line that it is about, with a caret below. */
void say_mistakes(const struct mistakes *mistakes);

#endif
