#include "volley/http1/sockets.h"

#include "volley/path.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

static ino_t inode_of(int fd)
{
    struct stat seen;
    return fstat(fd, &seen) == 0 ? seen.st_ino : 0;
}

/* `n` if it isn't among them. */
static size_t index_of(const struct sockets *sockets, int fd)
{
    size_t i = 0;
    while (i < sockets->n && sockets->open[i].fd != fd)
        i++;
    return i;
}

void sockets_add(struct sockets *sockets, int fd)
{
    sockets_remove(sockets, fd); /* closed without telling us, and its number reused */
    if (sockets->n == SOCKETS_MAX)
        sockets_forget_closed(sockets);
    if (sockets->n == SOCKETS_MAX)
        return;
    sockets->open[sockets->n].fd = fd;
    sockets->open[sockets->n].action = 0;
    sockets->open[sockets->n++].inode = inode_of(fd);
}

void sockets_remove(struct sockets *sockets, int fd)
{
    size_t i = index_of(sockets, fd);
    if (i < sockets->n)
        sockets->open[i] = sockets->open[--sockets->n];
}

void sockets_set_action(struct sockets *sockets, int fd, int action)
{
    size_t i = index_of(sockets, fd);
    if (i < sockets->n)
        sockets->open[i].action = action;
}

int sockets_action(const struct sockets *sockets, int fd)
{
    size_t i = index_of(sockets, fd);
    return i < sockets->n ? sockets->open[i].action : 0;
}

void sockets_forget_closed(struct sockets *sockets)
{
    size_t n = 0;
    for (size_t i = 0; i < sockets->n; i++)
        if (inode_of(sockets->open[i].fd) == sockets->open[i].inode)
            sockets->open[n++] = sockets->open[i];
    sockets->n = n;
}

static int local_port_of(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        return -1;
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&address)->sin_port);
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return -1;
}

int sockets_winner(struct sockets *sockets, int local_port)
{
    sockets_forget_closed(sockets);
    for (size_t i = 0; i < sockets->n; i++)
        if (sockets->n == 1 || local_port_of(sockets->open[i].fd) == local_port)
            return sockets->open[i].fd;
    return -1;
}

bool sockets_connected(const struct sockets *sockets)
{
    for (size_t i = 0; i < sockets->n; i++)
        if (inode_of(sockets->open[i].fd) == sockets->open[i].inode &&
            path_measure(sockets->open[i].fd).is_connected)
            return true;
    return false;
}
