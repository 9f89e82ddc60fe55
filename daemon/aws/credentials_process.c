/* credential_process: "Process credential provider" of the AWS SDKs and Tools Reference Guide. */
#include "aws/credentials_sources.h"

#include "aws/words.h"
#include "base/clock.h"
#include "base/descriptors.h"
#include "base/json.h"
#include "base/patience.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

enum {
    RUN_US = 60000000,
    OUTPUT_MAX = 64 * 1024,
    COMPLAINT_MAX = 2048, /* kept of stderr; the rest is read and dropped */
    READS_AFTER_END = 64,
    SHOWN_MAX = 200,
    REAP_US = 10000,
};

struct child {
    pid_t pid; /* 0: none, or already reaped */
    int out, err;
    int end;    /* a pidfd, readable when it has ended; -1: none */
    int status; /* waitpid's */
    uint64_t until_us;
    int cancel_fd;
    struct text output, complaint;
};

static void child_free(struct child *child)
{
    if (child->pid > 0) {
        kill(-child->pid, SIGKILL); /* its group, with everything it has started */
        kill(child->pid, SIGKILL);  /* in case it has left the group */
        waitpid(child->pid, &child->status, 0);
    }
    cleanup_close(&child->out);
    cleanup_close(&child->err);
    cleanup_close(&child->end);
    secret_text_free(&child->output);
    secret_text_free(&child->complaint);
}

static void reset_signals(void)
{
    sigset_t none;
    struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &usual, NULL); /* refused for SIGKILL, SIGSTOP and the C library's own */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Runs in the child, between fork and exec: system calls only. The child gets its own group, no signal
 * blocked or ignored (the daemon blocks those it handles), and as many descriptors as the daemon was
 * given. */
static _Noreturn void become(char *const words[], int out, int err, int failure)
{
    setpgid(0, 0);
    reset_signals();
    descriptors_restore();
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(err, STDERR_FILENO) >= 0)
        execvp(words[0], words);
    int code = errno;
    if (write(failure, &code, sizeof code) < 0)
        _exit(126);
    _exit(127);
}

/* posix_spawn can't set limits, and setting them from outside would come too late. */
static int spawn(char *const words[], int out, int err, pid_t *ret_pid)
{
    int pipe[2], code = 0;
    if (pipe2(pipe, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_CLOSE int failure = pipe[0];
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* no handler of ours runs in the child */
    pid_t pid = fork();
    if (pid == 0)
        become(words, out, err, pipe[1]);
    code = pid < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(pipe[1]);
    if (pid < 0)
        return -code;
    setpgid(pid, pid); /* the child does so, too: either may be first */
    ssize_t n;
    while ((n = read(failure, &code, sizeof code)) < 0 && errno == EINTR)
        ;
    if (n == sizeof code) {
        waitpid(pid, NULL, 0);
        return -code;
    }
    *ret_pid = pid;
    return 0;
}

static int start(struct child *child, char *const words[])
{
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) < 0)
        return -errno;
    child->out = out[0];
    CLEANUP_CLOSE int out_end = out[1];
    if (pipe2(err, O_CLOEXEC) < 0)
        return -errno;
    child->err = err[0];
    CLEANUP_CLOSE int err_end = err[1];
    pid_t pid = 0;
    int result = spawn(words, out_end, err_end, &pid);
    if (result < 0)
        return result;
    child->pid = pid;
    child->end = pidfd_open(pid, 0); /* if this fails, we wait for the end of its output */
    return 0;
}

/* Reads what *FD has, and closes it at its end. Returns 1 if some didn't fit into MOST and was dropped. */
static int drain(int *fd, struct text *text, size_t most)
{
    char bytes[4096];
    ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR)
        return 0;
    if (n <= 0) {
        close(STEAL_FD(*fd));
        return 0;
    }
    size_t room = most - text->length;
    text_add_bytes(text, bytes, (size_t)n < room ? (size_t)n : room);
    explicit_bzero(bytes, sizeof bytes);
    return (size_t)n > room;
}

/* Reads until both pipes are closed, or the child has ended and they are empty: a process left behind may
 * hold them open. -ETIMEDOUT, -ECANCELED, -EMSGSIZE. */
static int listen_to(struct child *child)
{
    bool ended = false;
    for (int left = READS_AFTER_END; (child->out >= 0 || child->err >= 0) && left > 0; left -= ended) {
        struct pollfd ready[] = {{.fd = child->out, .events = POLLIN},
                                 {.fd = child->err, .events = POLLIN},
                                 {.fd = ended ? -1 : child->cancel_fd, .events = POLLIN},
                                 {.fd = ended ? -1 : child->end, .events = POLLIN}};
        int left_ms = ended ? 0 : patience_ms(child->until_us);
        if (left_ms == 0 && !ended)
            return -ETIMEDOUT;
        if (poll(ready, COUNT_OF(ready), left_ms) <= 0) {
            if (ended)
                break;
            continue;
        }
        if (ready[2].revents)
            return -ECANCELED;
        if (ready[0].revents && drain(&child->out, &child->output, OUTPUT_MAX))
            return -EMSGSIZE;
        if (ready[1].revents)
            drain(&child->err, &child->complaint, COMPLAINT_MAX);
        ended |= ready[3].revents != 0;
    }
    return 0;
}

