#include "config/splice.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "config/lexer.h"

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
    struct tokens *tokens; /* to make from the text; NULL: copy it */
    struct mistakes *mistakes;
    const struct file *open[INCLUDE_DEPTH_MAX + 1]; /* the file being read and those that include it */
    unsigned depth;
    size_t bytes; /* read so far, includes too */
    bool failed;
};

/* The first byte that text never contains; NULL if there is none. */
static const char *find_binary(const struct file *file)
{
    for (const char *at = file->bytes; at < file->bytes + file->length; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f'))
            return at;
    }
    return NULL;
}

static bool is_text(struct splicer *splicer, const char *name, const struct file *file)
{
    const char *binary = find_binary(file);
    if (!binary)
        return true;
    unsigned line = 1;
    for (const char *at = file->bytes; at < binary; at++)
        line += *at == '\n';
    mistakes_add(splicer->mistakes, name, line, "byte 0x%02x: this is not a text file",
                 (unsigned char)*binary);
    return false;
}

static bool is_open(const struct splicer *splicer, const struct file *file)
{
    for (unsigned i = 0; i < splicer->depth; i++)
        if (splicer->open[i]->device == file->device && splicer->open[i]->inode == file->inode)
            return true;
    return false;
}

static int splice(struct splicer *splicer, const char *name, const struct file *file);

/* Reads the file that an @include at PLACE names. -EINVAL: it can't be read, as the mistakes say; the rest
 * can. */
static int include(struct splicer *splicer, struct source_place place, const char *written)
{
    CLEANUP_FILE struct file file = {0};
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

/* What reads a file: one of the two. */
struct reading {
    struct lexer lexer;
    struct scanner scanner;
};

/* Reads up to the next @include, and returns its place. */
static int read_on(struct splicer *splicer, struct reading *reading, struct source_place *ret_place,
                   char **ret_include)
{
    int result =
        splicer->tokens ? scan_run(&reading->scanner, ret_include) : lexer_run(&reading->lexer, ret_include);
    *ret_place = splicer->tokens ? reading->scanner.cursor.place : reading->lexer.cursor.place;
    return result;
}

static int read_and_include(struct splicer *splicer, struct reading *reading)
{
    for (;;) {
        CLEANUP_FREE char *written = NULL;
        struct source_place place;
        int result = read_on(splicer, reading, &place, &written);
        if (result <= 0)
            return result;
        result = include(splicer, place, written);
        if (result == -ENOMEM)
            return result;
        splicer->failed |= result < 0;
        /* Once over a limit, it stays over: one mistake is enough. */
        if (splicer->source->n_files > INCLUDES_MAX || splicer->bytes > CONFIG_SIZE_MAX)
            return -EINVAL;
        if (!splicer->tokens)
            source_begin_line(splicer->source, place);
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
    const char *start = file->bytes + byte_order_mark(file), *end = file->bytes + file->length;
    struct source_place place = {name, 1};
    struct cursor cursor = {.at = start, .end = end, .place = place, .at_line_start = true};
    struct reading reading = {
        .lexer = {.cursor = cursor, .source = splicer->source, .mistakes = splicer->mistakes},
        .scanner = {.cursor = cursor, .line_start = start, .tokens = splicer->tokens},
    };
    if (!splicer->tokens)
        source_begin_line(splicer->source, place);
    splicer->open[splicer->depth++] = file;
    int result = read_and_include(splicer, &reading);
    splicer->depth--;
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

static int read_main(const char *path, struct source *ret_source, struct tokens *tokens,
                     struct mistakes *mistakes)
{
    CLEANUP_FILE struct file file = {0};
    struct splicer splicer = {.path = path, .source = ret_source, .tokens = tokens, .mistakes = mistakes};
    int result = file_read_config(path, &file);
    if (result < 0)
        return refuse(path, result, mistakes);
    const char *name = source_keep_name(ret_source, strdup(path));
    if (name)
        result = splice(&splicer, name, &file);
    if (result == 0 && splicer.failed)
        result = -EINVAL;
    return ret_source->failed ? -ENOMEM : result;
}

int splice_read(const char *path, struct source *ret_source, struct mistakes *mistakes)
{
    struct source source = {0};
    int result = read_main(path, &source, NULL, mistakes);
    if (source.n_files == 0)
        return result;
    text_add(&source.text, "\n");
    if (source.text.failed)
        result = -ENOMEM;
    *ret_source = source;
    return result;
}

int splice_scan(const char *path, struct source *ret_source, struct tokens *ret_tokens,
                struct mistakes *mistakes)
{
    struct source source = {0};
    struct tokens tokens = {0};
    int result = read_main(path, &source, &tokens, mistakes);
    tokens_end(&tokens, (struct source_place){source.n_files ? source.files[0] : "", 0});
    if (tokens.failed)
        result = -ENOMEM;
    *ret_source = source;
    *ret_tokens = tokens;
    return result;
}
