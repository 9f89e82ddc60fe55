/* `lambda-warmd reload`: asks the running daemon to read its configuration again, and reports the result. */
#ifndef WARMD_COMMANDS_RELOAD_H
#define WARMD_COMMANDS_RELOAD_H

/* Asks the daemon of FOLDER (NULL: $RUNTIME_DIRECTORY, or /run/lambda-warmd). Returns an exit code: EXIT_DONE
 * only if the configuration as it is now is in force; EXIT_CONFIG if it was rejected. */
int command_reload(const char *folder);

#endif
