#include "protocol/payload.h"

#include "base/clock.h"

#include <inttypes.h>

/* The values are numbers and the round's id, which is hexadecimal: nothing in them needs escaping. */

static void add_lambda_warmer(const struct request_values *values, const char *correlation_key,
                              struct text *out)
{
    text_format(out,
                "{\"warmer\":true,\"concurrency\":1,\"__WARMER_INVOCATION__\":%" PRIu32
                ",\"__WARMER_CONCURRENCY__\":%" PRIu32 ",\"%s\":\"%s\"}",
                values->index + 1, values->count, correlation_key, values->round_id);
}

static void add_opennext(const struct request_values *values, struct text *out)
{
    text_format(out,
                "{\"type\":\"warmer\",\"warmerId\":\"%s\",\"index\":%" PRIu32 ",\"concurrency\":%" PRIu32
                ",\"delay\":%" PRIu64 "}",
                values->round_id, values->index - 1, values->count, values->hold_us / US_PER_MS);
}

/* Like a gateway's event, with lower-case names, as function URLs and HTTP APIs send them. */
static void add_headers(const struct request_values *values, struct text *out)
{
    text_format(out,
                "\"headers\":{\"x-lambda-warm\":\"%s/%" PRIu32 "/%" PRIu32
                "\",\"x-lambda-warm-hold\":\"%" PRIu64 "\",\"user-agent\":\"lambda-warmd/" WARMD_VERSION
                "\"}",
                values->round_id, values->index, values->count, values->hold_us / US_PER_MS);
}

static void add_all(const struct request_values *values, struct text *out)
{
    text_format(out,
                "{\"warmer\":true,\"concurrency\":1,\"__WARMER_INVOCATION__\":%" PRIu32
                ",\"__WARMER_CONCURRENCY__\":%" PRIu32
                ",\"__WARMER_CORRELATIONID__\":\"%s\",\"__WARMER_CORRELATION_ID__\":\"%s\"",
                values->index + 1, values->count, values->round_id, values->round_id);
    text_format(
        out,
        ",\"source\":\"serverless-plugin-warmup\",\"type\":\"warmer\",\"warmerId\":\"%s\",\"index\":%" PRIu32
        ",\"delay\":%" PRIu64 ",\"action\":\"PREWARM\",",
        values->round_id, values->index - 1, values->hold_us / US_PER_MS);
    add_headers(values, out);
    text_add(out, "}");
}

bool payload_exists(const struct endpoint *endpoint)
{
    switch (endpoint->protocol) {
    case PROTOCOL_NONE:
        return false;
    case PROTOCOL_HEADER:
        return endpoint->function;
    case PROTOCOL_LAMBDA_WARMER:
    case PROTOCOL_LAMBDA_WARMER_PY:
    case PROTOCOL_SERVERLESS_PLUGIN_WARMUP:
    case PROTOCOL_OPENNEXT:
    case PROTOCOL_BREF:
    case PROTOCOL_AUTO:
        return true;
    }
    return false;
}

void payload_add(const struct endpoint *endpoint, const struct request_values *values, struct text *out)
{
    switch (endpoint->protocol) {
    case PROTOCOL_NONE:
        break;
    case PROTOCOL_HEADER:
        text_add(out, "{");
        add_headers(values, out);
        text_add(out, "}");
        break;
    case PROTOCOL_LAMBDA_WARMER:
        add_lambda_warmer(values, "__WARMER_CORRELATIONID__", out);
        break;
    case PROTOCOL_LAMBDA_WARMER_PY:
        add_lambda_warmer(values, "__WARMER_CORRELATION_ID__", out);
        break;
    case PROTOCOL_SERVERLESS_PLUGIN_WARMUP:
        text_add(out, "{\"source\":\"serverless-plugin-warmup\"}");
        break;
    case PROTOCOL_OPENNEXT:
        add_opennext(values, out);
        break;
    case PROTOCOL_BREF:
        text_add(out, "{\"warmer\":true}");
        break;
    case PROTOCOL_AUTO:
        add_all(values, out);
        break;
    }
}

const char *payload_client_context(const struct endpoint *endpoint)
{
    bool wanted =
        endpoint->protocol == PROTOCOL_SERVERLESS_PLUGIN_WARMUP || endpoint->protocol == PROTOCOL_AUTO;
    /* AWS passes it only to functions that are called synchronously. */
    return wanted && endpoint->mode == INVOKE_SYNC ? "{\"custom\":{\"source\":\"serverless-plugin-warmup\"}}"
                                                   : NULL;
}
