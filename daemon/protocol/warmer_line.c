#include "protocol/warmer_line.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum { OBJECT_MAX = 2048 }; /* characters that such an object may have; real ones have 300 */

struct word {
    const char *start;
    size_t length;
};

struct fields {
    struct word action, id, instance_id, warm, is_warm;
};

static bool equals(const struct word *word, const char *text)
{
    return word->start && word->length == strlen(text) && memcmp(word->start, text, word->length) == 0;
}

static const char *skip(const char *at, const char *these)
{
    return at + strspn(at, these);
}

/* Reads a string quoted as in any of the three languages, or a bare word. NULL: neither. */
static const char *read_word(const char *at, const char *limit, struct word *ret_word)
{
    bool quoted = *at && strchr("'\"`", *at);
    const char quote = *at;
    const char *start = quoted ? at + 1 : at, *end = start;
    if (quoted)
        while (end < limit && *end && *end != quote)
            end += *end == '\\' && end[1] ? 2 : 1;
    else
        end += strcspn(end, " \t\r\n,:{}[]'\"`");
    if (end >= limit || (quoted ? *end != quote : end == start))
        return NULL;
    *ret_word = (struct word){start, (size_t)(end - start)};
    return quoted ? end + 1 : end;
}

static void keep(struct fields *fields, const struct word *key, const struct word *value)
{
    const struct {
        const char *name;
        struct word *field;
    } known[] = {{"action", &fields->action},
                 {"id", &fields->id},
                 {"instance_id", &fields->instance_id},
                 {"warm", &fields->warm},
                 {"is_warm", &fields->is_warm}};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (equals(key, known[i].name))
            *known[i].field = *value;
}

/* Reads the flat object that begins at the brace AT. False: not one, or not a whole one. */
static bool read_object(const char *at, struct fields *ret_fields)
{
    static const char blanks[] = " \t\r\n";
    const char *limit = at + strnlen(at, OBJECT_MAX);
    struct fields fields = {0};
    for (at++;;) {
        struct word key, value;
        at = skip(at, blanks);
        if (*at == '}')
            break;
        if (!(at = read_word(at, limit, &key)) || *(at = skip(at, blanks)) != ':' ||
            !(at = read_word(skip(at + 1, blanks), limit, &value)))
            return false;
        keep(&fields, &key, &value);
        at = skip(at, blanks);
        if (*at == ',')
            at++;
        else if (*at != '}')
            return false;
    }
    *ret_fields = fields;
    return equals(&fields.action, "warmer");
}

static enum coldness cold_of(const struct fields *fields)
{
    const struct word *warm = fields->warm.start ? &fields->warm : &fields->is_warm;
    if (equals(warm, "false") || equals(warm, "False"))
        return COLD_YES;
    return equals(warm, "true") || equals(warm, "True") ? COLD_NO : COLD_UNKNOWN;
}

bool warmer_line_find(const char *log, struct warmer_line *ret_line)
{
    struct fields fields, last;
    bool found = false;
    for (const char *at = log; (at = strchr(at, '{')); at++)
        if (read_object(at, &fields)) {
            last = fields;
            found = true;
        }
    if (!found)
        return false;
    const struct word *id = last.id.start ? &last.id : &last.instance_id;
    *ret_line = (struct warmer_line){
        .instance = id->length ? strndup(id->start, id->length) : NULL,
        .cold = cold_of(&last),
    };
    return true;
}
