#include "aws/words.h"

#include <errno.h>
#include <string.h>

#define BLANKS " \t\r\n"

/* Reads at FROM and writes at TO, which never passes it. */
struct splitting {
    const char *from;
    char *to;
    bool needs_shell;
};

static bool take_quoted(struct splitting *at)
{
    char quote = *at->from++;
    while (*at->from && *at->from != quote) {
        if (quote == '"' && strchr("$`", *at->from))
            at->needs_shell = true;
        if (quote == '"' && *at->from == '\\' && at->from[1] && strchr("\"\\$`", at->from[1]))
            at->from++;
        *at->to++ = *at->from++;
    }
    if (*at->from == '\0')
        return false;
    at->from++;
    return true;
}

/* Takes one word up to its end; false: an unclosed quote. */
static bool take_word(struct splitting *at)
{
    while (*at->from && !strchr(BLANKS, *at->from)) {
        if (*at->from == '"' || *at->from == '\'') {
            if (!take_quoted(at))
                return false;
            continue;
        }
        if (strchr("|&;<>()$`*?[~#!{}", *at->from))
            at->needs_shell = true;
        if (*at->from == '\\' && at->from[1])
            at->from++;
        *at->to++ = *at->from++;
    }
    return true;
}

static int split(struct words *words, const char *text)
{
    struct splitting at = {.from = text, .to = words->text};
    for (;;) {
        at.from += strspn(at.from, BLANKS);
        if (*at.from == '\0')
            break;
        if (words->n == WORDS_MOST)
            return -E2BIG;
        words->words[words->n++] = at.to;
        if (!take_word(&at))
            return -EINVAL;
        *at.to++ = '\0';
    }
    if (words->n == 0)
        return -EINVAL;
    words->need_shell = at.needs_shell || strchr(words->words[0], '=');
    return 0;
}

int words_split_plain(const char *text, struct words *ret_words)
{
    struct words words = {.text = calloc(1, strlen(text) + 2)};
    int result = words.text ? split(&words, text) : -ENOMEM;
    if (result < 0)
        words_free(&words);
    else
        *ret_words = words;
    return result;
}

int words_split(const char *command, struct words *ret_words)
{
    int result = words_split_plain(command, ret_words);
    if (result < 0)
        return result == -E2BIG ? 0 : result;
    if (ret_words->need_shell)
        words_free(ret_words);
    return ret_words->n > 0;
}

void words_free(struct words *words)
{
    for (size_t i = 0; i < words->n; i++)
        explicit_bzero(words->words[i], strlen(words->words[i]));
    free(words->text);
    *words = (struct words){0};
}