/* It has closed its pipes: it should end soon, but need not. */
static int reap(struct child *child)
{
    for (;;) {
        pid_t ended = waitpid(child->pid, &child->status, WNOHANG);
        if (ended != 0) {
            child->pid = 0;
            return ended < 0 ? -errno : 0;
        }
        uint64_t again_us = clock_monotonic_us() + REAP_US;
        if (patience_wait(-1, again_us, child->cancel_fd) == -ECANCELED)
            return -ECANCELED;
        if (again_us >= child->until_us)
            return -ETIMEDOUT;
    }
}

static const char *problem(int code)
{
    return code == -ETIMEDOUT   ? "it did not end in time and was killed"
           : code == -EMSGSIZE  ? "it wrote more than 64 KiB and was killed"
           : code == -ECANCELED ? "cancelled"
                                : strerror(-code);
}

/* Does COMPLAINT show secrets meant for stdout? It does when a shell traces its commands. */
static bool has_secrets(const char *complaint)
{
    static const char *const names[] = {"secretaccesskey", "secret_access_key", "sessiontoken",
                                        "session_token", "\"token\""};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcasestr(complaint, names[i]))
            return true;
    return false;
}

static int fail_by_status(const struct child *child, const char *source, struct error *error)
{
    char *complaint = child->complaint.data;
    for (size_t length = strlen(complaint); length > 0 && complaint[length - 1] == '\n'; length--)
        complaint[length - 1] = '\0';
    CLEANUP_FREE char *said = has_secrets(complaint)
                                  ? strdup("its output isn't shown because it contains secrets")
                                  : text_escape(complaint, SHOWN_MAX);
    bool signalled = WIFSIGNALED(child->status);
    return error_set(error, -EACCES, "%s: %s %d%s%s", source, signalled ? "killed by signal" : "exit status",
                     signalled ? WTERMSIG(child->status) : WEXITSTATUS(child->status),
                     said && *said ? ": " : "", said ? said : "");
}

static int read_output(const struct child *child, const char *source, struct aws_credentials *ret_credentials,
                       struct error *error)
{
    const struct text *output = &child->output;
    CLEANUP_FREE char *version = json_pointer_text(output->data, output->length, "/Version");
    if (!version || strcmp(version, "1") != 0)
        return error_set(error, -EBADMSG, "%s: its output is not a JSON object with \"Version\": 1", source);
    return credentials_from_json(output->data, output->length, "/SessionToken", source, ret_credentials,
                                 error);
}

static int run(char *const words[], const char *source, const struct credentials_patience *patience,
               struct aws_credentials *ret_credentials, struct error *error)
{
    uint64_t until_us = clock_monotonic_us() + RUN_US;
    CLEANUP(child_free)
    struct child child = {.out = -1,
                          .err = -1,
                          .end = -1,
                          .until_us = until_us < patience->until_us ? until_us : patience->until_us,
                          .cancel_fd = patience->cancel_fd};
    text_reserve(&child.output, OUTPUT_MAX);
    text_reserve(&child.complaint, COMPLAINT_MAX);
    int result = child.output.failed || child.complaint.failed ? -ENOMEM : start(&child, words);
    if (result < 0) /* name only the program: arguments may be secrets */
        return error_set(error, result, "%s: %s: %s", source, words[0], strerror(-result));
    result = listen_to(&child);
    if (result == 0)
        result = reap(&child);
    if (result < 0)
        return error_set(error, result, "%s: %s", source, problem(result));
    if (!WIFEXITED(child.status) || WEXITSTATUS(child.status) != 0)
        return fail_by_status(&child, source, error);
    return read_output(&child, source, ret_credentials, error);
}

int credentials_from_process(const char *command, const char *profile,
                             const struct credentials_patience *patience,
                             struct aws_credentials *ret_credentials, struct error *error)
{
    CLEANUP_WORDS struct words words = {0};
    CLEANUP_FREE char *source = secret_join("credential_process of profile ", profile);
    CLEANUP_SECRET char *copy = strdup(command);
    if (!source || !copy)
        return error_set(error, -ENOMEM, "out of memory");
    int result = words_split(command, &words);
    if (result < 0)
        return error_set(error, result, "%s: %s", source,
                         result == -ENOMEM ? "out of memory"
                                           : "a quote is not closed, or there is no command");
    char shell[] = "/bin/sh", option[] = "-c";
    char *const by_shell[] = {shell, option, copy, NULL};
    return run(result ? words.words : by_shell, source, patience, ret_credentials, error);
}
