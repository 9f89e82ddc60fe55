#include "report/source.h"

#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

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

struct source {
    const struct source_options *options;
    struct source_files files;
    sd_journal *journal; /* NULL: there are no files */
    uint64_t since_us, until_us;
    uint64_t n_read, n_most, n_later, n_failures, n_unusable;
};

static bool is_chosen(const struct source *source, const char *endpoint)
{
    const struct source_options *options = source->options;
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
static int add_matches(const struct source *source)
{
    sd_journal *journal = source->journal;
    const struct source_options *options = source->options;
    /* Without one of its kinds, the first half would match all that is about the endpoints. */
    uint64_t kinds = kinds_there(journal) | UINT64_C(1) << ENTRY_ROUND;
    int result = add_kinds(journal, kinds, ENTRY_ROUND, ENTRY_SUMMARY);
    for (size_t i = 0; i < options->n_endpoints && result >= 0; i++)
        result = add_match(journal, "WARM_ENDPOINT", options->endpoints[i]);
    if (result >= 0)
        result = sd_journal_add_disjunction(journal);
    return result < 0 ? result : add_kinds(journal, kinds, ENTRY_SUMMARY + 1, ENTRY_KINDS - 1);
}

/* What was found, where there is nothing to read. */
static int why_nothing(const struct source *source, struct error *error)
{
    const struct source_files *files = &source->files;
    const struct source_options *options = source->options;
    bool is_system = options->n_files + options->n_folders == 0;
    if (files->n_denied > 0)
        return error_set(error, -EACCES, "no journal file may be read");
    if (files->n_candidates > 0)
        return error_set(error, -EBADMSG, "no journal file can be read");
    if (is_system)
        return error_set(error, -ENXIO,
                         "this machine keeps no journal in /run/log/journal or /var/log/journal; --file and "
                         "--directory read others");
    return 0; /* empty folders */
}

static int find_files(struct source *source, struct error *error)
{
    const struct source_options *options = source->options;
    struct source_files *files = &source->files;
    for (size_t i = 0; i < options->n_files; i++)
        if (source_files_add_glob(files, options->files[i]) == 0 && files->n_denied == 0)
            return error_set(error, -ENOENT, "no file matches '%s'", options->files[i]);
    for (size_t i = 0; i < options->n_folders; i++) {
        int result = source_files_add_folder(files, options->folders[i]);
        if (result < 0 && result != -EACCES)
            return error_set(error, result == -ENOTDIR ? -ENOENT : result, "cannot read the folder %s: %s",
                             options->folders[i], strerror(-result));
    }
    if (options->n_files + options->n_folders == 0)
        source_files_add_system(files, options->merge);
    source_files_say_denied(files);
    if (files->failed)
        return error_set(error, -ENOMEM, "out of memory");
    return files->n > 0 ? 0 : why_nothing(source, error);
}

static int open_journal(struct source *source, struct error *error)
{
    const struct source_files *files = &source->files;
    int result = source_files_open(files->fds, files->n, &source->journal);
    if (result >= 0)
        result = sd_journal_set_data_threshold(source->journal, VALUE_MAX);
    if (result >= 0)
        result = add_matches(source);
    return result < 0 ? error_set(error, result, "cannot open the journal: %s", strerror(-result)) : 0;
}

int source_open(const struct source_options *options, struct source **ret_source, struct error *error)
{
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return error_set(error, -ENOMEM, "out of memory");
    source->options = source->files.options = options;
    int result = find_files(source, error);
    if (result == 0 && source->files.n > 0)
        result = open_journal(source, error);
    if (result < 0) {
        source_close(source);
        return result;
    }
    source->n_most = source->files.bytes / ENTRY_BYTES_LEAST + ENTRIES_BEYOND;
    source_files_free(&source->files);
    source_seek(source, 0, UINT64_MAX);
    *ret_source = source;
    return 0;
}

void source_close(struct source *source)
{
    sd_journal_close(source->journal);
    source_files_free(&source->files);
    free(source);
}

void source_seek(struct source *source, uint64_t since_us, uint64_t until_us)
{
    source->since_us = since_us;
    source->until_us = until_us;
    source->n_read = source->n_later = source->n_failures = source->n_unusable = 0;
    if (!source->journal)
        return;
    if (since_us > 0)
        (void)sd_journal_seek_realtime_usec(source->journal, since_us);
    else
        (void)sd_journal_seek_head(source->journal);
}

/* Reads the entry at which the journal stands. False: it is none of those that are wanted. */
static bool read_entry(struct source *source, uint64_t at_us, struct entry *entry)
{
    sd_journal *journal = source->journal;
    const void *data;
    size_t length;
    entry_begin(entry, at_us);
    sd_journal_restart_data(journal);
    /* A failure ends what can be read of the entry. */
    for (int i = 0; i < FIELDS_MAX && sd_journal_enumerate_available_data(journal, &data, &length) > 0; i++)
        entry_field(entry, data, length);
    if (!is_chosen(source, entry->endpoint))
        return false;
    bool usable = entry_finish(entry);
    source->n_unusable += !usable && entry->kind != ENTRY_OTHER;
    return usable && entry->kind != ENTRY_OTHER;
}

static int step(struct source *source, int (*move)(sd_journal *))
{
    while (source->journal && source->n_read++ < source->n_most && source->n_failures < FAILURES_MAX) {
        int result = move(source->journal);
        if (result >= 0 || result == -ENOMEM)
            return result;
        source->n_failures++;
    }
    return 0;
}

/* As source_next, in the direction in which MOVE goes. */
static int next_by(struct source *source, int (*move)(sd_journal *), struct entry *ret_entry)
{
    for (int result; (result = step(source, move)) != 0;) {
        uint64_t at_us;
        if (result < 0)
            return result;
        if (sd_journal_get_realtime_usec(source->journal, &at_us) < 0 || at_us < source->since_us)
            continue;
        if (at_us >= source->until_us) {
            if (++source->n_later > LATER_MAX)
                return 0;
            continue;
        }
        source->n_later = 0;
        if (read_entry(source, at_us, ret_entry))
            return 1;
    }
    return 0;
}

int source_next(struct source *source, struct entry *ret_entry)
{
    return next_by(source, sd_journal_next, ret_entry);
}

bool source_ends(struct source *source, uint64_t *ret_first_us, uint64_t *ret_last_us)
{
    struct entry first, last;
    source_seek(source, 0, UINT64_MAX);
    if (source_next(source, &first) <= 0)
        return false;
    if (sd_journal_seek_tail(source->journal) < 0 || next_by(source, sd_journal_previous, &last) <= 0)
        last = first;
    *ret_first_us = first.at_us;
    *ret_last_us = last.at_us > first.at_us ? last.at_us : first.at_us;
    return true;
}

uint64_t source_unusable(const struct source *source)
{
    return source->n_unusable;
}

size_t source_endpoints(struct source *source, size_t most, void (*take)(void *context, const char *name),
                        void *context)
{
    static const char field[] = "WARM_ENDPOINT=";
    const void *data;
    size_t length, n = 0;
    if (!source->journal || sd_journal_query_unique(source->journal, "WARM_ENDPOINT") < 0)
        return 0;
    while (n < most && sd_journal_enumerate_available_unique(source->journal, &data, &length) > 0) {
        struct entry entry;
        entry_begin(&entry, 1);
        if (length < sizeof field)
            continue;
        entry_field(&entry, data, length); /* checks it */
        if (entry.endpoint[0]) {
            take(context, entry.endpoint);
            n++;
        }
    }
    return n;
}
