#include "protocol/answer.h"

#include "base/json_pointer.h"

#include <string.h>
#include <strings.h>

static enum coldness parse_cold(const char *text)
{
    if (strcmp(text, "1") == 0 || strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0)
        return COLD_YES;
    if (strcmp(text, "0") == 0 || strcasecmp(text, "false") == 0 || strcasecmp(text, "no") == 0)
        return COLD_NO;
    return COLD_UNKNOWN;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The header's value as a new string if LINE is a header of that NAME and the value is not empty, else NULL.
 */
static char *header_value(const char *name, const char *line, size_t length)
{
    size_t name_length = strlen(name);
    if (length <= name_length || line[name_length] != ':' || strncasecmp(line, name, name_length) != 0)
        return NULL;
    const char *start = line + name_length + 1;
    const char *end = line + length;
    while (start < end && is_space(*start))
        start++;
    while (end > start && is_space(end[-1]))
        end--;
    size_t value_length = (size_t)(end - start);
    return value_length ? strndup(start, value_length) : NULL;
}

/* An id is compared, stored and shown: longer ones than INSTANCE_ID_MAX are cut, the same way each time. */
static void set_instance(struct answer *answer, char *value)
{
    if (value && strlen(value) > INSTANCE_ID_MAX)
        value[INSTANCE_ID_MAX] = '\0';
    free(answer->instance);
    answer->instance = value;
}

void answer_take_header(struct answer *answer, const struct endpoint *endpoint, const char *line,
                        size_t length)
{
    if (endpoint->instance.kind == EXTRACT_HEADER) {
        char *value = header_value(endpoint->instance.name, line, length);
        if (value)
            set_instance(answer, value);
    }
    if (endpoint->cold.kind == EXTRACT_HEADER) {
        CLEANUP_FREE char *value = header_value(endpoint->cold.name, line, length);
        if (value)
            answer->cold = parse_cold(value);
    }
}

void answer_restart(struct answer *answer)
{
    set_instance(answer, NULL);
    answer->cold = COLD_UNKNOWN;
}

bool answer_take_body(struct answer *answer, const struct endpoint *endpoint, const char *bytes,
                      size_t length)
{
    bool kept = endpoint->instance.kind == EXTRACT_JSON || endpoint->cold.kind == EXTRACT_JSON;
    answer->length += length;
    if (kept && answer->length <= ANSWER_KEPT_MAX)
        text_add_bytes(&answer->body, bytes, length);
    return answer->length <= ANSWER_LENGTH_MAX;
}

static void read_body(struct answer *answer, const struct endpoint *endpoint)
{
    if (answer->body.failed || answer->length > ANSWER_KEPT_MAX)
        return;
    if (endpoint->instance.kind == EXTRACT_JSON)
        set_instance(answer,
                     json_pointer_text(answer->body.data, answer->body.length, endpoint->instance.name));
    if (endpoint->cold.kind == EXTRACT_JSON) {
        CLEANUP_FREE char *cold =
            json_pointer_text(answer->body.data, answer->body.length, endpoint->cold.name);
        answer->cold = cold ? parse_cold(cold) : COLD_UNKNOWN;
    }
}

static bool is_expected(const struct endpoint *endpoint, int status)
{
    for (size_t i = 0; i < endpoint->n_expect; i++)
        if (status >= endpoint->expect[i].low && status <= endpoint->expect[i].high)
            return true;
    return false;
}

void answer_finish(struct answer *answer, const struct endpoint *endpoint, struct sample *sample)
{
    if (answer->body.data)
        read_body(answer, endpoint);
    if (is_expected(endpoint, sample->status)) {
        sample->outcome = OUTCOME_OK;
        sample->cause = CAUSE_NONE;
    } else if (sample->status == 429) {
        sample->outcome = OUTCOME_THROTTLED;
        sample->cause = CAUSE_THROTTLED;
    } else {
        sample->outcome = OUTCOME_FAILED;
        sample->cause = sample->status >= 300 && sample->status < 400 ? CAUSE_REDIRECT : CAUSE_STATUS;
    }
    free(sample->instance);
    sample->instance = answer->instance;
    answer->instance = NULL;
    sample->cold = answer->cold;
}

void answer_free(struct answer *answer)
{
    free(answer->instance);
    text_free(&answer->body);
    *answer = (struct answer){0};
}
