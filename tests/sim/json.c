#include "json.h"

#include "buffer.h"

json_t *json_text(const char *bytes, size_t length)
{
    json_t *text = length ? json_stringn(bytes, length) : json_string("");
    if (text)
        return text;
    CLEANUP_BUFFER struct buffer latin = {0};
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        const char pair[] = {(char)(c < 0x80 ? c : 0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
        buffer_add(&latin, pair, c < 0x80 ? 1 : 2);
    }
    return json_stringn(latin.data, latin.length);
}
