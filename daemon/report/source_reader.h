/* One handle of libsystemd, over several files, at one entry at a time. */
#ifndef WARMD_REPORT_SOURCE_READER_H
#define WARMD_REPORT_SOURCE_READER_H

#include "report/entry.h"
#include "report/source_files.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-journal.h>

/* Zero-initialised: without files, at the end. */
struct source_reader {
    const struct source_options *options;
    sd_journal *journal;
    bool whole;     /* all of its files is read, without matches */
    bool at_entry;  /* at one of the period, which wasn't read yet */
    uint64_t at_us; /* that one's time */
    uint64_t since_us, until_us;
    uint64_t n_read, n_most, n_later, n_failures, n_unusable;
};

/* Opens those of FILES that are to be read whole, or the others. OPTIONS must live as long as the reader. 0,
 * or -errno. */
int source_reader_open(struct source_reader *reader, const struct source_options *options,
                       const struct source_files *files, bool whole);
/* From now on only entries of KIND come, or all again. Seek after it. 0, or -errno. */
int source_reader_narrow_to(struct source_reader *reader, enum entry_kind kind);
int source_reader_widen(struct source_reader *reader);
/* Before the first entry in [SINCE_US, UNTIL_US). */
void source_reader_seek(struct source_reader *reader, uint64_t since_us, uint64_t until_us);
/* Behind the last entry of all. */
void source_reader_seek_tail(struct source_reader *reader);

typedef int source_move(sd_journal *journal); /* sd_journal_next or sd_journal_previous */
/* Goes on to an entry of the period, unless it is at one: 1. 0: there is none; -ENOMEM. */
int source_reader_advance(struct source_reader *reader, source_move *move);
/* Reads the entry, which then is done with. False: it is none of those that are wanted. */
bool source_reader_take(struct source_reader *reader, struct entry *ret_entry);
void source_reader_close(struct source_reader *reader);

#endif
