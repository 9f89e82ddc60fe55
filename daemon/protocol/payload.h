/* What other makers' warmers send: the JSON that their handlers understand. */
#ifndef WARMD_PROTOCOL_PAYLOAD_H
#define WARMD_PROTOCOL_PAYLOAD_H

#include "base/text.h"
#include "protocol/request.h"

/* Does ENDPOINT's protocol have a payload, if no `body` replaces it? Over HTTP, `header` and `none` don't;
 * with Invoke, `header` sends an event like a gateway's. */
bool payload_exists(const struct endpoint *endpoint);

/* Appends ENDPOINT's payload for VALUES to OUT. What is known of each handler, read in its source:
 * - lambda-warmer (npm, 2.3.0) calls itself only where `concurrency` > 1 or `target` is another function;
 * else it waits for its own delay, but only where __WARMER_INVOCATION__ > 1: so counting begins at 2.
 * - lambda-warmer-py (0.6.0): the same; its correlation key is spelt otherwise.
 * - serverless-plugin-warmup (8.4.1): the handler compares `source`, of the event or the client context.
 * - OpenNext (4.1.12): any event with `type` is a ping; it waits `delay` ms and answers with its serverId. It
 *   doesn't read `concurrency`, so in `auto` that is lambda-warmer's 1.
 * - Bref (2): `warmer` must be true itself. */
void payload_add(const struct endpoint *endpoint, const struct request_values *values, struct text *out);

/* The client context that the protocol needs, as JSON, for X-Amz-Client-Context; NULL: none. */
const char *payload_client_context(const struct endpoint *endpoint);

#endif
