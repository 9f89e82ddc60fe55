#include "base/redact.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/encoded.h"
#include "base/text.h"

#include <string.h>

/* A secret, or the part of its base64 that doesn't depend on what is around it. */
struct needle {
    char *text;
    size_t length;
    bool is_base64;
};

static void wipe_and_free(char *text, size_t length)
{
    if (text)
        explicit_bzero(text, length);
    free(text);
}

static void add(struct redactor *redactor, char *text, size_t length, bool is_base64)
{
    struct needle *longer = reallocarray(redactor->needles, redactor->n + 1, sizeof *longer);
    if (longer)
        redactor->needles = longer;
    if (longer && text)
        redactor->needles[redactor->n++] = (struct needle){text, length, is_base64};
    else {
        wipe_and_free(text, text ? length : 0);
        redactor->hides_all = true;
    }
}

/* Adds SECRET's base64 as it is after OFFSET bytes (0 to 2) of a group of three. */
static void add_base64(struct redactor *redactor, const char *secret, size_t length, size_t offset)
{
    CLEANUP_FREE char *shifted = malloc(offset + length + 1);
    struct text encoded = {0};
    if (!shifted || !text_reserve(&encoded, (offset + length + 2) / 3 * 4)) {
        redactor->hides_all = true;
        return;
    }
    memset(shifted, 0, offset);
    memcpy(shifted + offset, secret, length);
    base64_encode(shifted, offset + length, &encoded);
    explicit_bzero(shifted, offset + length);
    /* Leave out characters that also hold bits of its neighbours. */
    size_t first = (offset * 8 + 5) / 6, last = (offset + length) * 8 / 6;
    char *core = encoded.failed || last <= first ? NULL : strndup(encoded.data + first, last - first);
    add(redactor, core, core ? last - first : 0, true);
    wipe_and_free(encoded.data, encoded.length);
}

void redactor_add(struct redactor *redactor, const char *secret)
{
    size_t length = secret ? strlen(secret) : 0;
    if (length == 0)
        return;
    if (length < REDACT_LEAST) {
        redactor->hides_all = true;
        return;
    }
    add(redactor, strdup(secret), length, false);
    for (size_t offset = 0; offset < 3; offset++)
        add_base64(redactor, secret, length, offset);
}

void redactor_free(struct redactor *redactor)
{
    for (size_t i = 0; i < redactor->n; i++)
        wipe_and_free(redactor->needles[i].text, redactor->needles[i].length);
    free(redactor->needles);
    *redactor = (struct redactor){0};
}

/* Long base64 is broken into lines. */
static size_t line_break(const char *text)
{
    static const struct letter feed = {'\n', {'\n'}, 1}, back = {'\r', {'\r'}, 1};
    size_t length = encoded_match(text, &back, true);
    return length + encoded_match(text + length, &feed, true);
}

/* The URL alphabet has - and _ instead of + and /. */
static size_t match_base64(const char *text, const struct letter *letter, bool as_is, bool may_break)
{
    size_t broken = may_break ? line_break(text) : 0;
    const char *at = text + broken;
    bool other = (letter->point == '+' && *at == '-') || (letter->point == '/' && *at == '_');
    size_t n = other ? 1 : encoded_match(at, letter, as_is);
    return n ? broken + n : 0;
}

/* How many bytes at AT stand for LETTER, the first or a later one of NEEDLE; 0: none. */
static size_t match_letter(const char *at, const struct letter *letter, const struct needle *needle,
                           size_t matched, bool as_is)
{
    if (needle->is_base64)
        return match_base64(at, letter, as_is, matched > 0);
    size_t n = encoded_match(at, letter, as_is), length = n;
    /* One backslash matches a whole run of them, encoded ones too. */
    while (n && letter->point == '\\') {
        n = encoded_match(at + length, letter, as_is);
        length += n;
    }
    return length;
}

/* How many bytes of TEXT match the needle, or its beginning if TEXT ends within it; 0: no match. */
static size_t match(const char *text, const struct needle *needle, bool as_is)
{
    const char *at = text;
    size_t matched = 0;
    while (matched < needle->length) {
        struct letter letter = letter_at(needle->text + matched);
        size_t n = match_letter(at, &letter, needle, matched, as_is);
        /* The last of several backslashes may belong to the letter after them. */
        if (n == 0 && at > text && at[-1] == '\\' && needle->text[matched - 1] == '\\') {
            n = match_letter(at - 1, &letter, needle, matched, as_is);
            n -= n > 0;
        }
        if (n == 0)
            break;
        at += n;
        matched += letter.n;
        while (letter.point == '\\' && needle->text[matched] == '\\')
            matched++; /* a run of any length matches a run of any length */
    }
    bool is_cut = matched >= REDACT_LEAST && (*at == '\0' || encoded_is_cut(at));
    return matched == needle->length || is_cut ? (size_t)(at - text) : 0;
}

static void hide(const char *text, size_t length, const struct needle *needle, char *hidden)
{
    char first = needle->text[0], other = first; /* base64's two alphabets differ in two characters */
    if (needle->is_base64)
        other = first == '/' ? '_' : '-';
    const char begins[] = {first, '\\', '%', '&', '+', other, '\0'};
    for (size_t at = strcspn(text, begins); at < length; at += strcspn(text + at, begins)) {
        size_t n = match(text + at, needle, true);
        if (!n)
            n = match(text + at, needle, false);
        memset(hidden + at, 1, n);
        /* If no match begins at the first of several backslashes, none begins at a later one. */
        at += n ? n : text[at] == '\\' ? strspn(text + at, "\\") : 1;
    }
}

void redactor_apply(const struct redactor *redactor, char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length == 0 || redactor->n == 0)
        return;
    /* Find all before overwriting any: they may overlap. */
    CLEANUP_FREE char *hidden = calloc(1, length);
    for (size_t i = 0; hidden && i < redactor->n; i++)
        hide(text, length, &redactor->needles[i], hidden);
    for (size_t at = 0; at < length; at++)
        if (!hidden || hidden[at])
            text[at] = '*';
}

void redact_secret(char *text, const char *secret)
{
    struct redactor redactor = {0};
    redactor_add(&redactor, secret);
    redactor_apply(&redactor, text);
    if (redactor.hides_all && text)
        *text = '\0';
    redactor_free(&redactor);
}
