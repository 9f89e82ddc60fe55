#include "report/source_reader.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    FIELDS_MAX = 1024,      /* of an entry: journald takes no more */
    VALUE_MAX = 4096,       /* of a compressed field: what is longer isn't ours, or its end doesn't matter */
    VALUES_MAX = 100,       /* of WARM_EVENT, of all versions */
    MATCH_MAX = 128,        /* bytes */
    LATER_MAX = 4096,       /* entries after the end: the clock was set forward for a moment, or that's it */
    FAILURES_MAX = 100,     /* of libsystemd, which goes on without the damaged file after each */
    ENTRY_BYTES_LEAST = 64, /* in a file: so many entries can there be, whatever a damaged one says */
    ENTRIES_BEYOND = 1 << 20, /* written while we read */
};

_Static_assert(ENTRY_KINDS <= 64, "kinds_there has a bit for each");

static bool is_chosen(const struct source_reader *reader, const char *endpoint)
{
    const struct source_options *options = reader->options;
    if (options->n_endpoints == 0 || endpoint[0] == '\0')
        return true;
    for (size_t i = 0; i < options->n_endpoints; i++)
        if (strcmp(endpoint, options->endpoints[i]) == 0)
            return true;
    return false;
}

static int add_match(sd_journal *journal, const char *name, const char *value)
{
    char match[MATCH_MAX];
    int length = snprintf(match, sizeof match, "%s=%s", name, value);
    return length < (int)sizeof match ? sd_journal_add_match(journal, match, (size_t)length) : 0;
}

/* Which kinds there are at all, a bit for each: libsystemd looks for each match anew before each entry. All,
 * if the journal is too damaged to tell. */
static uint64_t kinds_there(sd_journal *journal)
{
    const void *data;
    size_t length;
    uint64_t kinds = 0;
    int result = sd_journal_query_unique(journal, "WARM_EVENT");
    for (int i = 0; result >= 0 && i < VALUES_MAX; i++) {
        struct entry entry;
        result = sd_journal_enumerate_unique(journal, &data, &length);
        if (result == 0)
            return kinds;
        entry_begin(&entry, 1);
        if (result > 0)
            entry_field(&entry, data, length);
        kinds |= UINT64_C(1) << entry.kind;
    }
    return UINT64_MAX;
}

static int add_kinds(sd_journal *journal, uint64_t kinds, int first, int last)
{
    int result = 0;
    for (int kind = first; kind <= last && result >= 0; kind++)
        if (kinds & UINT64_C(1) << kind)
            result = add_match(journal, "WARM_EVENT", entry_kind_name((enum entry_kind)kind));
    return result;
}

/* (round or summary, of these endpoints) or (another kind, of whatever endpoint: they are few). */
static int add_matches(const struct source_reader *reader)
{
    sd_journal *journal = reader->journal;
    const struct source_options *options = reader->options;
    /* Without one of its kinds, the first half would match all that is about the endpoints. */
    uint64_t kinds = kinds_there(journal) | UINT64_C(1) << ENTRY_ROUND;
    int result = add_kinds(journal, kinds, ENTRY_ROUND, ENTRY_SUMMARY);
    for (size_t i = 0; i < options->n_endpoints && result >= 0; i++)
        result = add_match(journal, "WARM_ENDPOINT", options->endpoints[i]);
    if (result >= 0)
        result = sd_journal_add_disjunction(journal);
    return result < 0 ? result : add_kinds(journal, kinds, ENTRY_SUMMARY + 1, ENTRY_KINDS - 1);
}

/* In a damaged file matches find few of the entries that can be read, because each match's list of entries
 * ends at its first damaged piece. So a file that is mostly ours is read without matches, which takes no
 * longer. */
static int set_up(struct source_reader *reader)
{
    int result = sd_journal_set_data_threshold(reader->journal, VALUE_MAX);
    return result < 0 || reader->whole ? result : add_matches(reader);
}

int source_reader_narrow_to(struct source_reader *reader, enum entry_kind kind)
{
    if (!reader->journal)
        return 0;
    sd_journal_flush_matches(reader->journal);
    return add_match(reader->journal, "WARM_EVENT", entry_kind_name(kind));
}

int source_reader_widen(struct source_reader *reader)
{
    if (!reader->journal)
        return 0;
    sd_journal_flush_matches(reader->journal);
    return set_up(reader);
}

int source_reader_open(struct source_reader *reader, const struct source_options *options,
                       const struct source_files *files, bool whole)
{
    *reader = (struct source_reader){.options = options, .whole = whole};
    CLEANUP_FREE int *fds = calloc(files->n + 1, sizeof *fds);
    size_t n = 0;
    if (!fds)
        return -ENOMEM;
    for (size_t i = 0; i < files->n; i++)
        if (files->known[i].whole == whole)
            fds[n++] = files->fds[i];
    int result = n > 0 ? source_files_open(fds, n, &reader->journal) : 0;
    if (result >= 0 && n > 0)
        result = set_up(reader);
    reader->n_most = files->bytes / ENTRY_BYTES_LEAST + ENTRIES_BEYOND;
    return result < 0 ? result : 0;
}

void source_reader_seek(struct source_reader *reader, uint64_t since_us, uint64_t until_us)
{
    reader->since_us = since_us;
    reader->until_us = until_us;
    reader->at_entry = false;
    reader->n_read = reader->n_later = reader->n_failures = reader->n_unusable = 0;
    if (reader->journal && since_us > 0)
        (void)sd_journal_seek_realtime_usec(reader->journal, since_us);
    else if (reader->journal)
        (void)sd_journal_seek_head(reader->journal);
}

void source_reader_seek_tail(struct source_reader *reader)
{
    source_reader_seek(reader, 0, UINT64_MAX);
    if (reader->journal)
        (void)sd_journal_seek_tail(reader->journal);
}

static int step(struct source_reader *reader, source_move *move)
{
    while (reader->journal && reader->n_read++ < reader->n_most && reader->n_failures < FAILURES_MAX) {
        int result = move(reader->journal);
        if (result >= 0 || result == -ENOMEM)
            return result;
        reader->n_failures++;
    }
    return 0;
}

int source_reader_advance(struct source_reader *reader, source_move *move)
{
    for (int result; !reader->at_entry; reader->n_later = 0) {
        do {
            result = reader->n_later > LATER_MAX ? 0 : step(reader, move);
            if (result <= 0)
                return result;
            result = sd_journal_get_realtime_usec(reader->journal, &reader->at_us);
            reader->n_later += result >= 0 && reader->at_us >= reader->until_us;
        } while (result < 0 || reader->at_us >= reader->until_us);
        reader->at_entry = reader->at_us >= reader->since_us;
    }
    return 1;
}

bool source_reader_take(struct source_reader *reader, struct entry *ret_entry)
{
    const void *data;
    size_t length;
    reader->at_entry = false;
    entry_begin(ret_entry, reader->at_us);
    sd_journal_restart_data(reader->journal);
    /* A failure ends what can be read of the entry. */
    for (int i = 0;
         i < FIELDS_MAX && sd_journal_enumerate_available_data(reader->journal, &data, &length) > 0; i++) {
        entry_field(ret_entry, data, length);
        if (!is_chosen(reader, ret_entry->endpoint))
            return false;
    }
    if (ret_entry->kind == ENTRY_OTHER)
        return false;
    bool usable = entry_finish(ret_entry);
    reader->n_unusable += !usable;
    return usable;
}

void source_reader_close(struct source_reader *reader)
{
    sd_journal_close(reader->journal);
    reader->journal = NULL;
}
