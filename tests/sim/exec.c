#include "exec.h"

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 8 << 20, EVENTS = 64 };

struct process {
    struct process *next, **slot;
    struct exec *exec;
    uint64_t instance;
    pid_t pid; /* and its group */
    int to, from;
    struct buffer out, in;
    struct request *request; /* NULL: it waits for one */
    bool ended;
};

struct exec {
    struct server *server;
    const char *command;
    int epoll_fd;
    struct process *processes;
};

struct exec *exec_new(struct server *server, const char *command)
{
    struct exec *exec = allocate(sizeof *exec);
    exec->server = server;
    exec->command = command;
    exec->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    signal(SIGPIPE, SIG_IGN); /* from a process that ended */
    if (exec->epoll_fd >= 0)
        return exec;
    perror("lambda-sim: cannot run processes");
    free(exec);
    return NULL;
}

int *exec_fd(struct exec *exec)
{
    return &exec->epoll_fd;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Takes it out of the epoll first: a process that is just being started holds it open until its exec. */
static void unwatch(struct exec *exec, int *fd)
{
    if (*fd >= 0)
        epoll_ctl(exec->epoll_fd, EPOLL_CTL_DEL, *fd, NULL);
    shut(fd);
}

/* Ends it and says HOW it ended, as a shell would. */
static void reap(struct process *process, char how[64])
{
    int status = 0;
    kill(-process->pid, SIGKILL);
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status))
        snprintf(how, 64, "exit status %d", WEXITSTATUS(status));
    else
        snprintf(how, 64, "signal: %s", strsignal(WTERMSIG(status)));
}

/* Sets HOW to the way in which it ended. */
static void process_free(struct process *process, char how[64])
{
    *process->slot = process->next;
    if (process->next)
        process->next->slot = process->slot;
    unwatch(process->exec, &process->to);
    unwatch(process->exec, &process->from);
    reap(process, how);
    buffer_free(&process->out);
    buffer_free(&process->in);
    free(process);
}

void exec_free(struct exec *exec)
{
    char how[64];
    if (!exec)
        return;
    while (exec->processes) {
        request_unref(exec->processes->request);
        process_free(exec->processes, how);
    }
    close(exec->epoll_fd);
    free(exec);
}

static struct process *find(struct exec *exec, uint64_t instance)
{
    struct process *at = exec->processes;
    while (at && at->instance != instance)
        at = at->next;
    return at;
}

/* If it has a request, its end answers it, when exec_serve() notices. */
void exec_end(struct exec *exec, uint64_t instance)
{
    char how[64];
    struct process *process = find(exec, instance);
    if (process && process->request) {
        process->request->binding.open = NULL;
        kill(-process->pid, SIGKILL);
    } else if (process)
        process_free(process, how);
}

/* Starts COMMAND in a new process group, with no signal blocked or ignored. */
static int spawn(const char *command, int in, int out, pid_t *ret_pid)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, NULL, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe);
    argv[2] = duplicate(command, strlen(command));
    int error = posix_spawn(ret_pid, "/bin/sh", &files, &attributes, argv, environ);
    free(argv[2]);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static bool watch(struct process *process, int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = process};
    return epoll_ctl(process->exec->epoll_fd, operation, fd, &event) == 0;
}

static void set_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Starts the process at the pipes' other ends; NULL, and errno set: that failed. */
static struct process *attach(struct exec *exec, uint64_t instance, const int in[2], const int out[2])
{
    pid_t pid;
    errno = spawn(exec->command, in[0], out[1], &pid);
    if (errno)
        return NULL;
    struct process *process = allocate(sizeof *process);
    *process = (struct process){.next = exec->processes,
                                .slot = &exec->processes,
                                .exec = exec,
                                .instance = instance,
                                .pid = pid,
                                .to = in[1],
                                .from = out[0]};
    if (process->next)
        process->next->slot = &process->next;
    exec->processes = process;
    set_nonblocking(process->to);
    set_nonblocking(process->from);
    process->ended = !watch(process, EPOLL_CTL_ADD, process->from, EPOLLIN);
    return process;
}

static struct process *start(struct exec *exec, uint64_t instance)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    struct process *process = NULL;
    if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0)
        process = attach(exec, instance, in, out);
    if (!process) {
        fprintf(stderr, "lambda-sim: cannot run %s: %s\n", exec->command, strerror(errno));
        shut(&in[1]);
        shut(&out[0]);
    }
    shut(&in[0]);
    shut(&out[1]);
    return process;
}

/* Writes what the pipe takes, and the rest when it takes more. */
static void write_out(struct process *process)
{
    bool was_full = process->to >= 0 && process->out.length > 0;
    while (process->to >= 0 && process->out.length) {
        ssize_t n = write(process->to, process->out.data, process->out.length);
        if (n >= 0)
            buffer_take(&process->out, (size_t)n);
        else if (errno == EAGAIN) {
            if (!watch(process, EPOLL_CTL_ADD, process->to, EPOLLOUT) && errno != EEXIST)
                process->ended = true;
            return;
        } else if (errno != EINTR)
            unwatch(process->exec, &process->to); /* it reads no more: the other pipe will show its end */
    }
    if (was_full && process->to >= 0)
        epoll_ctl(process->exec->epoll_fd, EPOLL_CTL_DEL, process->to, NULL);
}

bool exec_send(struct exec *exec, uint64_t instance, struct request *request, const char *line)
{
    struct process *process = find(exec, instance);
    if (!process)
        process = start(exec, instance);
    if (!process)
        return false;
    process->request = request;
    buffer_format(&process->out, "%s\n", line);
    write_out(process);
    return true;
}

static void read_in(struct process *process)
{
    char bytes[65536];
    ssize_t n;
    while ((n = read(process->from, bytes, sizeof bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            process->ended |= errno != EAGAIN;
            return;
        }
        buffer_add(&process->in, bytes, (size_t)n);
        if (process->in.length > LINE_MAX_BYTES)
            break;
    }
    process->ended = true;
}

/* Lines that answer no request are debugging output. */
static void take_lines(struct process *process)
{
    char *end;
    while (process->in.length && (end = memchr(process->in.data, '\n', process->in.length))) {
        size_t length = (size_t)(end - process->in.data);
        json_t *answer = json_loadb(process->in.data, length, 0, NULL);
        struct request *request = process->request;
        if (request && json_is_object(answer)) {
            process->request = NULL;
            exec_done(process->exec->server, request, answer, NULL);
        } else
            fprintf(stderr, "lambda-sim: no answer, from a process of %s: %.*s\n", process->exec->command,
                    (int)(length > 200 ? 200 : length), process->in.data);
        json_decref(answer);
        buffer_take(&process->in, length + 1);
    }
}

static void finish(struct process *process)
{
    struct request *request = process->request;
    struct server *server = process->exec->server;
    char how[64];
    process_free(process, how);
    if (request)
        exec_done(server, request, NULL, how);
}

void exec_serve(struct exec *exec)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(exec->epoll_fd, events, EVENTS, 0);
    for (int i = 0; i < n; i++) {
        struct process *process = events[i].data.ptr;
        if (!process->ended) {
            write_out(process);
            read_in(process);
            take_lines(process);
        }
    }
    /* Only here, because a process may have two events. */
    for (struct process *at = exec->processes, *next; at; at = next) {
        next = at->next;
        if (at->ended)
            finish(at);
    }
}
