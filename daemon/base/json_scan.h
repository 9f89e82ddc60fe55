/* Reading JSON that strangers wrote, in place: no tree, no recursion, no memory but for a decoded string.
 *
 * What JavaScript reads is read (RFC 8259, any number, escapes of lone surrogates and of NUL, a byte order
 * mark before it), and nothing of it is lost: a number stays the text that it is, and a NUL or a lone
 * surrogate is told from every other character. JSON libraries round numbers, replace lone surrogates by
 * U+FFFD, end keys at a NUL and free trees recursively; an id must survive all of that. */
#ifndef WARMD_BASE_JSON_SCAN_H
#define WARMD_BASE_JSON_SCAN_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { JSON_DEPTH_MAX = 10000 }; /* levels of arrays and objects */

struct json_cursor {
    const char *at;
    const char *end;
    const char *wrong; /* what is wrong at `at`, once something is; a constant. Where `at` is `end`: that */
};

/* Each moves `at` over what it names, or sets `wrong` and returns false. */
bool json_skip_value(struct json_cursor *cursor);  /* with the white space before it */
bool json_skip_string(struct json_cursor *cursor); /* that begins at `at` */
void json_skip_space(struct json_cursor *cursor);
/* Over white space and, if it is next, over the character C: was it? */
bool json_skip_char(struct json_cursor *cursor, char c);

/* Does TEXT begin like an array or an object? */
bool json_is_begun(const char *text);
/* Is what follows TEXT, the beginning of a JSON text, in a string? */
bool json_ends_in_string(const char *text);
/* Appends STRING as it stands within a string of JSON. */
void json_add_escaped(struct text *out, const char *string);

/* Appends what the string that begins at the quotation mark QUOTED means. It was skipped before, so it is
 * whole and right. NUL becomes C0 80 and a lone surrogate three bytes of its own (WTF-8): neither is UTF-8,
 * so no other string becomes the same. */
void json_add_string(struct text *out, const char *quoted);

#endif
