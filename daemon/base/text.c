#include "base/text.h"

#include "base/require.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_LEAST = 64 };

bool text_reserve(struct text *text, size_t more)
{
    if (text->failed)
        return false;
    size_t needed = text->length + more + 1;
    if (text->data && needed <= text->capacity)
        return true;
    size_t capacity = 2 * text->capacity;
    if (capacity < needed)
        capacity = needed < CAPACITY_LEAST ? CAPACITY_LEAST : needed;
    char *grown = malloc(capacity);
    if (!grown) {
        text->failed = true;
        return false;
    }
    grown[0] = '\0';
    if (text->data) {
        memcpy(grown, text->data, text->length + 1);
        explicit_bzero(text->data, text->length); /* it may be a credential: leave no copies behind */
        free(text->data);
    }
    text->data = grown;
    text->capacity = capacity;
    return true;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
    if (!text_reserve(text, length))
        return;
    REQUIRE(text->length + length < text->capacity);
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_formatv(struct text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length >= 0 && text_reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void text_format(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_formatv(text, format, args);
    va_end(args);
}

char *text_take(struct text *text)
{
    if (!text->data && !text->failed)
        text_add(text, "");
    char *taken = text->failed ? NULL : text->data;
    if (text->failed)
        free(text->data);
    *text = (struct text){0};
    return taken;
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

size_t utf8_sequence(const unsigned char *bytes, uint32_t *ret_point)
{
    size_t length = bytes[0] < 0x80       ? 1
                    : bytes[0] >> 5 == 6  ? 2
                    : bytes[0] >> 4 == 14 ? 3
                    : bytes[0] >> 3 == 30 ? 4
                                          : 0;
    uint32_t point = length <= 1 ? bytes[0] : bytes[0] & (0xffU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if (bytes[i] >> 6 != 2)
            return 0;
        point = point << 6 | (bytes[i] & 0x3f);
    }
    *ret_point = point;
    return length;
}

/* The same for valid ones only (RFC 3629). */
static size_t utf8_decode(const unsigned char *bytes, uint32_t *ret_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t point = 0;
    size_t length = utf8_sequence(bytes, &point);
    if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return length;
}

/* What moves a cursor, turns the direction of what follows, or can't be seen. */
static bool is_unprintable(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200e, 0x200f},  {0x2028, 0x202e},
                  {0x2066, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

void text_add_escaped(struct text *text, const char *string, size_t limit)
{
    const unsigned char *bytes = (const unsigned char *)string;
    for (size_t used = 0; *bytes;) {
        uint32_t point = 0;
        size_t length = utf8_decode(bytes, &point);
        size_t taken = length ? length : 1;
        if (used + taken > limit) {
            text_add(text, "…");
            return;
        }
        if (*bytes == '\\')
            text_add(text, "\\\\");
        else if (length && !is_unprintable(point))
            text_add_bytes(text, (const char *)bytes, length);
        else
            for (size_t i = 0; i < taken; i++)
                text_format(text, "\\x%02x", bytes[i]);
        bytes += taken;
        used += taken;
    }
}

char *text_escape(const char *string, size_t limit)
{
    struct text text = {0};
    text_add_escaped(&text, string, limit);
    return text_take(&text);
}

static void add_json_escape(struct text *text, uint32_t point)
{
    if (point > 0xffff)
        text_format(text, "\\u%04x\\u%04x", 0xd800 + ((point - 0x10000) >> 10), 0xdc00 + (point & 0x3ff));
    else
        text_format(text, "\\u%04x", point);
}

char *text_escape_json(const char *json)
{
    struct text text = {0};
    text_add(&text, "");
    for (const unsigned char *bytes = (const unsigned char *)json; *bytes;) {
        const unsigned char *plain = bytes;
        uint32_t point = 0;
        while (*plain && *plain < 0x7f)
            plain++;
        text_add_bytes(&text, (const char *)bytes, (size_t)(plain - bytes));
        bytes = plain;
        size_t length = *bytes ? utf8_decode(bytes, &point) : 0;
        if (length && is_unprintable(point))
            add_json_escape(&text, point);
        else
            text_add_bytes(&text, (const char *)bytes, length ? length : *bytes != 0);
        bytes += length ? length : *bytes != 0;
    }
    return text_take(&text);
}

bool text_starts_with(const char *string, const char *prefix)
{
    return strncmp(string, prefix, strlen(prefix)) == 0;
}

bool text_consists_of(const char *string, const char *characters, size_t most)
{
    size_t length = strspn(string, characters);
    return length > 0 && length <= most && string[length] == '\0';
}

uint64_t text_hash(const char *string)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const unsigned char *at = (const unsigned char *)string; *at; at++)
        hash = (hash ^ *at) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

const char *number_group(uint64_t number, char buffer[NUMBER_TEXT_MAX])
{
    char digits[NUMBER_TEXT_MAX];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, number);
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            buffer[used++] = ',';
        buffer[used++] = digits[i];
    }
    buffer[used] = '\0';
    return buffer;
}
