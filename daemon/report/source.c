#include "report/source.h"

#include "report/report.h"
#include "report/source_reader.h"

#include <errno.h>
#include <string.h>

enum { READERS = 2 /* for files that are read by matches, and for those that are read whole */ };

struct source {
    const struct source_options *options;
    struct source_files files; /* until they are open */
    struct source_reader readers[READERS];
};

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

static int open_readers(struct source *source, struct error *error)
{
    int result = 0;
    for (int i = 0; i < READERS && result == 0; i++)
        result = source_reader_open(&source->readers[i], source->options, &source->files, i == 1);
    source_files_free(&source->files);
    return result < 0 ? error_set(error, result, "cannot open the journal: %s", strerror(-result)) : 0;
}

int source_open(const struct source_options *options, struct source **ret_source, struct error *error)
{
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return error_set(error, -ENOMEM, "out of memory");
    source->options = source->files.options = options;
    int result = find_files(source, error);
    if (result == 0)
        result = open_readers(source, error);
    if (result < 0) {
        source_close(source);
        return result;
    }
    source_seek(source, 0, UINT64_MAX);
    *ret_source = source;
    return 0;
}

void source_close(struct source *source)
{
    for (int i = 0; i < READERS; i++)
        source_reader_close(&source->readers[i]);
    source_files_free(&source->files);
    free(source);
}

void source_seek(struct source *source, uint64_t since_us, uint64_t until_us)
{
    for (int i = 0; i < READERS; i++)
        source_reader_seek(&source->readers[i], since_us, until_us);
}

static int next_by(struct source *source, source_move *move, struct entry *ret_entry)
{
    for (;;) {
        struct source_reader *nearest = NULL;
        for (int i = 0; i < READERS; i++) {
            struct source_reader *reader = &source->readers[i];
            int result = source_reader_advance(reader, move);
            if (result < 0)
                return result;
            if (result > 0 && (!nearest || (reader->at_us < nearest->at_us) == (move == sd_journal_next)))
                nearest = reader;
        }
        if (!nearest)
            return 0;
        if (source_reader_take(nearest, ret_entry))
            return 1;
    }
}

int source_next(struct source *source, struct entry *ret_entry)
{
    return next_by(source, sd_journal_next, ret_entry);
}

/* When what ENTRY tells began: a summary's first round. */
static uint64_t begins_us(const struct entry *entry)
{
    uint64_t since_us = entry_number(entry, NUMBER_SINCE_US);
    return entry->kind == ENTRY_SUMMARY && since_us + REPORT_LATE_US > entry->at_us ? since_us : entry->at_us;
}

int source_find(struct source *source, enum entry_kind kind, uint64_t since_us, uint64_t until_us,
                void (*take)(void *context, const struct entry *entry), void *context)
{
    struct entry entry;
    int result = 0;
    for (int i = 0; i < READERS && result >= 0; i++)
        result = source_reader_narrow_to(&source->readers[i], kind);
    source_seek(source, since_us, until_us);
    while (result >= 0 && (result = source_next(source, &entry)) > 0)
        if (entry.kind == kind)
            take(context, &entry);
    for (int i = 0; i < READERS && result >= 0; i++)
        result = source_reader_widen(&source->readers[i]);
    return result;
}

bool source_ends(struct source *source, uint64_t *ret_first_us, uint64_t *ret_last_us)
{
    struct entry first, last;
    source_seek(source, 0, UINT64_MAX);
    if (source_next(source, &first) <= 0)
        return false;
    for (int i = 0; i < READERS; i++)
        source_reader_seek_tail(&source->readers[i]);
    if (next_by(source, sd_journal_previous, &last) <= 0)
        last = first;
    *ret_first_us = begins_us(&first);
    *ret_last_us = last.at_us > first.at_us ? last.at_us : first.at_us;
    return true;
}

uint64_t source_unusable(const struct source *source)
{
    uint64_t n = 0;
    for (int i = 0; i < READERS; i++)
        n += source->readers[i].n_unusable;
    return n;
}

/* As source_endpoints, in one of the readers. */
static size_t endpoints_in(sd_journal *journal, size_t most, void (*take)(void *context, const char *name),
                           void *context)
{
    static const char field[] = "WARM_ENDPOINT=";
    const void *data;
    size_t length, n = 0;
    if (!journal || sd_journal_query_unique(journal, "WARM_ENDPOINT") < 0)
        return 0;
    while (n < most && sd_journal_enumerate_available_unique(journal, &data, &length) > 0) {
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

size_t source_endpoints(struct source *source, size_t most, void (*take)(void *context, const char *name),
                        void *context)
{
    size_t n = 0;
    for (int i = 0; i < READERS; i++)
        n += endpoints_in(source->readers[i].journal, most - n, take, context);
    return n;
}
