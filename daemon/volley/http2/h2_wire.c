#include "volley/http2/h2_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PIECE_BYTES = 16 * 1024 + 512 };

void h2_wire_free(struct h2_wire *wire)
{
    SSL_free(wire->ssl);
    free(wire->out);
    *wire = (struct h2_wire){0};
}

bool h2_wire_encrypt(struct h2_wire *wire, const unsigned char *bytes, size_t n)
{
    return n == 0 || SSL_write(wire->ssl, bytes, (int)n) == (int)n;
}

bool h2_wire_receive(struct h2_wire *wire, const unsigned char *bytes, size_t n)
{
    return BIO_write(SSL_get_rbio(wire->ssl), bytes, (int)n) == (int)n;
}

int h2_wire_collect(struct h2_wire *wire)
{
    unsigned char bytes[PIECE_BYTES];
    BIO *bio = SSL_get_wbio(wire->ssl);
    for (int n; (n = BIO_read(bio, bytes, sizeof bytes)) > 0;) {
        unsigned char *longer = realloc(wire->out, wire->n_out + (size_t)n);
        if (!longer)
            return -ENOMEM;
        memcpy(longer + wire->n_out, bytes, (size_t)n);
        wire->out = longer;
        wire->n_out += (size_t)n;
    }
    return 0;
}

int h2_wire_send(struct h2_wire *wire, int fd, size_t until)
{
    while (wire->n_sent < until) {
        ssize_t n = send(fd, wire->out + wire->n_sent, until - wire->n_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
        wire->n_sent += (size_t)n;
    }
    if (wire->n_sent == wire->n_out)
        wire->n_sent = wire->n_out = 0;
    return 0;
}

size_t h2_wire_left(const struct h2_wire *wire)
{
    return wire->n_out - wire->n_sent;
}
