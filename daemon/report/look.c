#include "report/look.h"

#include "base/terminal.h"

#include <string.h>

static const struct signs unicode_signs = {
    .levels = {" ", "▁", "▃", "▅", "█"},
    .resting = "·",
    .elsewhere = "»",
    .unknown = "–",
    .to = "–",
    .becomes = "→",
    .cut = "…",
    .tick = "└",
};

static const struct signs ascii_signs = {
    .levels = {" ", ".", ":", "=", "#"},
    .resting = "-",
    .elsewhere = ">",
    .unknown = "-",
    .to = "-",
    .becomes = "->",
    .cut = "...",
    .tick = "'",
};

const struct signs *look_signs(struct look look)
{
    return look.unicode ? &unicode_signs : &ascii_signs;
}

void add_hue(struct text *line, struct look look, enum hue hue)
{
    /* Blue and orange that can be read on black and on white. Each ends the hue before it. */
    static const char *const codes[] = {
        [HUE_PLAIN] = "\033[0m",        [HUE_STRONG] = "\033[0;1m",     [HUE_FAINT] = "\033[0;2m",
        [HUE_GOOD] = "\033[0;38;5;32m", [HUE_BAD] = "\033[0;38;5;166m", [HUE_ALARM] = "\033[0;38;5;166;7m"};
    if (look.colour)
        text_add(line, codes[hue]);
}

static size_t columns_of(const char *bytes, size_t length)
{
    char character[8] = "";
    memcpy(character, bytes, length);
    return text_columns(character);
}

/* The bytes of STRING that fit into COLUMNS columns, which become *RET_USED. */
static size_t fitting(const char *string, struct look look, size_t columns, size_t *ret_used)
{
    size_t at = 0, used = 0;
    while (string[at]) {
        uint32_t point;
        size_t length = utf8_sequence((const unsigned char *)string + at, &point);
        length = length ? length : 1;
        size_t width = length == 1 || !look.unicode ? 1 : columns_of(string + at, length);
        if (used + width > columns)
            break;
        used += width;
        at += length;
    }
    *ret_used = used;
    return at;
}

/* What isn't UTF-8, perhaps because it was cut, becomes "?", too. */
static void add_part(struct text *line, struct look look, const char *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t point;
        size_t n = utf8_sequence((const unsigned char *)bytes + at, &point);
        if (n == 1 || (n > 1 && look.unicode))
            text_add_bytes(line, bytes + at, n);
        else
            text_add(line, "?");
        at += n ? n : 1;
    }
}

size_t add_cut(struct text *line, struct look look, const char *string, size_t columns)
{
    const char *cut = look_signs(look)->cut;
    size_t cut_columns = text_columns(cut), used;
    size_t length = fitting(string, look, columns, &used);
    if (!string[length]) {
        add_part(line, look, string, length);
        return used;
    }
    if (columns < cut_columns)
        return 0;
    length = fitting(string, look, columns - cut_columns, &used);
    while (length > 0 && string[length - 1] == ' ') {
        length--;
        used--;
    }
    add_part(line, look, string, length);
    text_add(line, cut);
    return used + cut_columns;
}

void add_blanks(struct text *line, size_t n)
{
    text_format(line, "%*s", (int)n, "");
}

void add_padded(struct text *line, const char *string, size_t columns, bool left)
{
    size_t used = text_columns(string), rest = columns > used ? columns - used : 0;
    if (!left)
        add_blanks(line, rest);
    text_add(line, string);
    if (left)
        add_blanks(line, rest);
}

void add_name(struct text *line, struct look look, const char *string, size_t columns)
{
    add_blanks(line, columns - add_cut(line, look, string, columns));
}

char *keep_together(char *string)
{
    for (char *at = string; *at; at++)
        if (*at == ' ')
            *at = KEPT_BLANK;
    return string;
}

/* The bytes of the next line: up to the last blank that lets it fit, or the first one. */
static size_t line_length(char *rest, size_t columns)
{
    size_t length = strcspn(rest, " ");
    while (rest[length]) {
        size_t more = length + 1 + strcspn(rest + length + 1, " ");
        char after = rest[more];
        rest[more] = '\0';
        bool fits = text_columns(rest) <= columns;
        rest[more] = after;
        if (!fits)
            break;
        length = more;
    }
    return length;
}

void wrapped_print(FILE *out, struct text *text, struct look look)
{
    char *rest = text->failed ? NULL : text->data;
    while (rest && *rest) {
        size_t length = line_length(rest, look.columns);
        for (size_t i = 0; i < length; i++)
            fputc(rest[i] == KEPT_BLANK ? ' ' : rest[i], out);
        fputc('\n', out);
        rest += length + (rest[length] == ' ');
    }
    text_free(text);
}
