/* `lambda-warmd run`: the daemon, in the foreground. */
#ifndef WARMD_COMMANDS_RUN_H
#define WARMD_COMMANDS_RUN_H

/* Runs until it is told to stop; returns an exit code. */
int command_run(const char *config_path);

#endif
