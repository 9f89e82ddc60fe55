#include "commands/plan_advice.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "base/text.h"

#include <string.h>

/* One sentence for one endpoint. */
struct saying {
    const char *text;
    size_t length;
    size_t endpoint;
    size_t order; /* in which it was said; in a group, that of its first */
};

static size_t sentence_length(const char *text)
{
    const char *end = strstr(text, ". ");
    return end ? (size_t)(end - text) + 1 : strlen(text);
}

static size_t count(const struct forecast *forecasts, size_t n)
{
    size_t sentences = 0;
    for (size_t i = 0; i < n; i++)
        for (const char *at = forecasts[i].advice; *at; sentences++) {
            at += sentence_length(at);
            at += *at == ' ';
        }
    return sentences;
}

static void collect(const struct forecast *forecasts, size_t n, struct saying *sayings)
{
    size_t filled = 0;
    for (size_t i = 0; i < n; i++)
        for (const char *at = forecasts[i].advice; *at; filled++) {
            size_t length = sentence_length(at);
            sayings[filled] = (struct saying){at, length, i, filled};
            at += length + (at[length] == ' ');
        }
}

static int compare_texts(const struct saying *a, const struct saying *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int result = memcmp(a->text, b->text, shorter);
    return result ? result : (a->length > b->length) - (a->length < b->length);
}

static int by_text(const void *a, const void *b)
{
    const struct saying *first = a, *second = b;
    int result = compare_texts(first, second);
    return result ? result : (first->order > second->order) - (first->order < second->order);
}

static int by_group(const void *a, const void *b)
{
    const struct saying *first = a, *second = b;
    if (first->order != second->order)
        return first->order < second->order ? -1 : 1;
    return (first->endpoint > second->endpoint) - (first->endpoint < second->endpoint);
}

/* Sorts them so that equal sentences follow each other, in the order in which each was first said. */
static void group(struct saying *sayings, size_t n)
{
    qsort(sayings, n, sizeof *sayings, by_text);
    for (size_t i = 1; i < n; i++)
        if (compare_texts(&sayings[i - 1], &sayings[i]) == 0)
            sayings[i].order = sayings[i - 1].order;
    qsort(sayings, n, sizeof *sayings, by_group);
}

/* "a, b, c and 9997 more", as far as there is room. */
static void add_names(struct text *names, const struct forecast *forecasts, const struct saying *sayings,
                      size_t n, size_t width)
{
    size_t shown = 0;
    for (; shown < n; shown++) {
        const char *name = forecasts[sayings[shown].endpoint].endpoint->name;
        if (shown > 0 && names->length + strlen(name) + strlen(",  and 10000 more:") > width)
            break;
        text_format(names, "%s%s", shown > 0 ? ", " : "", name);
    }
    if (shown < n)
        text_format(names, " and %zu more", n - shown);
}

/* The end of the group of equal sentences that begins at I. */
static size_t group_end(const struct saying *sayings, size_t n, size_t i)
{
    size_t end = i + 1;
    while (end < n && sayings[end].order == sayings[i].order)
        end++;
    return end;
}

static bool are_for_the_same(const struct saying *a, const struct saying *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].endpoint != b[i].endpoint)
            return false;
    return true;
}

/* Appends the sentence that begins at I, and later ones for exactly the same endpoints, which get a length of
 * 0 to mark them as said. */
static void add_sentences(struct text *text, struct saying *sayings, size_t n, size_t i)
{
    size_t size = group_end(sayings, n, i) - i;
    for (size_t at = i, end; at < n; at = end) {
        end = group_end(sayings, n, at);
        if (sayings[at].length == 0 || end - at != size || !are_for_the_same(sayings + i, sayings + at, size))
            continue;
        text_add(text, text->length ? " " : "");
        text_add_bytes(text, sayings[at].text, sayings[at].length);
        sayings[at].length = 0;
    }
}

void plan_advice_print(const struct forecast *forecasts, size_t n, size_t width)
{
    size_t n_sayings = count(forecasts, n);
    CLEANUP_FREE struct saying *sayings = calloc(n_sayings + 1, sizeof *sayings);
    if (!sayings)
        return;
    collect(forecasts, n, sayings);
    group(sayings, n_sayings);
    for (size_t i = 0, end; i < n_sayings; i = end) {
        CLEANUP_TEXT struct text names = {0}, text = {0};
        end = group_end(sayings, n_sayings, i);
        if (sayings[i].length == 0)
            continue;
        add_names(&names, forecasts, sayings + i, end - i, width);
        add_sentences(&text, sayings, n_sayings, i);
        if (text.failed || names.failed)
            return;
        printf("\n%s:\n", names.data);
        paragraph_print(stdout, text.data, 2, width);
    }
}
