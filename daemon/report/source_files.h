/* Which journal files there are, and opening those that can be read. */
#ifndef WARMD_REPORT_SOURCE_FILES_H
#define WARMD_REPORT_SOURCE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-journal.h>

struct source_options {
    const char *const *files; /* patterns; without files and folders, the running system's journal */
    size_t n_files;
    const char *const *folders;
    size_t n_folders;
    bool merge;                   /* the journals of other machines on the running system, too */
    const char *const *endpoints; /* entries of these and of no endpoint; none: all */
    size_t n_endpoints;
    void (*complain)(const char *message); /* called with a line about each file that isn't read as it is */
};

struct source_file {
    dev_t device;
    ino_t inode;
    bool whole;      /* to be read without matches */
    char *temporary; /* the path of a mended copy; owned */
};

struct source_files {
    const struct source_options *options; /* who is told of files that can't be read */
    int *fds;                             /* of those that can; owned, N of them */
    struct source_file *known;            /* about the same; none is opened twice */
    size_t n, room;
    uint64_t bytes;      /* their sizes */
    size_t n_candidates; /* names that were looked at */
    size_t n_denied;     /* files and folders that may not be read */
    char *denied;        /* the first of them */
    int denied_code;
    bool failed; /* memory ran out */
};

/* Adds the files that match PATTERN, as journalctl understands it: * ? [] {}. Returns how many there are. */
size_t source_files_add_glob(struct source_files *files, const char *pattern);
/* Adds the journal files in FOLDER, and in the folders of machines in it. 0, or -errno: it can't be read. */
int source_files_add_folder(struct source_files *files, const char *folder);
/* The same of the running system: its own ones, or EVERY machine's. */
void source_files_add_system(struct source_files *files, bool every);
/* Says what may not be read, in one sentence for all. */
void source_files_say_denied(const struct source_files *files);
/* Opens the N files at FDS together, which may be closed then. It goes by their names in /proc/self/fd: so no
 * rotation comes in between, while libsystemd's versions differ in who closes descriptors that they are
 * given. 0, or -errno. */
int source_files_open(const int *fds, size_t n, sd_journal **ret_journal);
/* Closes all, and removes copies. */
void source_files_free(struct source_files *files);

/* Whether the file at PATH begins like a journal. */
bool source_is_journal(const char *path);

#endif
