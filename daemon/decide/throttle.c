#include "decide/throttle.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "plan/function_name.h"

#include <string.h>

static const uint64_t WAIT_MOST_US = 3600 * US_PER_S;
static const double SHARE_LEAST = 1.0 / 1024;
static const double SHARE_STEP = 1.0 / 8;
enum { STREAK_MOST = 16 };

/* Its region and name, however it is called. */
static void add_function(struct text *text, const struct endpoint *endpoint)
{
    struct function_name name = {0};
    const char *region = endpoint->region ? endpoint->region : "";
    if (function_name_parse(endpoint->function, &name, NULL) < 0) {
        text_format(text, "function %s %s", region, endpoint->function);
        return;
    }
    text_format(text, "function %s %s", *name.region ? name.region : region, name.name);
}

uint64_t throttle_key(const struct endpoint *endpoint)
{
    CLEANUP_TEXT struct text text = {0};
    if (endpoint->function)
        add_function(&text, endpoint);
    else
        text_add_bytes(&text, endpoint->url, strcspn(endpoint->url, "?#"));
    return observation_hash(text.data ? text.data : endpoint->name);
}

/* Where KEY is, or belongs. */
static size_t place_of(const struct throttles *throttles, uint64_t key)
{
    size_t low = 0, high = throttles->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (throttles->items[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct throttle *throttles_of(struct throttles *throttles, const struct endpoint *endpoint)
{
    return throttles_by_key(throttles, throttle_key(endpoint));
}

struct throttle *throttles_by_key(struct throttles *throttles, uint64_t key)
{
    size_t at = place_of(throttles, key);
    if (at < throttles->n && throttles->items[at].key == key)
        return &throttles->items[at];
    struct throttle *longer = reallocarray(throttles->items, throttles->n + 1, sizeof *longer);
    if (!longer)
        return NULL;
    throttles->items = longer;
    memmove(&longer[at + 1], &longer[at], (throttles->n - at) * sizeof *longer);
    longer[at] = (struct throttle){.key = key, .share = 1};
    throttles->n++;
    return &longer[at];
}

void throttles_free(struct throttles *throttles)
{
    free(throttles->items);
    *throttles = (struct throttles){0};
}

uint32_t throttle_share(const struct throttle *throttle, uint32_t wanted)
{
    uint32_t share = (uint32_t)(throttle->share * wanted);
    return share || !wanted ? share : 1;
}

uint64_t throttle_wait_us(const struct throttle *throttle, uint64_t now_real_us)
{
    if (throttle->until_real_us <= now_real_us)
        return 0;
    uint64_t wait_us = throttle->until_real_us - now_real_us;
    return wait_us <= throttle->wait_us ? wait_us : 0;
}

static enum throttle_change tighten(struct throttle *throttle, uint64_t interval_us, uint64_t now_real_us)
{
    enum throttle_change change = throttle->share < 1 ? THROTTLE_SAME : THROTTLE_BEGAN;
    uint64_t most_us = interval_us > WAIT_MOST_US ? interval_us : WAIT_MOST_US;
    if (throttle->streak < STREAK_MOST)
        throttle->streak++;
    throttle->wait_us = interval_us << throttle->streak;
    if (throttle->wait_us > most_us)
        throttle->wait_us = most_us;
    throttle->until_real_us = now_real_us + throttle->wait_us;
    throttle->changed_real_us = now_real_us;
    throttle->share = throttle->share / 2 > SHARE_LEAST ? throttle->share / 2 : SHARE_LEAST;
    return change;
}

static enum throttle_change relax(struct throttle *throttle, uint64_t interval_us, uint64_t now_real_us)
{
    uint64_t since_us = now_real_us - throttle->changed_real_us;
    /* One step an interval, less a tenth for its jitter; a clock that was set back has no say. */
    if (throttle->share >= 1 ||
        (now_real_us >= throttle->changed_real_us && since_us < interval_us - interval_us / 10))
        return THROTTLE_SAME;
    throttle->streak = 0;
    throttle->changed_real_us = now_real_us;
    throttle->share += SHARE_STEP;
    if (throttle->share < 1)
        return THROTTLE_SAME;
    throttle->share = 1;
    return THROTTLE_OVER;
}

enum throttle_change throttle_take(struct throttle *throttle, const struct observation *observation,
                                   uint64_t interval_us, uint64_t now_real_us)
{
    if (observation->throttled == 0)
        return observation->ok ? relax(throttle, interval_us, now_real_us) : THROTTLE_SAME;
    if (throttle_wait_us(throttle, now_real_us))
        return THROTTLE_SAME;
    return tighten(throttle, interval_us, now_real_us);
}
