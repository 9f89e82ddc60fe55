#include "config/source.h"

#include "base/cleanup.h"

void source_begin_line(struct source *source, struct source_place place)
{
    size_t n = source->n_lines;
    if (n > 0)
        text_add(&source->text, "\n");
    if ((n & (n - 1)) == 0) { /* a power of two, or none yet */
        struct source_place *grown = reallocarray(source->lines, n ? 2 * n : 1, sizeof *grown);
        if (!grown) {
            source->failed = true;
            return;
        }
        source->lines = grown;
    }
    source->lines[source->n_lines++] = place;
}

struct source_place source_place(const struct source *source, unsigned line)
{
    if (source->n_lines == 0)
        return (struct source_place){.file = source->n_files ? source->files[0] : "", .line = line};
    size_t index = line == 0 ? 0 : line - 1;
    return source->lines[index < source->n_lines ? index : source->n_lines - 1];
}

void source_free(struct source *source)
{
    for (size_t i = 0; i < source->n_files; i++)
        free(source->files[i]);
    free(source->files);
    free(source->lines);
    text_free(&source->text);
    *source = (struct source){0};
}

const char *source_keep_name(struct source *source, char *name)
{
    char **grown = name ? reallocarray(source->files, source->n_files + 1, sizeof *grown) : NULL;
    if (!grown) {
        free(name);
        source->failed = true;
        return NULL;
    }
    source->files = grown;
    return source->files[source->n_files++] = name;
}
