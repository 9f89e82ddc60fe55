#include "base/terminal.h"

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum { COLUMNS_DEFAULT = 80, COLUMNS_MIN = 40, COLUMNS_MAX = 500 };

static size_t clamp(unsigned long columns)
{
    if (columns < COLUMNS_MIN)
        return COLUMNS_MIN;
    return columns > COLUMNS_MAX ? COLUMNS_MAX : columns;
}

size_t terminal_columns(FILE *out)
{
    const char *given = getenv("COLUMNS");
    char *end = NULL;
    errno = 0;
    unsigned long columns = given ? strtoul(given, &end, 10) : 0;
    if (columns > 0 && !errno && *end == '\0' && given[0] != '-')
        return clamp(columns);
    struct winsize size = {0};
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return clamp(size.ws_col);
    return COLUMNS_DEFAULT;
}

size_t terminal_message_columns(FILE *out)
{
    return getenv("COLUMNS") || isatty(fileno(out)) ? terminal_columns(out) : SIZE_MAX;
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* In a UTF-8 locale. A character that the locale doesn't know takes one column. */
static size_t columns(const char *text)
{
    mbstate_t state = {0};
    size_t n = 0, left = strlen(text), length;
    for (wchar_t c; left > 0; text += length, left -= length) {
        length = mbrtowc(&c, text, left, &state);
        if (length == (size_t)-1 || length == (size_t)-2 || length == 0)
            return n + characters(text);
        int width = wcwidth(c);
        n += width >= 0 ? (size_t)width : 1;
    }
    return n;
}

size_t text_columns(const char *text)
{
    if (strlen(text) == characters(text)) /* ASCII */
        return strlen(text);
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8)
        return characters(text);
    locale_t before = uselocale(utf8);
    size_t n = columns(text);
    uselocale(before);
    freelocale(utf8);
    return n;
}
