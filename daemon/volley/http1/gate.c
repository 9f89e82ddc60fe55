#include "volley/http1/gate.h"

#include "base/require.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

enum { READ_BYTES = 16 * 1024 };

static pthread_once_t method_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

void gate_init(struct gate *gate)
{
    *gate = (struct gate){.fd = -1, .pair = -1, .connection = -1};
}

void gate_free(struct gate *gate)
{
    gate_forget_fd(gate);
    gate_open(gate);
    gate_init(gate);
}

static int bio_write(BIO *bio, const char *bytes, int length)
{
    struct gate *gate = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (gate->holding) {
        text_add_bytes(&gate->kept, bytes, (size_t)length);
        return gate->kept.failed ? -1 : length;
    }
    int written = BIO_write(BIO_next(bio), bytes, length);
    BIO_copy_next_retry(bio);
    return written;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    const struct gate *gate = BIO_get_data(bio);
    if (command == BIO_CTRL_FLUSH && gate->holding)
        return 1; /* nothing may go further down */
    return BIO_next(bio) ? BIO_ctrl(BIO_next(bio), command, number, pointer) : 0;
}

/* Only for writing: what is read comes from libcurl's own BIO. */
static void make_method(void)
{
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "lambda-warmd gate");
    if (made && BIO_meth_set_write(made, bio_write) && BIO_meth_set_ctrl(made, bio_ctrl))
        method = made;
    else
        BIO_meth_free(made);
}

int gate_hold_bio(struct gate *gate, SSL *ssl, int fd)
{
    REQUIRE(!gate->holding);
    pthread_once(&method_once, make_method);
    BIO *filter = method ? BIO_new(method) : NULL;
    BIO *below = SSL_get_wbio(ssl);
    if (!filter || !below) {
        BIO_free(filter);
        return -ENOMEM;
    }
    BIO_set_data(filter, gate);
    gate->fd = fd;
    gate->holding = true;
    BIO_up_ref(below); /* SSL_set0_wbio drops the reference that the SSL had */
    SSL_set0_wbio(ssl, BIO_push(filter, below));
    return 0;
}

int gate_hold_socket(struct gate *gate, int fd)
{
    int pair[2];
    REQUIRE(!gate->holding);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    int connection = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (connection < 0 || dup3(pair[1], fd, O_CLOEXEC) < 0) {
        int error = errno;
        if (connection >= 0)
            close(connection);
        close(pair[0]);
        close(pair[1]);
        return -error;
    }
    close(pair[1]);
    gate->fd = fd;
    gate->pair = pair[0];
    gate->connection = connection;
    gate->holding = true;
    return 0;
}

bool gate_drain(struct gate *gate)
{
    bool any = false;
    char bytes[READ_BYTES];
    while (gate->pair >= 0 && !gate->kept.failed) {
        ssize_t got = recv(gate->pair, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got <= 0)
            break;
        any = true;
        text_add_bytes(&gate->kept, bytes, (size_t)got);
    }
    if (any)
        explicit_bzero(bytes, sizeof bytes);
    return any;
}

static void close_pair(struct gate *gate)
{
    if (gate->pair >= 0)
        close(gate->pair);
    if (gate->connection >= 0)
        close(gate->connection);
    gate->pair = gate->connection = -1;
}

int gate_close(struct gate *gate)
{
    int result = 0;
    if (gate->pair >= 0) {
        gate_drain(gate);
        result = dup3(gate->connection, gate->fd, O_CLOEXEC) < 0 ? -errno : 0;
        close_pair(gate);
    }
    return result == 0 && gate->kept.failed ? -ENOMEM : result;
}

void gate_forget_fd(struct gate *gate)
{
    close_pair(gate);
    gate->fd = -1;
}

bool gate_is_ahead(const struct gate *gate)
{
    return gate->sent + 1 >= gate->kept.length;
}

int gate_send_ahead(struct gate *gate)
{
    REQUIRE(gate->holding && gate->pair < 0);
    while (!gate_is_ahead(gate)) {
        ssize_t sent = send(gate->fd, gate->kept.data + gate->sent, gate->kept.length - 1 - gate->sent,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
        gate->sent += (size_t)sent;
    }
    return 1;
}

int gate_release(struct gate *gate)
{
    REQUIRE(gate->sent < gate->kept.length);
    ssize_t sent = send(gate->fd, gate->kept.data + gate->sent, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0)
        return -errno;
    gate->sent++;
    return 0;
}

void gate_open(struct gate *gate)
{
    gate->holding = false;
    secret_text_free(&gate->kept); /* plain http: in the clear */
    gate->sent = 0;
}
