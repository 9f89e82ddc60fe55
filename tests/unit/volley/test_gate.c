#include "../cmocka_all.h"
#include "../leftovers.h"
#include "volley/execute.h"
#include "volley/http1/gate.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes that have arrived at FD, without waiting. */
static size_t arrived(int fd, char *bytes, size_t size)
{
    ssize_t got = recv(fd, bytes, size, MSG_DONTWAIT);
    return got > 0 ? (size_t)got : 0;
}

struct ends {
    int near, far;
};

static struct ends connect_pair(void)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    return (struct ends){pair[0], pair[1]};
}

static void a_socket_gate_holds_all_and_releases_the_last_byte_last(void **state)
{
    (void)state;
    struct ends ends = connect_pair();
    struct gate gate;
    char bytes[64];
    gate_init(&gate);
    assert_int_equal(gate_hold_socket(&gate, ends.near), 0);
    assert_int_equal(write(ends.near, "GET / HTTP", 10), 10);
    assert_true(gate_drain(&gate));
    assert_int_equal(write(ends.near, "/1.1\r\n\r\n", 8), 8);
    assert_int_equal(gate_close(&gate), 0);
    assert_int_equal(gate.kept.length, 18);
    assert_int_equal(arrived(ends.far, bytes, sizeof bytes), 0);
    assert_int_equal(gate_send_ahead(&gate), 1);
    assert_int_equal(arrived(ends.far, bytes, sizeof bytes), 17);
    assert_int_equal(gate_release(&gate), 0);
    assert_int_equal(arrived(ends.far, bytes, sizeof bytes), 1);
    gate_open(&gate);
    assert_int_equal(write(ends.near, "x", 1), 1); /* the descriptor is the connection again */
    assert_int_equal(arrived(ends.far, bytes, sizeof bytes), 1);
    gate_free(&gate);
    close(ends.near);
    close(ends.far);
}

static size_t count_descriptors(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void a_socket_gate_leaves_no_descriptor_behind(void **state)
{
    (void)state;
    size_t before = count_descriptors();
    for (int aborted = 0; aborted < 2; aborted++) {
        struct ends ends = connect_pair();
        struct gate gate;
        gate_init(&gate);
        assert_int_equal(gate_hold_socket(&gate, ends.near), 0);
        assert_int_equal(write(ends.near, "abc", 3), 3);
        if (!aborted)
            assert_int_equal(gate_close(&gate), 0);
        else
            gate_forget_fd(&gate); /* libcurl closes in the middle */
        gate_free(&gate);
        close(ends.near);
        assert_int_equal(arrived(ends.far, (char[1]){0}, 1), 0);
        close(ends.far);
    }
    assert_int_equal(count_descriptors(), before);
}

static void a_large_request_waits_for_room(void **state)
{
    (void)state;
    struct ends ends = connect_pair();
    struct gate gate;
    static char piece[4096];
    size_t total = 0, got = 0;
    gate_init(&gate);
    assert_int_equal(gate_hold_socket(&gate, ends.near), 0);
    for (int i = 0; i < 1024; i++) { /* 4 MiB: more than any socket's buffer */
        assert_int_equal(write(ends.near, piece, sizeof piece), sizeof piece);
        total += sizeof piece;
        gate_drain(&gate);
    }
    assert_int_equal(gate_close(&gate), 0);
    assert_int_equal(gate.kept.length, total);
    int result;
    while ((result = gate_send_ahead(&gate)) == 0)
        got += arrived(ends.far, piece, sizeof piece);
    assert_int_equal(result, 1);
    for (size_t n; (n = arrived(ends.far, piece, sizeof piece)) > 0;)
        got += n;
    assert_int_equal(got, total - 1);
    gate_free(&gate);
    close(ends.near);
    close(ends.far);
}

/* Of plain http a token is kept as it is. */
static void what_a_gate_kept_is_wiped(void **state)
{
    (void)state;
    static const unsigned char hidden[] = "g0D%r\x07zQ6l\x1aQ";
    enum { TOKEN = sizeof hidden - 1, BEFORE = 24 }; /* malloc writes over the first bytes of what is freed */
    struct ends ends = connect_pair();
    struct gate gate;
    char request[8192];
    gate_init(&gate);
    assert_int_equal(gate_hold_socket(&gate, ends.near), 0);
    memset(request, 'x', sizeof request);
    for (size_t i = 0; i < TOKEN; i++)
        request[BEFORE + i] = (char)(hidden[i] ^ 0x55);
    assert_int_equal(write(ends.near, request, 100), 100);
    explicit_bzero(request, 100);
    for (int i = 0; i < 4; i++) { /* it grows, and is moved */
        assert_true(gate_drain(&gate));
        assert_int_equal(write(ends.near, request + 100, 4000), 4000);
    }
    assert_int_equal(gate_close(&gate), 0);
    assert_int_equal(count_in_memory(hidden, TOKEN), 1);
    gate_free(&gate);
    assert_int_equal(count_in_memory(hidden, TOKEN), 0);
    close(ends.near);
    close(ends.far);
}

static void a_broken_connection_is_an_error(void **state)
{
    (void)state;
    struct ends ends = connect_pair();
    struct gate gate;
    gate_init(&gate);
    assert_int_equal(gate_hold_socket(&gate, ends.near), 0);
    assert_int_equal(write(ends.near, "ab", 2), 2);
    assert_int_equal(gate_close(&gate), 0);
    close(ends.far);
    assert_int_equal(gate_send_ahead(&gate), -EPIPE);
    assert_int_equal(gate_release(&gate), -EPIPE);
    gate_free(&gate);
    close(ends.near);
}

static void the_bio_gate_holds_with_this_libcurl(void **state)
{
    (void)state;
    size_t before = count_descriptors();
    assert_true(gate_selftest_bio());
    assert_true(gate_bio_holds());
    assert_int_equal(count_descriptors(), before);
}

/* Where the self-test listens anybody may connect first, and say nothing; or it can't listen. */
static bool has_stranger;
static int failures;
static int stranger = -1;
int listen(int fd, int backlog)
{
    int (*real)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "listen");
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (failures > 0) {
        failures--;
        errno = ENOBUFS;
        return -1;
    }
    int result = real(fd, backlog);
    if (has_stranger && getsockname(fd, (struct sockaddr *)&address, &length) == 0) {
        stranger = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(stranger, (struct sockaddr *)&address, length), 0);
    }
    return result;
}

static void a_stranger_can_not_spoil_the_selftest(void **state)
{
    (void)state;
    has_stranger = true;
    assert_true(gate_selftest_bio());
    has_stranger = false;
    assert_true(stranger >= 0);
    close(stranger);
}

/* The verdict is kept, so nobody may have asked for it before. */
static void a_selftest_that_fails_is_repeated_once(void **state)
{
    (void)state;
    failures = 1;
    assert_false(gate_selftest_bio());
    failures = 1;
    assert_true(gate_bio_holds());
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_gate_holds_all_and_releases_the_last_byte_last),
        cmocka_unit_test(a_socket_gate_leaves_no_descriptor_behind),
        cmocka_unit_test(a_large_request_waits_for_room),
        cmocka_unit_test(what_a_gate_kept_is_wiped),
        cmocka_unit_test(a_broken_connection_is_an_error),
        cmocka_unit_test(a_selftest_that_fails_is_repeated_once),
        cmocka_unit_test(the_bio_gate_holds_with_this_libcurl),
        cmocka_unit_test(a_stranger_can_not_spoil_the_selftest),
    };
    if (execute_global_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
