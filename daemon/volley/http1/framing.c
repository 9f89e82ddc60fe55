#include "volley/http1/framing.h"

#include "protocol/answer.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum {
    /* Pieces of a body: this many in any case, and then one per so many bytes on average. A chunk of one byte
     * takes six on the wire and a hundred times the work. */
    PIECES_AT_LEAST = 16384,
    PIECE_BYTES_LEAST = 16,
};

/* The status in "HTTP/1.1 200 OK"; 0 if there is none. */
static int status_of_line(const char *line, size_t length)
{
    const char *end = line + length, *space = memchr(line, ' ', length);
    int status = 0;
    for (const char *c = space ? space + 1 : end; c < end && *c >= '0' && *c <= '9'; c++)
        status = status < 1000 ? status * 10 + (*c - '0') : status;
    return status;
}

static bool is_header(const char *line, size_t length, const char *name)
{
    size_t n = strlen(name);
    return length > n && line[n] == ':' && strncasecmp(line, name, n) == 0;
}

/* Does the header LINE list CODING? */
static bool lists_coding(const char *line, size_t length, const char *coding)
{
    const char *end = line + length, *at = (const char *)memchr(line, ':', length) + 1;
    size_t n = strlen(coding);
    while (at < end) {
        size_t word = 0;
        while (at + word < end && !strchr(", \t\r\n", at[word]))
            word++;
        if (word == n && strncasecmp(at, coding, n) == 0)
            return true;
        at += word + 1;
    }
    return false;
}

int framing_take_header(struct framing *framing, const char *line, size_t length, bool to_head,
                        int *ret_status)
{
    framing->header_bytes += length;
    if (framing->header_bytes > ANSWER_HEADERS_MAX)
        return -EMSGSIZE;
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
        int status = *ret_status = status_of_line(line, length);
        framing->ends_itself = to_head || status == 204 || status == 304;
        framing->is_sized = false;
        return 1;
    }
    framing->is_sized |= is_header(line, length, "Content-Length");
    framing->ends_itself |=
        is_header(line, length, "Transfer-Encoding") && lists_coding(line, length, "chunked");
    return 0;
}

bool framing_take_piece(struct framing *framing, size_t body_bytes)
{
    return ++framing->pieces <= PIECES_AT_LEAST + body_bytes / PIECE_BYTES_LEAST;
}

/* An answer that only the connection's end ends is complete if TLS ended properly (RFC 9112, 9.8). */
const char *framing_lack(const struct framing *framing, long long length)
{
    if (framing->ends_itself || length >= 0)
        return NULL;
    if (framing->is_sized) /* libcurl ignores a length too large for its numbers */
        return "the connection ended before the length that the answer gives";
    return framing->sees_close && !framing->closed_well ? "the connection closed before the end of the answer"
                                                        : NULL;
}
