#include "config/splice.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>

enum {
    INCLUDE_DEPTH_MAX = 10, /* as in libconfig */
    INCLUDES_MAX = 256,     /* in all: empty files cost no text, but including them costs time */
};

/* With advice on what to do. */
#define TOO_LARGE ": the limit is 8 MiB; split the endpoints over several files in conf.d/"

struct splicer {
    const char *path;
    struct source *source;
    struct scanner scanner;
    struct mistakes *mistakes;
    const struct file *open[INCLUDE_DEPTH_MAX + 1]; /* the file being read and those that include it */
    unsigned depth;
    size_t bytes; /* read so far, includes too */
    bool failed;
};

static bool is_text(struct splicer *splicer, const char *name, const struct file *file)
{
    unsigned line = 1;
    for (size_t i = 0; i < file->length; i++) {
        unsigned char c = (unsigned char)file->bytes[i];
        if (c == 0x7f || (c < 0x20 && !(c && strchr("\t\n\r\f", c)))) {
            mistakes_add(splicer->mistakes, name, line, "byte 0x%02x: this is not a text file", c);
            return false;
        }
        line += c == '\n';
    }
    return true;
}

static bool is_open(const struct splicer *splicer, const struct file *file)
{
    for (unsigned i = 0; i < splicer->depth; i++)
        if (splicer->open[i]->device == file->device && splicer->open[i]->inode == file->inode)
            return true;
    return false;
}

static int splice(struct splicer *splicer, const char *name, const struct file *file);

/* Reads the file that the @include before the scanner names. -EINVAL: it can't be read, as the mistakes say;
 * the rest can. */
static int include(struct splicer *splicer, const char *written)
{
    CLEANUP_FILE struct file file = {0};
    struct source_place place = splicer->scanner.cursor.place;
    const char *name = source_keep_name(splicer->source, file_beside(splicer->path, written));
    if (!name)
        return -ENOMEM;
    int result = 0;
    if (splicer->depth > INCLUDE_DEPTH_MAX)
        mistakes_add(splicer->mistakes, place.file, place.line, "@include is nested deeper than %d",
                     INCLUDE_DEPTH_MAX);
    else if (splicer->source->n_files > INCLUDES_MAX)
        mistakes_add(splicer->mistakes, place.file, place.line, "more than %d files are included",
                     INCLUDES_MAX);
    else if ((result = file_read_config(name, &file)) < 0)
        mistakes_add(splicer->mistakes, place.file, place.line, "@include \"%s\": %s", written,
                     file_problem(result));
    else if (is_open(splicer, &file))
        mistakes_add(splicer->mistakes, place.file, place.line, "@include \"%s\": this file includes itself",
                     written);
    else
        return splice(splicer, name, &file);
    return result == -ENOMEM ? result : -EINVAL;
}

static int scan_and_include(struct splicer *splicer)
{
    for (;;) {
        CLEANUP_FREE char *written = NULL;
        int result = scan_run(&splicer->scanner, &written);
        if (result <= 0)
            return result;
        result = include(splicer, written);
        if (result == -ENOMEM)
            return result;
        splicer->failed |= result < 0;
        /* Once over a limit, it stays over: one mistake is enough. */
        if (splicer->source->n_files > INCLUDES_MAX || splicer->bytes > CONFIG_SIZE_MAX)
            return -EINVAL;
    }
}

/* Editors on other systems write it; it means nothing. */
static size_t byte_order_mark(const struct file *file)
{
    return text_starts_with(file->bytes, "\xef\xbb\xbf") ? 3 : 0;
}

static int splice(struct splicer *splicer, const char *name, const struct file *file)
{
    splicer->bytes += file->length;
    if (splicer->bytes > CONFIG_SIZE_MAX) {
        mistakes_add(splicer->mistakes, name, 1,
                     "is too large together with the files that include it" TOO_LARGE);
        return -EINVAL;
    }
    if (!is_text(splicer, name, file))
        return -EINVAL;
    const char *start = file->bytes + byte_order_mark(file);
    struct cursor around = splicer->scanner.cursor;
    splicer->scanner.cursor = (struct cursor){.at = start, .line_start = start, .place = {name, 1}};
    splicer->open[splicer->depth++] = file;
    int result = scan_and_include(splicer);
    splicer->depth--;
    splicer->scanner.cursor = around;
    return result;
}

/* Records why the main file can't be read; one that exists but is unusable is wrong in its first line. */
static int refuse(const char *path, int code, struct mistakes *mistakes)
{
    if (code == -EFBIG)
        mistakes_add(mistakes, path, 1, "is too large" TOO_LARGE);
    else if (code == -EISDIR || code == -ENOTSUP)
        mistakes_add(mistakes, path, 1, "%s", file_problem(code));
    else
        mistakes_add(mistakes, path, 0, "can't be read: %s", file_problem(code));
    if (code == -ENOTDIR)
        return -ENOENT;
    if (code == -EPERM)
        return -EACCES;
    return code == -ENOENT || code == -EACCES || code == -ENOMEM ? code : -EINVAL;
}

static int scan_main(struct splicer *splicer)
{
    CLEANUP_FILE struct file file = {0};
    int result = file_read_config(splicer->path, &file);
    if (result < 0)
        return refuse(splicer->path, result, splicer->mistakes);
    const char *name = source_keep_name(splicer->source, strdup(splicer->path));
    if (name)
        result = splice(splicer, name, &file);
    if (result == 0 && splicer->failed)
        result = -EINVAL;
    return splicer->source->failed ? -ENOMEM : result;
}

int splice_scan(const char *path, bool guesses, struct source *ret_source, struct tokens *ret_tokens,
                struct mistakes *mistakes)
{
    struct source source = {0};
    struct tokens tokens = {0};
    struct splicer splicer = {.path = path,
                              .source = &source,
                              .scanner = {.tokens = &tokens, .guesses = guesses},
                              .mistakes = mistakes};
    int result = scan_main(&splicer);
    tokens_end(&tokens, (struct source_place){source.n_files ? source.files[0] : "", 0});
    *ret_source = source;
    *ret_tokens = tokens;
    return tokens.failed ? -ENOMEM : result;
}
