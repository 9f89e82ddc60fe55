/* The last bound requests, in the order of binding: bounded in number and in bytes. */
#include "memory.h"
#include "server.h"

#include <stdlib.h>

enum { RECENT_MAX = 16384, RECENT_BYTES = 64 << 20 };

struct recent {
    struct request *ring[RECENT_MAX];
    uint64_t begin, end; /* ever */
    size_t bytes;        /* of bodies */
};

struct recent *recent_new(void)
{
    return allocate(sizeof(struct recent));
}

static void drop_oldest(struct recent *recent)
{
    struct request *oldest = recent->ring[recent->begin++ % RECENT_MAX];
    recent->bytes -= oldest->body.length;
    request_unref(oldest);
}

void recent_clear(struct recent *recent)
{
    while (recent->begin < recent->end)
        drop_oldest(recent);
}

void recent_free(struct recent *recent)
{
    recent_clear(recent);
    free(recent);
}

void recent_add(struct recent *recent, struct request *request)
{
    while (recent->begin < recent->end &&
           (recent->end - recent->begin == RECENT_MAX || recent->bytes + request->body.length > RECENT_BYTES))
        drop_oldest(recent);
    recent->ring[recent->end++ % RECENT_MAX] = request_ref(request);
    recent->bytes += request->body.length;
}

const struct request *recent_get(const struct recent *recent, size_t n)
{
    return n < recent->end - recent->begin ? recent->ring[(recent->end - 1 - n) % RECENT_MAX] : NULL;
}
