#include "commands/commands.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/terminal.h"
#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MARGIN = 8 /* columns: "   12 | " */ };

/* The file that was shown last. */
struct shown {
    const char *name;
    struct file file;
};

/* Line LINE of the file as a new string with spaces for tabs; NULL: there is none. */
static char *line_of(const struct file *file, unsigned line)
{
    const char *at = file->bytes, *end = file->bytes + file->length;
    for (; at && at < end && line > 1; line--) {
        at = memchr(at, '\n', (size_t)(end - at));
        at += at != NULL;
    }
    if (!at || at >= end)
        return NULL;
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    char *copy = strndup(at, (size_t)((newline ? newline : end) - at));
    for (char *c = copy; c && *c; c++)
        if (*c == '\t' || *c == '\r' || *c == '\f')
            *c = ' ';
    return copy;
}

static bool is_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The byte, from 0, at which LINE has WORD as a key or a value, else where the line's text begins. */
static size_t find(const char *line, const char *word)
{
    size_t length = word ? strlen(word) : 0;
    for (const char *at = length ? strstr(line, word) : NULL; at; at = strstr(at + 1, word))
        if ((at == line || !is_name_character(at[-1])) && !is_name_character(at[length]))
            return (size_t)(at - line);
    return strspn(line, " ");
}

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static void print_line(const char *line, unsigned number, size_t byte)
{
    size_t room = terminal_columns(stderr) - MARGIN, from = 0;
    if (strlen(line) > room && byte > room * 2 / 3)
        from = byte - room / 2;
    while (continues_character(line[from]))
        from++;
    CLEANUP_FREE char *before = strndup(line + from, byte > from ? byte - from : 0);
    CLEANUP_FREE char *before_shown = before ? text_escape(before, room) : NULL;
    CLEANUP_FREE char *shown = text_escape(line + from, room);
    if (shown && before_shown)
        fprintf(stderr, "%5u | %.*s\n      | %*s^\n", number, (int)strlen(shown), shown,
                (int)text_columns(before_shown), "");
}

static void show(struct shown *last, const struct mistake *mistake)
{
    if (!last->name || strcmp(last->name, mistake->file) != 0) {
        file_free(&last->file);
        last->name = file_read_config(mistake->file, &last->file) == 0 ? mistake->file : NULL;
    }
    CLEANUP_FREE char *line = last->name ? line_of(&last->file, mistake->line) : NULL;
    if (!line)
        return;
    size_t column = mistake->column > 0 ? mistake->column - 1 : find(line, mistake->word);
    print_line(line, mistake->line, column <= strlen(line) ? column : 0);
}

void say_mistakes(const struct mistakes *mistakes)
{
    struct shown last = {0};
    bool terminal = isatty(fileno(stderr));
    for (size_t i = 0; i < mistakes->n; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        CLEANUP_FREE char *text = mistake_format(mistake);
        fprintf(stderr, "%s\n", text ? text : mistake->text);
        if (terminal && mistake->line > 0)
            show(&last, mistake);
    }
    file_free(&last.file);
}

void say_warning(const struct endpoint *endpoint, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "%s:%u: warning: %s: ", endpoint->source_file, endpoint->source_line, endpoint->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
