/* What nobody gave, and values that contradict each other. */
#include "plan/draft.h"
#include "plan/syntax.h"

#include "base/clock.h"
#include "base/duration.h"

#include <string.h>

#define JITTER_DEFAULT_US (10 * US_PER_S)
enum {
    JITTER_DEFAULT_SHARE = 10, /* by default at most a tenth of the interval */
    JITTER_SHARE = 2,          /* at most half: rounds must not overtake each other */
};

static const enum endpoint_key tls_keys[] = {KEY_CA_FILE, KEY_CLIENT_CERT, KEY_CLIENT_KEY};

static bool is_own(const struct draft *draft, enum endpoint_key key)
{
    return draft->given[key] && config_setting_parent(draft->given[key]) == draft->group;
}

/* The setting to blame where two don't agree: the endpoint's own, rather than what it takes from the
 * defaults. */
static const config_setting_t *blame(const struct draft *draft, enum endpoint_key first,
                                     enum endpoint_key second)
{
    if (is_own(draft, first))
        return draft->given[first];
    if (is_own(draft, second))
        return draft->given[second];
    return draft->given[first] ? draft->given[first] : draft->group;
}

static void finish_jitter(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    uint64_t most = endpoint->interval_us / JITTER_SHARE;
    if (!draft->given[KEY_JITTER]) {
        uint64_t share = endpoint->interval_us / JITTER_DEFAULT_SHARE;
        endpoint->jitter_us = share < JITTER_DEFAULT_US ? share : JITTER_DEFAULT_US;
    } else if (endpoint->jitter_us > most && !draft->wrong[KEY_JITTER] && !draft->wrong[KEY_INTERVAL]) {
        char text[DURATION_TEXT_MAX];
        reader_mistake_once(draft->reader, blame(draft, KEY_JITTER, KEY_INTERVAL),
                            "jitter must be at most half the interval, %s", duration_format(most, text));
    }
}

static void finish_strings(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    if (!endpoint->method)
        reader_keep(draft->reader, endpoint->body ? "POST" : "GET", &endpoint->method);
    if (endpoint->protocol != PROTOCOL_HEADER)
        return;
    if (!draft->given[KEY_INSTANCE]) {
        endpoint->instance.kind = EXTRACT_HEADER;
        reader_keep(draft->reader, "X-Lambda-Instance", &endpoint->instance.name);
    }
    if (!draft->given[KEY_COLD]) {
        endpoint->cold.kind = EXTRACT_HEADER;
        reader_keep(draft->reader, "X-Lambda-Cold", &endpoint->cold.name);
    }
}

static void finish_expect(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    if (endpoint->expect)
        return;
    endpoint->expect = calloc(1, sizeof *endpoint->expect);
    if (!endpoint->expect) {
        draft->reader->no_memory = true;
        return;
    }
    endpoint->expect[0] = (struct status_range){200, 299};
    endpoint->n_expect = 1;
}

/* Keys of TLS that come from the defaults are for the endpoints that have use for them. */
static void finish_plain_http(struct draft *draft)
{
    struct endpoint *endpoint = &draft->endpoint;
    char **const paths[] = {&endpoint->ca_file, &endpoint->client_cert, &endpoint->client_key};
    for (size_t i = 0; i < COUNT_OF(tls_keys); i++) {
        if (is_own(draft, tls_keys[i]))
            reader_mistake(draft->reader, draft->given[tls_keys[i]], "%s is of no use: url is not https",
                           endpoint_key_names[tls_keys[i]]);
        free(*paths[i]);
        *paths[i] = NULL;
    }
    if (endpoint->http_version == HTTP_VERSION_2)
        reader_mistake(draft->reader, blame(draft, KEY_HTTP_VERSION, KEY_URL),
                       "http_version = \"2\" needs an https url");
}

static void check_client_key(struct draft *draft)
{
    if (draft->given[KEY_CLIENT_KEY] && !draft->given[KEY_CLIENT_CERT])
        reader_mistake_once(draft->reader, blame(draft, KEY_CLIENT_KEY, KEY_URL),
                            "client_key without client_cert");
}

/* The answer's headers would announce a body that doesn't come, and the client wait for it (RFC 9110, 9.3.2).
 */
static void check_body(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    if (endpoint->method && endpoint->body && strcmp(endpoint->method, "HEAD") == 0)
        reader_mistake_once(draft->reader, blame(draft, KEY_BODY, KEY_METHOD), "a HEAD request has no body");
}

static void check_warm(struct draft *draft)
{
    uint32_t ceiling = draft->reader->plan->daemon.max_in_flight;
    if (draft->endpoint.warm > ceiling && !draft->reader->ceiling_unknown)
        reader_mistake_once(draft->reader, blame(draft, KEY_WARM, KEY_WARM),
                            "warm is above the daemon's max_in_flight (%u)", ceiling);
}

static void check_hold(struct draft *draft)
{
    const struct endpoint *endpoint = &draft->endpoint;
    bool judged =
        endpoint->protocol == PROTOCOL_HEADER && !draft->wrong[KEY_HOLD] && !draft->wrong[KEY_TIMEOUT];
    char hold[DURATION_TEXT_MAX], timeout[DURATION_TEXT_MAX];
    if (judged && endpoint->hold_us >= endpoint->timeout_us)
        reader_warn(draft->reader, blame(draft, KEY_HOLD, KEY_TIMEOUT),
                    "hold (%s) is not below timeout (%s): an instance that holds can't answer in time",
                    duration_format(endpoint->hold_us, hold), duration_format(endpoint->timeout_us, timeout));
}

void draft_finish(struct draft *draft)
{
    finish_jitter(draft);
    finish_strings(draft);
    finish_expect(draft);
    if (draft->endpoint.url && !is_https(draft->endpoint.url))
        finish_plain_http(draft);
    else
        check_client_key(draft);
    check_body(draft);
    check_warm(draft);
    check_hold(draft);
}
