#include "json.h"

#include "buffer.h"
#include "memory.h"

json_t *json_latin1(const char *bytes, size_t length)
{
    CLEANUP_BUFFER struct buffer latin = {0};
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        const char pair[] = {(char)(c < 0x80 ? c : 0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
        buffer_add(&latin, pair, c < 0x80 ? 1 : 2);
    }
    return latin.length ? json_stringn(latin.data, latin.length) : json_string("");
}

json_t *json_text(const char *bytes, size_t length)
{
    json_t *text = length ? json_stringn(bytes, length) : json_string("");
    return text ? text : json_latin1(bytes, length);
}

char *json_take(json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(json);
    if (!text)
        die_of_memory();
    return text;
}
