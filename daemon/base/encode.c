#include "base/encode.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char base64_digits[] = LETTERS DIGITS "+/";

void base64_encode(const char *bytes, size_t length, struct text *out)
{
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = 0;
        size_t n = length - i < 3 ? length - i : 3;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < n ? (unsigned char)bytes[i + j] : 0);
        char four[4] = {'=', '=', '=', '='};
        for (size_t j = 0; j <= n; j++)
            four[j] = base64_digits[group >> (18 - 6 * j) & 0x3f];
        text_add_bytes(out, four, sizeof four);
    }
}

static int value_of(char c)
{
    const char *found = c ? strchr(base64_digits, c) : NULL;
    return found ? (int)(found - base64_digits) : -EINVAL;
}

/* Decodes four characters, PADDING of them padding, into one to three bytes. */
static int decode_four(const char *four, size_t padding, struct text *out)
{
    uint32_t group = 0;
    for (size_t j = 0; j < 4; j++) {
        int value = j >= 4 - padding ? 0 : value_of(four[j]);
        if (value < 0)
            return -EINVAL;
        group = group << 6 | (uint32_t)value;
    }
    const char bytes[] = {(char)(group >> 16), (char)(group >> 8 & 0xff), (char)(group & 0xff)};
    text_add_bytes(out, bytes, sizeof bytes - padding);
    return 0;
}

int base64_decode(const char *text, size_t length, struct text *out)
{
    size_t before = out->length;
    size_t padding = length >= 4 ? (size_t)(text[length - 1] == '=') + (text[length - 2] == '=') : 0;
    int result = length % 4 || (padding == 1 && text[length - 1] != '=') ? -EINVAL : 0;
    for (size_t i = 0; result == 0 && i < length; i += 4)
        result = decode_four(text + i, i + 4 == length ? padding : 0, out);
    if (result < 0 && out->data) {
        out->length = before;
        out->data[before] = '\0';
    }
    return result == 0 && out->failed ? -ENOMEM : result;
}

void percent_encode(const char *string, size_t length, const char *also, struct text *out)
{
    for (const char *c = string; c < string + length; c++)
        if (*c && (strchr(LETTERS DIGITS "-._~", *c) || strchr(also, *c)))
            text_add_bytes(out, c, 1);
        else
            text_format(out, "%%%02X", (unsigned char)*c);
}

int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

void hex_encode(const unsigned char *bytes, size_t length, char *ret_text)
{
    *ret_text = '\0';
    for (size_t i = 0; i < length; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
}
