/* The report's entries, out of journals. A file that can't be read is told, and the others are read; what is
 * damaged in a file is passed over. */
#ifndef WARMD_REPORT_SOURCE_H
#define WARMD_REPORT_SOURCE_H

#include "base/cleanup.h"
#include "base/error.h"
#include "report/entry.h"
#include "report/source_files.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;

/* Opens the journals. OPTIONS must live as long as the source. An empty journal is no error. -ENOENT: no such
 * file or folder; -EACCES: there is nothing that may be read; -ENXIO: the running system keeps no journal;
 * -EBADMSG: no file is a journal that can be read; -ENOMEM, -errno. */
int source_open(const struct source_options *options, struct source **ret_source, struct error *error);
void source_close(struct source *source);
DEFINE_CLEANUP(struct source *, source_close);

/* CLOCK_REALTIME of the first and the last entry that source_next would return. False: there is none. Call
 * source_seek after it. */
bool source_ends(struct source *source, uint64_t *ret_first_us, uint64_t *ret_last_us);
/* Only entries in [SINCE_US, UNTIL_US) come from now on, from the first one. */
void source_seek(struct source *source, uint64_t since_us, uint64_t until_us);
/* The next entry, in the order of time (of the order of their writing, where a clock was set back), as far as
 * entry_finish accepts it. 1; 0: there are no more; -ENOMEM. */
int source_next(struct source *source, struct entry *ret_entry);
/* How many entries were about the service, but said too little. */
uint64_t source_unusable(const struct source *source);

/* Calls TAKE with each entry of KIND in [SINCE_US, UNTIL_US), found without reading the others. Call
 * source_seek after it. 0, or -errno. */
int source_find(struct source *source, enum entry_kind kind, uint64_t since_us, uint64_t until_us,
                void (*take)(void *context, const struct entry *entry), void *context);

/* Calls TAKE with the name of each endpoint that the journals know, in no order and perhaps twice, whatever
 * the period; at most MOST of them. Returns how many those were. Call source_seek after it. */
size_t source_endpoints(struct source *source, size_t most, void (*take)(void *context, const char *name),
                        void *context);

#endif
