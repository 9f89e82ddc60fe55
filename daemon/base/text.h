/* Growing text, and the escaping of text that strangers wrote. */
#ifndef WARMD_BASE_TEXT_H
#define WARMD_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing, always NUL-terminated string. Zero-initialised is empty. A failed allocation is remembered in
 * `failed` and later appends do nothing: check once, at the end. */
struct text {
    char *data;
    size_t length;
    size_t capacity;
    bool failed;
};

/* Makes room for MORE bytes, so that adding them moves nothing and leaves no copies. False: memory ran out,
 * now or before. */
bool text_reserve(struct text *text, size_t more);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_formatv(struct text *text, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* The finished string, owned by the caller; NULL when memory ran out. TEXT is empty afterwards. */
char *text_take(struct text *text);
void text_free(struct text *text);

#define CLEANUP_TEXT __attribute__((cleanup(text_free)))

/* Appends at most LIMIT bytes of STRING with everything but printable characters and valid UTF-8 written as
 * \xNN (and a backslash as \\), so that text from an endpoint can't forge log lines or move a terminal's
 * cursor. C1 controls and bidirectional overrides count as unprintable. Longer text ends in "…". */
void text_add_escaped(struct text *text, const char *string, size_t limit);
/* The same as a new string, owned by the caller; NULL when memory ran out. */
char *text_escape(const char *string, size_t limit);

/* Finished JSON as a new string, owned by the caller, with unprintable characters (as above) written as
 * \uNNNN: they only occur in its strings. NULL when memory ran out. */
char *text_escape_json(const char *json);

enum { NUMBER_TEXT_MAX = 28 };
/* NUMBER with a comma every three digits: "1,234,567". Returns BUFFER. */
const char *number_group(uint64_t number, char buffer[NUMBER_TEXT_MAX]);

/* Length of the UTF-8 sequence at BYTES, overlong ones and surrogates included, with its code point; 0: it
 * isn't one. */
size_t utf8_sequence(const unsigned char *bytes, uint32_t *ret_point);

bool text_starts_with(const char *string, const char *prefix);

#define LOWER_CASE "abcdefghijklmnopqrstuvwxyz"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" LOWER_CASE
#define DIGITS "0123456789"
/* Whether STRING has 1 to MOST characters, all of them among CHARACTERS. */
bool text_consists_of(const char *string, const char *characters, size_t most);

/* FNV-1a, never 0. */
uint64_t text_hash(const char *string);

#endif
