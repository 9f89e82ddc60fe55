#include "protocol/quote.h"

#include "base/cleanup.h"
#include "record/sample.h"

#include <stdlib.h>
#include <string.h>

/* How many bytes of a text we look at: white space may drop out, and escapes that were part of a secret. */
enum { READ_MAX = 1024 };

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

/* Turns each run of white space and control characters into one blank, with none at either end. */
static void make_line(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (!is_blank(*from))
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

/* Cuts between two characters. */
static void cut(char *text)
{
    static const char ellipsis[] = "…";
    size_t length = SAMPLE_DETAIL_MAX - strlen(ellipsis);
    if (strlen(text) <= SAMPLE_DETAIL_MAX)
        return;
    while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    memcpy(text + length, ellipsis, sizeof ellipsis);
}

char *quote_line(const struct redactor *redactor, const char *text)
{
    CLEANUP_FREE char *line = redactor->hides_all ? NULL : strndup(text, READ_MAX);
    if (!line)
        return NULL;
    redactor_apply(redactor, line);
    make_line(line);
    cut(line);
    return *line ? STEAL(line) : NULL;
}

static char *message_in(const struct json_document *document)
{
    static const struct {
        const char *pointer, *name;
    } places[] = {{"", "message"},
                  {"", "errorMessage"},
                  {"", "error_description"},
                  {"/error", "message"},
                  {"/errors/0", "message"},
                  {"", "detail"},
                  {"", "error"},
                  {"", "title"}};
    char *message = json_document_text(document, "");
    for (size_t i = 0; !message && i < COUNT_OF(places); i++)
        message = json_document_member(document, places[i].pointer, places[i].name);
    return message;
}

static char *title_in(const char *page)
{
    const char *begin = strcasestr(page, "<title>");
    const char *end = begin ? strcasestr(begin, "</title>") : NULL;
    return end ? strndup(begin + strlen("<title>"), (size_t)(end - begin) - strlen("<title>")) : NULL;
}

static bool is_nothing(const char *text)
{
    static const char *const nothings[] = {"{}", "[]", "null", "\"\""};
    for (size_t i = 0; i < COUNT_OF(nothings); i++)
        if (strcmp(text, nothings[i]) == 0)
            return true;
    return false;
}

char *quote_body(const struct text *body, const struct json_document *document)
{
    const char *text = body->data ? body->data : "";
    char *said = message_in(document);
    if (!said && text[strspn(text, " \t\r\n")] == '<')
        said = title_in(text);
    if (!said && *text && !is_nothing(text))
        said = strdup(text);
    return said;
}
