/* Runs a command and tells what it cost.
 * usage: measure [-s] [-t SECONDS] REPORT COMMAND [ARGUMENT…]
 * REPORT gets one JSON object: exit status (-1 where a signal ended it), whether it was ended after SECONDS,
 * wall, user and system time in microseconds, largest RSS in KB, and with -s the most threads and descriptors
 * that were seen.
 *
 * A program of its own because getrusage's RSS begins at that of whoever forks: this one is small. Sampling
 * looks at /proc every few milliseconds, so what is sampled is not timed in the same run. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 64, EXIT_FAULT = 70, EXIT_NO_COMMAND = 127, SAMPLE_MS = 5, LIMIT_S = 600 };

struct cost {
    unsigned long threads, descriptors;
    bool timed_out;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(char **command, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        execvp(command[0], command);
    fprintf(stderr, "measure: %s: %s\n", command[0], strerror(errno));
    _exit(EXIT_NO_COMMAND);
}

static unsigned long count_entries(const char *path)
{
    DIR *dir = opendir(path);
    unsigned long n = 0;
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n > 2 ? n - 2 : 0;
}

/* Both are known without reading a directory, the descriptors since Linux 6.2. */
static void sample(pid_t pid, struct cost *cost)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    if (stat(path, &status) == 0 && status.st_nlink > 2 && status.st_nlink - 2 > cost->threads)
        cost->threads = status.st_nlink - 2;
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    if (stat(path, &status) < 0)
        return;
    unsigned long n = status.st_size > 0 ? (unsigned long)status.st_size : count_entries(path);
    if (n > cost->descriptors)
        cost->descriptors = n;
}

static void wait_for(pid_t pid, int child_fd, double end_s, bool samples, struct cost *cost)
{
    struct pollfd poll_fd = {.fd = child_fd, .events = POLLIN};
    double left_s;
    while ((left_s = end_s - now_s()) > 0) {
        if (poll(&poll_fd, 1, samples ? SAMPLE_MS : (int)(left_s * 1000) + 1) > 0)
            return;
        if (samples)
            sample(pid, cost);
    }
    cost->timed_out = true;
    kill(-pid, SIGKILL);
}

static int report(const char *path, int status, double wall_s, const struct rusage *usage,
                  const struct cost *cost)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return EXIT_FAULT;
    fprintf(out,
            "{\"status\":%d,\"timed_out\":%s,\"wall_us\":%.0f,\"user_us\":%ld,\"system_us\":%ld,\"max_rss_"
            "kb\":%ld,"
            "\"threads\":%lu,\"descriptors\":%lu}\n",
            WIFEXITED(status) ? WEXITSTATUS(status) : -1, cost->timed_out ? "true" : "false", wall_s * 1e6,
            usage->ru_utime.tv_sec * 1000000 + usage->ru_utime.tv_usec,
            usage->ru_stime.tv_sec * 1000000 + usage->ru_stime.tv_usec, usage->ru_maxrss, cost->threads,
            cost->descriptors);
    return fclose(out) == 0 ? 0 : EXIT_FAULT;
}

int main(int argc, char **argv)
{
    bool samples = false;
    double limit_s = LIMIT_S;
    for (int option; (option = getopt(argc, argv, "+st:")) != -1;) {
        if (option == 's')
            samples = true;
        else if (option == 't')
            limit_s = strtod(optarg, NULL);
        else
            return EXIT_USAGE;
    }
    if (argc - optind < 2)
        return EXIT_USAGE;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int child_fd = signalfd(-1, &set, SFD_CLOEXEC);
    double start_s = now_s();
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        run(argv + optind + 1, parent);
    if (pid < 0 || child_fd < 0)
        return EXIT_FAULT;
    struct cost cost = {0};
    struct rusage usage;
    int status;
    wait_for(pid, child_fd, start_s + limit_s, samples, &cost);
    if (wait4(pid, &status, 0, &usage) != pid)
        return EXIT_FAULT;
    return report(argv[optind], status, now_s() - start_s, &usage, &cost);
}
