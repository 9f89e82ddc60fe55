#include "aws/ask.h"

#include "base/clock.h"
#include "base/redact.h"

#include <errno.h>

enum { WORDS_MAX = 160, CODE_MAX = 40 };

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

char *ask_failure(int status, char *code, char *message, const char *const *secrets, size_t n_secrets)
{
    for (size_t i = 0; i < n_secrets; i++) {
        redact_secret(code, secrets[i]);
        redact_secret(message, secrets[i]);
    }
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
