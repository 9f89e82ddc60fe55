/* The sockets that libcurl has opened for one transfer: several while it tries addresses, one in the end. */
#ifndef WARMD_VOLLEY_HTTP1_SOCKETS_H
#define WARMD_VOLLEY_HTTP1_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Happy eyeballs may have two attempts open at a time, each replaced by the next address. */
enum { SOCKETS_MAX = 8 };

/* libcurl 7.88 doesn't tell us when it closes the sockets of attempts that it gives up, and their numbers are
 * reused: the inode shows whether it is still the same socket. */
struct sockets {
    struct {
        int fd;
        ino_t inode;
        int action; /* CURL_POLL_…: what libcurl waits for on this one; 0: nothing */
    } open[SOCKETS_MAX];
    size_t n;
};

void sockets_add(struct sockets *sockets, int fd);
void sockets_remove(struct sockets *sockets, int fd);
/* Sets what libcurl waits for. It reports that for each socket: what it says of the loser of a race between
 * two addresses means nothing for the winner. Numbers that were not added here are ignored. */
void sockets_set_action(struct sockets *sockets, int fd, int action);
int sockets_action(const struct sockets *sockets, int fd);
/* Forgets those closed without telling us. Only before a gate puts another socket under a number. */
void sockets_forget_closed(struct sockets *sockets);

/* The one that won, by its local port; -1: none. Forgets the closed ones. */
int sockets_winner(struct sockets *sockets, int local_port);
/* Is one of them connected? */
bool sockets_connected(const struct sockets *sockets);

#endif
