/* Cleanup attributes: a local variable names its release function, which runs on every path out of its
 * scope. */
#ifndef WARMD_BASE_CLEANUP_H
#define WARMD_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

/* Defines cleanup_FUNCTION for locals of pointer type TYPE; FUNCTION must take NULL. */
#define DEFINE_CLEANUP(type, function)                                                                       \
    static inline void cleanup_##function(type *held)                                                        \
    {                                                                                                        \
        if (*held)                                                                                           \
            function(*held);                                                                                 \
    }                                                                                                        \
    struct cleanup_##function##_takes_a_semicolon

static inline void cleanup_free(void *held)
{
    free(*(void **)held);
}

static inline void cleanup_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
    if (*file)
        fclose(*file);
}

#define CLEANUP_FREE CLEANUP(cleanup_free)
#define CLEANUP_CLOSE CLEANUP(cleanup_close)
#define CLEANUP_FCLOSE CLEANUP(cleanup_fclose)

/* Hands a pointer or descriptor out of a scope that would release it. */
#define STEAL(pointer)                                                                                       \
    ({                                                                                                       \
        __typeof__(pointer) stolen_ = (pointer);                                                             \
        (pointer) = NULL;                                                                                    \
        stolen_;                                                                                             \
    })
#define STEAL_FD(fd)                                                                                         \
    ({                                                                                                       \
        int stolen_ = (fd);                                                                                  \
        (fd) = -1;                                                                                           \
        stolen_;                                                                                             \
    })

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
