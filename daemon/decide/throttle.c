#include "decide/throttle.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "plan/function_name.h"

#include <string.h>

static const uint64_t WAIT_MOST_US = US_PER_HOUR;
static const double SHARE_LEAST = 1.0 / 1024;
static const double SHARE_STEP = 1.0 / 8;
enum {
    STREAK_MOST = 16,
    PROBE_PART = 16, /* tries one part in this many above the ceiling, after a pause, */
    CLIMB_PART = 4,  /* or this, if the last try was answered */
    PAUSE_LEAST = 4,
    PAUSE_MOST = 256,
};

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
    return text_hash(text.data ? text.data : endpoint->name);
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

bool throttle_is_on(const struct throttle *throttle)
{
    return throttle->share < 1 || throttle->ceiling;
}

/* The ceiling, or a little more when it is time to try that. */
static uint32_t ceiling_now(const struct throttle *throttle)
{
    uint32_t more = throttle->ceiling / (throttle->pause ? PROBE_PART : CLIMB_PART);
    return throttle->ceiling + (throttle->paused < throttle->pause ? 0 : more ? more : 1);
}

uint32_t throttle_share(const struct throttle *throttle, uint32_t wanted)
{
    uint32_t share = (uint32_t)(throttle->share * wanted);
    if (throttle->ceiling && share > ceiling_now(throttle))
        share = ceiling_now(throttle);
    return share || !wanted ? share : 1;
}

uint64_t throttle_wait_us(const struct throttle *throttle, uint64_t now_real_us)
{
    if (throttle->until_real_us <= now_real_us)
        return 0;
    uint64_t wait_us = throttle->until_real_us - now_real_us;
    return wait_us <= throttle->wait_us ? wait_us : 0;
}

/* One step an interval, less a tenth for its jitter; a clock that was set back doesn't count. */
static bool is_early(const struct throttle *throttle, uint64_t interval_us, uint64_t now_real_us)
{
    return now_real_us >= throttle->changed_real_us &&
           now_real_us - throttle->changed_real_us < interval_us - interval_us / 10;
}

static enum throttle_change tighten(struct throttle *throttle, uint64_t interval_us, uint64_t now_real_us)
{
    enum throttle_change change = throttle_is_on(throttle) ? THROTTLE_SAME : THROTTLE_BEGAN;
    uint64_t most_us = interval_us > WAIT_MOST_US ? interval_us : WAIT_MOST_US;
    if (throttle->streak < STREAK_MOST)
        throttle->streak++;
    throttle->wait_us = interval_us << throttle->streak;
    if (throttle->wait_us > most_us)
        throttle->wait_us = most_us;
    throttle->until_real_us = now_real_us + throttle->wait_us;
    throttle->changed_real_us = now_real_us;
    throttle->share = throttle->share / 2 > SHARE_LEAST ? throttle->share / 2 : SHARE_LEAST;
    throttle->calm = throttle->most = 0;
    return change;
}

/* As many as before were answered, and what was asked for beyond wasn't: the step was too far. A new ceiling
 * is approached from below, because real traffic comes first; a try above a known one costs only itself. */
static enum throttle_change find_ceiling(struct throttle *throttle, uint64_t interval_us,
                                         uint64_t now_real_us)
{
    uint32_t calm = throttle->calm;
    if (throttle->ceiling != calm) {
        tighten(throttle, interval_us, now_real_us);
        throttle->calm = throttle->ceiling = calm;
        throttle->pause = PAUSE_LEAST;
        throttle->paused = 0;
        return THROTTLE_CEILING;
    }
    if (is_early(throttle, interval_us, now_real_us))
        return THROTTLE_SAME; /* another endpoint's try in the same interval */
    throttle->pause = throttle->pause ? 2 * throttle->pause : PAUSE_LEAST;
    if (throttle->pause > PAUSE_MOST)
        throttle->pause = PAUSE_MOST;
    throttle->paused = throttle->most = 0;
    throttle->changed_real_us = now_real_us;
    return THROTTLE_SAME;
}

static enum throttle_change grow(struct throttle *throttle)
{
    throttle->share += SHARE_STEP;
    if (throttle->share < 1)
        return THROTTLE_SAME;
    throttle->share = 1;
    if (throttle->ceiling)
        return THROTTLE_SAME;
    *throttle = (struct throttle){.key = throttle->key, .share = 1};
    return THROTTLE_OVER;
}

/* An interval has passed under a ceiling. */
static enum throttle_change climb(struct throttle *throttle, uint32_t most)
{
    if (most > throttle->ceiling) { /* there is room above it */
        throttle->ceiling = most;
        throttle->pause = throttle->paused = 0;
        return grow(throttle);
    }
    if (most < ceiling_now(throttle)) { /* the ceiling isn't in the way, or only the share is */
        if (throttle->share >= 1)
            throttle->ceiling = 0;
        return grow(throttle);
    }
    throttle->paused++;
    return THROTTLE_SAME;
}

static enum throttle_change relax(struct throttle *throttle, const struct observation *observation,
                                  uint64_t interval_us, uint64_t now_real_us)
{
    if (!throttle_is_on(throttle))
        return THROTTLE_SAME;
    throttle->calm = observation->ok > throttle->calm ? observation->ok : throttle->calm;
    throttle->most = observation->ok > throttle->most ? observation->ok : throttle->most;
    if (is_early(throttle, interval_us, now_real_us))
        return THROTTLE_SAME;
    uint32_t most = throttle->most;
    throttle->streak = 0;
    throttle->most = 0;
    throttle->changed_real_us = now_real_us;
    return throttle->ceiling ? climb(throttle, most) : grow(throttle);
}

enum throttle_change throttle_take(struct throttle *throttle, const struct observation *observation,
                                   uint64_t interval_us, uint64_t now_real_us)
{
    if (observation->throttled == 0)
        return observation->ok ? relax(throttle, observation, interval_us, now_real_us) : THROTTLE_SAME;
    if (throttle_wait_us(throttle, now_real_us))
        return THROTTLE_SAME;
    if (throttle->calm && observation->ok >= throttle->calm)
        return find_ceiling(throttle, interval_us, now_real_us);
    return tighten(throttle, interval_us, now_real_us);
}
