#include "aws/ask.h"

#include "base/clock.h"
#include "base/patience.h"

#include <errno.h>

enum { WORDS_MAX = 160, CODE_MAX = 40 };

#define BASE_US (US_PER_S / 2)     /* the longest first wait */
#define NEARBY_CONNECT_US US_PER_S /* a service that is there is near */

int ask(struct fetch_request request, uint64_t most_us, const struct credentials_patience *patience,
        struct fetch_answer *ret_answer, struct error *error)
{
    uint64_t until_us = clock_monotonic_us() + most_us;
    request.until_us = until_us < patience->until_us ? until_us : patience->until_us;
    request.cancel_fd = patience->cancel_fd;
    fetch_answer_free(ret_answer);
    return fetch(&request, ret_answer, error);
}

static bool is_worth_another(int result, int status)
{
    return result < 0 ? result == -ETIMEDOUT || result == -ECONNREFUSED || result == -ECONNRESET
                      : status >= 500 || status == 429;
}

int ask_nearby(struct fetch_request request, unsigned tries, uint64_t most_us,
               const struct credentials_patience *patience, struct fetch_answer *ret_answer,
               struct error *error)
{
    int result = -ETIMEDOUT;
    request.direct = true;
    request.connect_us = NEARBY_CONNECT_US;
    for (unsigned i = 0; i < tries; i++) {
        result = ask(request, most_us, patience, ret_answer, error);
        if (!is_worth_another(result, ret_answer->status) || clock_monotonic_us() >= patience->until_us)
            break;
    }
    return result;
}

bool ask_may_pass(int result, int status)
{
    switch (result) {
    case 0:
        return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
    case -ETIMEDOUT:
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -EPIPE:
    case -EHOSTUNREACH:
    case -ENETUNREACH:
    case -EAGAIN:
        return true;
    default:
        return false;
    }
}

bool ask_wait(unsigned done, const struct credentials_patience *patience)
{
    uint64_t until_us = clock_monotonic_us() + arc4random_uniform((uint32_t)BASE_US << done);
    return until_us < patience->until_us && patience_wait(-1, until_us, patience->cancel_fd) == -ETIMEDOUT;
}

char *ask_failure(int status, const char *code, const char *message)
{
    struct text words = {0};
    text_format(&words, "HTTP %d", status);
    if (code || message) {
        text_add(&words, " (");
        if (code)
            text_add_escaped(&words, code, CODE_MAX);
        if (code && message)
            text_add(&words, ": ");
        if (message)
            text_add_escaped(&words, message, WORDS_MAX);
        text_add(&words, ")");
    }
    return text_take(&words);
}
