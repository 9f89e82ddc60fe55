/* What the program's exit status means (sysexits.h, so that systemd and scripts can tell). */
#ifndef WARMD_COMMANDS_EXIT_CODES_H
#define WARMD_COMMANDS_EXIT_CODES_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_NOT_MET = 1,      /* a target was not met, whatever the cause */
    EXIT_USAGE = 64,       /* the command line is wrong */
    EXIT_NO_INPUT = 66,    /* the configuration file does not exist */
    EXIT_UNAVAILABLE = 69, /* something outside is missing */
    EXIT_FAULT = 70,       /* out of memory, or a bug */
    EXIT_PERMISSION = 77,  /* the configuration file can't be read */
    EXIT_CONFIG = 78,      /* the configuration has mistakes */
};

#endif
