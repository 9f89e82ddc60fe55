#include "aws/canonical.h"

#include "base/cleanup.h"
#include "base/encode.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

/* libcurl or a proxy changes or adds these on the way to the server. */
static const char *const unsigned_headers[] = {
    "authorization", "connection",        "expect",     "proxy-connection", "te",
    "trailer",       "transfer-encoding", "user-agent", "x-amzn-trace-id",  "x-forwarded-for",
};

/* headers */

struct header {
    const char *line;
    size_t name_length;
    size_t order; /* qsort may swap equals: repeated headers stay in the order in which they are sent */
};

static int compare_names(const struct header *left, const struct header *right)
{
    size_t shorter = left->name_length < right->name_length ? left->name_length : right->name_length;
    int difference = strncasecmp(left->line, right->line, shorter);
    if (difference == 0 && left->name_length != right->name_length)
        difference = left->name_length < right->name_length ? -1 : 1;
    return difference;
}

static int compare_headers(const void *left_pointer, const void *right_pointer)
{
    const struct header *left = left_pointer, *right = right_pointer;
    int difference = compare_names(left, right);
    return difference ? difference : left->order < right->order ? -1 : 1;
}

/* Not if proxies and libraries add or change it in transit. */
static bool is_signed(const char *header)
{
    size_t length = strcspn(header, ":");
    for (size_t i = 0; i < COUNT_OF(unsigned_headers); i++)
        if (strlen(unsigned_headers[i]) == length && strncasecmp(header, unsigned_headers[i], length) == 0)
            return false;
    return true;
}

/* Adds VALUE trimmed, with inner runs of blanks as one space. */
static void add_value(struct text *out, const char *value)
{
    static const char blanks[] = " \t\r\n";
    for (const char *at = value + strspn(value, blanks); *at;) {
        size_t word = strcspn(at, blanks);
        text_add_bytes(out, at, word);
        at += word + strspn(at + word, blanks);
        text_add(out, *at ? " " : "");
    }
}

static void add_lower(struct text *out, const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char lower = (char)tolower((unsigned char)name[i]);
        text_add_bytes(out, &lower, 1);
    }
}

int canonical_headers(const char *const *headers, size_t n, struct text *canonical, struct text *list)
{
    CLEANUP_FREE struct header *sorted = calloc(n + 1, sizeof *sorted);
    if (!sorted)
        return -ENOMEM;
    size_t n_signed = 0;
    for (size_t i = 0; i < n; i++)
        if (strchr(headers[i], ':') && is_signed(headers[i]))
            sorted[n_signed++] =
                (struct header){.line = headers[i], .name_length = strcspn(headers[i], ":"), .order = i};
    qsort(sorted, n_signed, sizeof *sorted, compare_headers);
    for (size_t i = 0; i < n_signed; i++) {
        const struct header *header = &sorted[i];
        bool repeated = i > 0 && compare_names(header, header - 1) == 0;
        if (repeated)
            text_add(canonical, ",");
        else {
            if (i > 0) {
                text_add(canonical, "\n");
                text_add(list, ";");
            }
            add_lower(canonical, header->line, header->name_length);
            add_lower(list, header->line, header->name_length);
            text_add(canonical, ":");
        }
        add_value(canonical, header->line + header->name_length + 1);
    }
    text_add(canonical, n_signed ? "\n" : "");
    return canonical->failed || list->failed ? -ENOMEM : 0;
}

/* path */

/* RFC 3986, 5.2.4, with double slashes merged. */
static int normalize(const char *path, struct text *out)
{
    bool directory = true; /* ends with a slash */
    text_add(out, "/");
    for (const char *at = path; *at;) {
        at += strspn(at, "/");
        size_t length = strcspn(at, "/");
        bool up = length == 2 && strncmp(at, "..", 2) == 0;
        if (length == 0)
            break;
        if (up && !out->failed) {
            while (out->length > 1 && out->data[out->length - 2] != '/')
                out->length--;
            if (out->length > 1)
                out->length--;
            out->data[out->length] = '\0';
        } else if (length != 1 || *at != '.') {
            text_add_bytes(out, at, length);
            text_add(out, "/");
        }
        directory = at[length] == '/' || up || (length == 1 && *at == '.');
        at += length;
    }
    if (!out->failed && !directory && out->length > 1)
        out->data[--out->length] = '\0';
    return out->failed ? -ENOMEM : 0;
}

int canonical_path(const char *path, bool keep, struct text *out)
{
    CLEANUP_TEXT struct text plain = {0};
    if (keep)
        text_add(&plain, *path ? path : "/");
    else if (normalize(path, &plain) < 0)
        return -ENOMEM;
    if (plain.failed)
        return -ENOMEM;
    percent_encode(plain.data, plain.length, "/", out);
    return out->failed ? -ENOMEM : 0;
}

/* query */

/* Decodes percent codes, then encodes everything in the one canonical way. */
static void recode(struct text *out, const char *part, size_t length, bool plus_is_space)
{
    for (size_t i = 0; i < length; i++) {
        char c = part[i];
        if (c == '%' && i + 2 < length && hex_value(part[i + 1]) >= 0 && hex_value(part[i + 2]) >= 0) {
            c = (char)(hex_value(part[i + 1]) * 16 + hex_value(part[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space)
            c = ' ';
        percent_encode(&c, 1, "", out);
    }
}

/* Recodes the parameter of LENGTH at AT, with SEPARATOR for its "="; ALWAYS: also where it has none. */
static void recode_parameter(struct text *out, const char *at, size_t length, const char *separator,
                             bool always, bool plus_is_space)
{
    const char *equals = memchr(at, '=', length);
    size_t name = equals ? (size_t)(equals - at) : length;
    recode(out, at, name, plus_is_space);
    text_add(out, equals || always ? separator : "");
    if (equals)
        recode(out, equals + 1, length - name - 1, plus_is_space);
}

/* Stands for the "=" while parameters are sorted: below every other character, so that names go before
 * values. */
#define SEPARATOR "\x01"

static int compare_parameters(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

int canonical_query(const char *query, struct text *out)
{
    size_t n = 0, most = 1;
    const char *at = query ? query + strspn(query, "&") : "";
    for (const char *c = at; *c; c++)
        most += *c == '&';
    char **parameters = calloc(most, sizeof *parameters);
    out->failed |= !parameters;
    for (; parameters && *at; at += strspn(at, "&")) {
        struct text parameter = {0};
        size_t length = strcspn(at, "&");
        recode_parameter(&parameter, at, length, SEPARATOR, true, false);
        at += length;
        out->failed |= parameter.failed;
        parameters[n++] = text_take(&parameter);
    }
    if (!out->failed)
        qsort(parameters, n, sizeof *parameters, compare_parameters);
    for (size_t i = 0; i < n; i++) {
        if (parameters[i])
            text_format(out, "%s%s", i ? "&" : "", parameters[i]);
        free(parameters[i]);
    }
    free(parameters);
    for (size_t i = 0; !out->failed && i < out->length; i++)
        if (out->data[i] == *SEPARATOR)
            out->data[i] = '=';
    return out->failed ? -ENOMEM : 0;
}

int canonical_query_to_send(const char *query, struct text *out)
{
    bool first = true;
    for (const char *at = query + strspn(query, "&"); *at; at += strspn(at, "&")) {
        size_t length = strcspn(at, "&");
        text_add(out, first ? "" : "&");
        recode_parameter(out, at, length, "=", false, true);
        first = false;
        at += length;
    }
    return out->failed ? -ENOMEM : 0;
}
