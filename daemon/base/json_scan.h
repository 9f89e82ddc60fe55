/* Reads JSON from strangers in place: no tree, no recursion, no memory except for a decoded string.
 *
 * It accepts what JavaScript accepts (RFC 8259, any number, escapes of lone surrogates and of NUL, a leading
 * byte order mark) and loses none of it: a number keeps its text, and a NUL or a lone surrogate stays
 * distinct from every other character. JSON libraries round numbers, replace lone surrogates with U+FFFD, end
 * keys at a NUL and free trees recursively; an id must survive all of that. */
#ifndef WARMD_BASE_JSON_SCAN_H
#define WARMD_BASE_JSON_SCAN_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { JSON_DEPTH_MAX = 10000 }; /* levels of arrays and objects */

struct json_cursor {
    const char *at;
    const char *end;
    const char *wrong; /* what is wrong at `at`, if anything; a constant. At `end`: the text ends too early */
};

/* Each moves `at` past what it names, or sets `wrong` and returns false. */
bool json_skip_value(struct json_cursor *cursor);  /* with the white space before it */
bool json_skip_string(struct json_cursor *cursor); /* that begins at `at` */
void json_skip_space(struct json_cursor *cursor);
/* Skips white space and, if it is next, the character C. Returns whether it was. */
bool json_skip_char(struct json_cursor *cursor, char c);

/* Does TEXT begin like an array or an object? */
bool json_is_begun(const char *text);
/* Does TEXT, the beginning of a JSON text, end inside a string? */
bool json_ends_in_string(const char *text);
/* Appends STRING, escaped for a JSON string. */
void json_add_escaped(struct text *out, const char *string);

/* Appends the decoded string that begins at the quotation mark QUOTED. It was skipped before, so it is
 * complete and valid. NUL becomes C0 80 and a lone surrogate three bytes of its own (WTF-8): neither is
 * UTF-8, so no other string decodes to the same. */
void json_add_string(struct text *out, const char *quoted);

#endif
