#include "base/suggest.h"

#include <ctype.h>
#include <string.h>

enum {
    WORD_MAX = 64,    /* characters; anything longer isn't a misspelled key */
    DISTANCE_MAX = 3, /* edits; above it suggestions are guesses */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int folded(char c)
{
    return c == '-' ? '_' : tolower((unsigned char)c);
}

/* Optimal string alignment: Levenshtein's edits plus swaps of neighbours. Both words are at most WORD_MAX
 * long. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        above[j] = before[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t changed = above[j - 1] + (folded(a[i - 1]) != folded(b[j - 1]));
            row[j] = least(changed, 1 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *reused = before;
        before = above;
        above = row;
        row = reused;
    }
    return above[b_length];
}

const char *suggest(const char *word, const char *const *words, size_t n)
{
    const char *nearest = NULL;
    size_t length = strlen(word), nearest_distance = least(DISTANCE_MAX, length / 3) + 1;
    if (length > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(words[i]);
        if (other > WORD_MAX)
            continue;
        size_t apart = distance(word, length, words[i], other);
        if (apart < nearest_distance) {
            nearest = words[i];
            nearest_distance = apart;
        }
    }
    return nearest;
}
