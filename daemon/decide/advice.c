#include "decide/advice.h"

#include "base/clock.h"
#include "base/duration.h"
#include "plan/partition.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define SHORT_US (60 * US_PER_S) /* idle instances outlived this in every measurement */
#define LONG_US (600 * US_PER_S) /* but not this: they ended after 5 to 7 min in 2021, about 10 in 2025 */
#define CUSTOMARY_US (300 * US_PER_S) /* what most warmers use */

enum {
    MANY_INSTANCES = 500, /* half of an account's concurrency, unless that was raised */
    NEAR_FACTOR = 3,      /* below this factor, provisioned concurrency is worth a thought */
};

static const double TRIFLE_USD = 0.10; /* a month */

/* What has been said so far. */
struct speech {
    char *text;
    size_t used;
};

static void say(struct speech *speech, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One more sentence; what doesn't fit is cut. */
static void say(struct speech *speech, const char *format, ...)
{
    va_list args;
    if (speech->used > 0 && speech->used + 1 < ADVICE_MAX)
        speech->text[speech->used++] = ' ';
    va_start(args, format);
    int length = vsnprintf(speech->text + speech->used, ADVICE_MAX - speech->used, format, args);
    va_end(args);
    speech->used += length < 0 ? 0 : (size_t)length;
    if (speech->used >= ADVICE_MAX)
        speech->used = ADVICE_MAX - 1;
}

/* The smallest number of instances, other than 0, that it ever wants. */
static uint32_t least_warm(const struct endpoint *endpoint)
{
    uint32_t least = endpoint->warm ? endpoint->warm : UINT32_MAX;
    for (size_t i = 0; i < endpoint->n_windows; i++)
        if (endpoint->windows[i].warm && endpoint->windows[i].warm < least)
            least = endpoint->windows[i].warm;
    return least;
}

/* Whether there are rounds that its budget never allows. */
static bool say_no_room(struct speech *speech, const struct endpoint *endpoint, const struct prices *prices)
{
    char budget[COST_TEXT_MAX], round[COST_TEXT_MAX];
    uint32_t most = endpoint_most_warm(endpoint), least = least_warm(endpoint);
    double most_usd = cost_round_most_usd(endpoint, prices, most, endpoint->hold_us, 0);
    double least_usd =
        least < most ? cost_round_most_usd(endpoint, prices, least, endpoint->hold_us, 0) : most_usd;
    if (endpoint->budget_usd <= 0 || most_usd <= endpoint->budget_usd)
        return false;
    cost_format(endpoint->budget_usd, budget);
    say(speech,
        "The budget of %s is too small for the largest round, which may cost %s if every instance is cold%s",
        budget, cost_format(most_usd, round),
        least_usd > endpoint->budget_usd ? ", and too small for every other round: nothing will be sent."
                                         : ".");
    return true;
}

const char *advice_budget(const struct endpoint *endpoint, const struct prices *prices,
                          char buffer[ADVICE_MAX])
{
    struct speech speech = {.text = buffer};
    buffer[0] = '\0';
    if (prices->source != PRICES_UNKNOWN && endpoint->enabled && endpoint_most_warm(endpoint))
        say_no_room(&speech, endpoint, prices);
    return buffer;
}

static void say_budget(struct speech *speech, const struct endpoint *endpoint, const struct prices *prices,
                       const struct cost_month *month)
{
    char budget[COST_TEXT_MAX];
    if (endpoint->budget_usd <= 0 || say_no_room(speech, endpoint, prices))
        return;
    cost_format(endpoint->budget_usd, budget);
    if (month->usd > endpoint->budget_usd)
        say(speech, "The budget of %s is spent after about %.0f of 30 days.", budget,
            30 * endpoint->budget_usd / month->usd);
}

/* Compares what is bought with what could be. */
static void say_buy(struct speech *speech, const struct endpoint *endpoint, const struct cost_month *month)
{
    double factor = month->provisioned_usd / month->usd;
    if (factor <= 1)
        say(speech, "Provisioned concurrency is the better buy: it costs less for the same instances, and "
                    "they have no cold starts.");
    else if (factor < NEAR_FACTOR)
        say(speech,
            "Provisioned concurrency costs only %.1f times as much, and its instances have no cold starts.",
            factor);
    else if (endpoint_most_warm(endpoint) == 1 && month->usd < TRIFLE_USD)
        say(speech, "This costs next to nothing; if users keep the function busy anyway, no warming at all "
                    "does as well.");
    else
        say(speech,
            "Provisioned concurrency costs %.0f times as much: use it where no cold start is acceptable. "
            "SnapStart (Java, Python, .NET) shortens the cold starts that remain.",
            factor);
    if (factor > 1 && month->busy_share > 0)
        say(speech,
            "Provisioned concurrency is cheaper once users keep the instances busy for %.0f%% of the time.",
            100 * month->busy_share);
}

static void say_interval(struct speech *speech, const struct endpoint *endpoint, const struct prices *prices,
                         uint64_t interval_us, uint64_t now_real_us)
{
    char interval[DURATION_TEXT_MAX], usd[COST_TEXT_MAX];
    if (endpoint->interval_auto)
        say(speech, "The interval is learned; these figures are for %s, its initial value.",
            duration_format(interval_us, interval));
    else if (interval_us < SHORT_US)
        say(speech, "Idle instances live for minutes: a round every 5min would cost %s.",
            cost_format(cost_estimate_month(endpoint, prices, CUSTOMARY_US, now_real_us).usd, usd));
    else if (interval_us > LONG_US)
        say(speech, "Idle instances end after about 5 to 10 minutes: at this interval, most may be cold each "
                    "time, and no warming at all may do as well.");
}

static void say_count(struct speech *speech, const struct endpoint *endpoint)
{
    uint32_t most = endpoint_most_warm(endpoint);
    if (most >= MANY_INSTANCES)
        say(speech,
            "A round takes %" PRIu32
            " of the account's concurrency (1,000 unless raised) from users while it lasts.",
            most);
}

/* There, requests don't measure instances. */
static void say_web_function(struct speech *speech, const struct endpoint *endpoint)
{
    if (endpoint->url && url_is_web_function(endpoint->url) && endpoint_most_warm(endpoint) > 1)
        say(speech,
            "This is a Lambda web function: one instance serves up to 128 requests at once (64 by default), "
            "so a round may reach a single instance. Set that number to 1, or multiply warm by it.");
}

const char *advice(const struct endpoint *endpoint, const struct prices *prices,
                   const struct cost_month *month, uint64_t interval_us, uint64_t now_real_us,
                   char buffer[ADVICE_MAX])
{
    struct speech speech = {.text = buffer};
    buffer[0] = '\0';
    if (month->requests <= 0) {
        say(&speech, "It rests all the time.");
        return buffer;
    }
    if (month->known) {
        say_budget(&speech, endpoint, prices, month);
        say_buy(&speech, endpoint, month);
        say_interval(&speech, endpoint, prices, interval_us, now_real_us);
    } else
        say(&speech, "The prices of its region are not known here: set them in daemon.prices.");
    say_web_function(&speech, endpoint);
    say_count(&speech, endpoint);
    if (prices->source == PRICES_ASSUMED)
        say(&speech, "Its region is not known here, so these are the prices of us-east-1.");
    return buffer;
}
