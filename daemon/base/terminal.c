#include "base/terminal.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

size_t text_columns(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}
