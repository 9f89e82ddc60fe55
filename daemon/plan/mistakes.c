#include "plan/mistakes.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of a message or a file's name that are shown; a value from the file may be of any length. */
enum { SHOWN_MAX = 480 };

/* Room for one more; false when memory ran out. */
static bool grow(struct mistakes *mistakes)
{
    size_t n = mistakes->n;
    if (n > 0 && (n < 8 || (n & (n - 1)) != 0))
        return true;
    struct mistake *grown = reallocarray(mistakes->items, n ? 2 * n : 8, sizeof *grown);
    if (grown)
        mistakes->items = grown;
    return grown;
}

static void free_mistake(struct mistake *mistake)
{
    free(mistake->file);
    free(mistake->text);
    free(mistake->word);
}

struct mistake *mistakes_record(struct mistakes *mistakes, const char *file, unsigned line, bool warning,
                                const char *format, va_list args)
{
    CLEANUP_TEXT struct text raw = {0};
    if (!warning)
        mistakes->errors++;
    text_formatv(&raw, format, args);
    /* The file's text may contain anything, so it is escaped before a terminal or a log sees it. */
    struct mistake mistake = {.file = text_escape(file, SHOWN_MAX),
                              .line = line,
                              .warning = warning,
                              .text = raw.data ? text_escape(raw.data, SHOWN_MAX) : NULL};
    if (!mistake.file || !mistake.text || !grow(mistakes)) {
        free_mistake(&mistake);
        return NULL;
    }
    mistakes->items[mistakes->n] = mistake;
    return &mistakes->items[mistakes->n++];
}

void mistakes_add(struct mistakes *mistakes, const char *file, unsigned line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mistakes_record(mistakes, file, line, false, format, args);
    va_end(args);
}

void mistakes_warn(struct mistakes *mistakes, const char *file, unsigned line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mistakes_record(mistakes, file, line, true, format, args);
    va_end(args);
}

void mistakes_move(struct mistakes *mistakes, struct mistakes *from)
{
    for (size_t i = 0; i < from->n; i++) {
        if (grow(mistakes))
            mistakes->items[mistakes->n++] = from->items[i];
        else
            free_mistake(&from->items[i]);
    }
    mistakes->errors += from->errors;
    free(from->items);
    *from = (struct mistakes){0};
}

void mistakes_drop(struct mistakes *mistakes, size_t i)
{
    mistakes->errors -= !mistakes->items[i].warning;
    free_mistake(&mistakes->items[i]);
    mistakes->n--;
    memmove(mistakes->items + i, mistakes->items + i + 1, (mistakes->n - i) * sizeof *mistakes->items);
}

char *mistake_format(const struct mistake *mistake)
{
    struct text text = {0};
    text_add(&text, mistake->file);
    if (mistake->line > 0)
        text_format(&text, ":%u", mistake->line);
    text_format(&text, ": %s%s", mistake->warning ? "warning: " : "", mistake->text);
    return text_take(&text);
}

static int by_order(const void *a, const void *b)
{
    uint64_t first = ((const struct mistake *)a)->order, second = ((const struct mistake *)b)->order;
    return first < second ? -1 : first > second;
}

void mistakes_sort(struct mistakes *mistakes, size_t first)
{
    if (first < mistakes->n)
        qsort(mistakes->items + first, mistakes->n - first, sizeof *mistakes->items, by_order);
}

void mistakes_free(struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->n; i++)
        free_mistake(&mistakes->items[i]);
    free(mistakes->items);
    *mistakes = (struct mistakes){0};
}
