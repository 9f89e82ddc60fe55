#include "report/entry.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

enum {
    COUNT_MOST = 1000000, /* requests of a round: far above the attempts' sum */
    ROUNDS_MOST = 20000,  /* of a summary: of an hour */
};
#define DAY_US (24 * UINT64_C(3600000000))

/* Larger values can't be meant: sums of these don't overflow. */
#define FIELD(name) name, sizeof(name) - 1
static const struct {
    const char *field;
    size_t length;
    uint64_t most;
} numbers[ENTRY_NUMBERS] = {
    [NUMBER_TARGET] = {FIELD("TARGET"), COUNT_MOST},
    [NUMBER_SENT] = {FIELD("SENT"), UINT32_MAX},
    [NUMBER_OK] = {FIELD("OK"), UINT32_MAX},
    [NUMBER_FAILED] = {FIELD("FAILED"), UINT32_MAX},
    [NUMBER_THROTTLED] = {FIELD("THROTTLED"), UINT32_MAX},
    [NUMBER_DISTINCT] = {FIELD("DISTINCT"), COUNT_MOST},
    [NUMBER_COLD] = {FIELD("COLD"), UINT32_MAX},
    [NUMBER_RETIRED] = {FIELD("RETIRED"), COUNT_MOST},
    [NUMBER_SKEW_US] = {FIELD("SKEW_USEC"), UINT32_MAX},
    [NUMBER_P50_US] = {FIELD("P50_USEC"), UINT32_MAX},
    [NUMBER_P99_US] = {FIELD("P99_USEC"), UINT32_MAX},
    [NUMBER_MAX_US] = {FIELD("MAX_USEC"), UINT32_MAX},
    [NUMBER_INTERVAL_US] = {FIELD("INTERVAL_USEC"), 366 * DAY_US},
    [NUMBER_COST_MICROUSD] = {FIELD("COST_MICROUSD"), UINT64_C(1000000000000)},
    [NUMBER_PROVISIONED_MICROUSD] = {FIELD("PROVISIONED_MICROUSD"), UINT64_C(1000000000000)},
    [NUMBER_FORMER] = {FIELD("FORMER"), 1},
    [NUMBER_CHANGES] = {FIELD("CHANGES"), 1},
    [NUMBER_UNTIL_US] = {FIELD("UNTIL_USEC"), INT64_MAX},
    [NUMBER_SINCE_US] = {FIELD("SINCE_USEC"), INT64_MAX},
    [NUMBER_ROUNDS] = {FIELD("ROUNDS"), ROUNDS_MOST},
    [NUMBER_MET_ROUNDS] = {FIELD("MET"), ROUNDS_MOST},
    [NUMBER_SHORT_ROUNDS] = {FIELD("SHORT"), ROUNDS_MOST},
    [NUMBER_FAILED_ROUNDS] = {FIELD("FAILED_ROUNDS"), ROUNDS_MOST},
};

static const struct {
    const char *name, *flag;
} kinds[ENTRY_KINDS] = {
    [ENTRY_ROUND] = {"round", NULL},
    [ENTRY_SUMMARY] = {"summary", NULL},
#define NOTABLE(kind, name, flag) [ENTRY_##kind] = {name, flag},
#include "report/notable.def"
#undef NOTABLE
};

const char *entry_kind_name(enum entry_kind kind)
{
    return kinds[kind].name;
}

const char *entry_kind_flag(enum entry_kind kind)
{
    return kinds[kind].flag;
}

void entry_begin(struct entry *entry, uint64_t at_us)
{
    entry->at_us = at_us;
    entry->kind = ENTRY_OTHER;
    entry->result = ROUND_FAILED;
    entry->known = 0;
    entry->has_result = entry->is_misnamed = false;
    entry->endpoint[0] = entry->round[0] = entry->errors[0] = entry->message[0] = entry->host[0] = '\0';
}

/* A field's value, which doesn't end with a NUL. */
struct value {
    const char *text;
    size_t length;
};

static bool is(struct value value, const char *text)
{
    return value.length == strlen(text) && memcmp(value.text, text, value.length) == 0;
}

static void copy(struct value value, char *target, size_t most)
{
    size_t length = value.length < most ? value.length : most;
    memcpy(target, value.text, length);
    target[length] = '\0';
}

/* In the place of what TARGET has, at most MOST bytes of it that are safe to print. */
static void make_safe(char *target, size_t most)
{
    CLEANUP_FREE char *safe = text_escape(target, most);
    size_t length = safe ? strlen(safe) : 0;
    if (length > most) {
        for (length = most; length > 0 && ((unsigned char)safe[length] & 0xc0) == 0x80;)
            length--;
    }
    if (safe)
        memcpy(target, safe, length);
    target[length] = '\0';
}

static void read_kind(struct entry *entry, struct value value)
{
    for (enum entry_kind kind = ENTRY_ROUND; kind < ENTRY_KINDS; kind++)
        if (is(value, kinds[kind].name)) {
            entry->kind = kind;
            return;
        }
}

static void read_result(struct entry *entry, struct value value)
{
    for (enum round_result result = ROUND_FAILED; result <= ROUND_MET; result++)
        if (is(value, round_result_names[result])) {
            entry->result = result;
            entry->has_result = true;
        }
}

static void read_endpoint(struct entry *entry, struct value value)
{
    copy(value, entry->endpoint, PLAN_NAME_MAX);
    if (value.length <= PLAN_NAME_MAX &&
        text_consists_of(entry->endpoint, LETTERS DIGITS "._-", PLAN_NAME_MAX))
        return;
    entry->endpoint[0] = '\0';
    entry->is_misnamed = true;
}

static void read_round(struct entry *entry, struct value value)
{
    copy(value, entry->round, ROUND_ID_TEXT - 1);
    if (value.length != ROUND_ID_TEXT - 1 ||
        !text_consists_of(entry->round, DIGITS "abcdefABCDEF", ROUND_ID_TEXT - 1))
        entry->round[0] = '\0';
}

static void read_number(struct entry *entry, enum entry_number which, struct value value)
{
    enum { DIGITS_MOST = 18 };
    uint64_t number = 0;
    if (value.length == 0 || value.length > DIGITS_MOST)
        return;
    for (size_t i = 0; i < value.length; i++) {
        if (value.text[i] < '0' || value.text[i] > '9')
            return;
        number = 10 * number + (uint64_t)(value.text[i] - '0');
    }
    if (number > numbers[which].most)
        return;
    entry->numbers[which] = number;
    entry->known |= UINT32_C(1) << which;
}

/* NAME without WARM_. */
static void read_warm_field(struct entry *entry, struct value name, struct value value)
{
    for (enum entry_number which = 0; which < ENTRY_NUMBERS; which++)
        if (name.length == numbers[which].length &&
            memcmp(name.text, numbers[which].field, name.length) == 0) {
            read_number(entry, which, value);
            return;
        }
    if (is(name, "EVENT"))
        read_kind(entry, value);
    else if (is(name, "ENDPOINT"))
        read_endpoint(entry, value);
    else if (is(name, "RESULT"))
        read_result(entry, value);
    else if (is(name, "ROUND"))
        read_round(entry, value);
    else if (is(name, "ERRORS"))
        copy(value, entry->errors, ENTRY_ERRORS_MAX);
}

void entry_field(struct entry *entry, const char *data, size_t length)
{
    static const char warm[] = "WARM_", message[] = "MESSAGE=", host[] = "_HOSTNAME=";
    const char *equals = memchr(data, '=', length);
    if (!equals)
        return;
    struct value value = {equals + 1, length - (size_t)(equals + 1 - data)};
    if (length > sizeof warm && memcmp(data, warm, sizeof warm - 1) == 0) {
        const char *name = data + sizeof warm - 1;
        read_warm_field(entry, (struct value){name, (size_t)(equals - name)}, value);
    } else if (length >= sizeof message && memcmp(data, message, sizeof message - 1) == 0) {
        copy(value, entry->message, ENTRY_MESSAGE_MAX);
    } else if (length >= sizeof host && memcmp(data, host, sizeof host - 1) == 0) {
        copy(value, entry->host, ENTRY_HOST_MAX);
    }
}

bool entry_knows(const struct entry *entry, enum entry_number number)
{
    return entry->known >> number & 1;
}

uint64_t entry_number(const struct entry *entry, enum entry_number number)
{
    return entry_knows(entry, number) ? entry->numbers[number] : 0;
}

/* As decide/verdict.h has it: distinct instances where that is proven. */
uint64_t entry_warm(const struct entry *entry)
{
    uint64_t warm = entry_number(entry, entry_knows(entry, NUMBER_DISTINCT) ? NUMBER_DISTINCT : NUMBER_OK);
    uint64_t target = entry_number(entry, NUMBER_TARGET);
    return warm < target ? warm : target;
}

static bool finish_round(struct entry *entry)
{
    if (entry->has_result)
        return true;
    if (!entry_knows(entry, NUMBER_TARGET) ||
        !(entry_knows(entry, NUMBER_OK) || entry_knows(entry, NUMBER_DISTINCT)))
        return false;
    uint64_t warm = entry_warm(entry);
    entry->result = warm >= entry->numbers[NUMBER_TARGET] ? ROUND_MET : warm > 0 ? ROUND_SHORT : ROUND_FAILED;
    return true;
}

static bool finish_summary(struct entry *entry)
{
    uint64_t sum = entry_number(entry, NUMBER_MET_ROUNDS) + entry_number(entry, NUMBER_SHORT_ROUNDS) +
                   entry_number(entry, NUMBER_FAILED_ROUNDS);
    entry->numbers[NUMBER_ROUNDS] = sum;
    entry->known |= UINT32_C(1) << NUMBER_ROUNDS;
    uint64_t since_us = entry_number(entry, NUMBER_SINCE_US); /* by a clock that was perhaps set meanwhile */
    if (since_us > entry->at_us || entry->at_us - since_us > DAY_US)
        entry->numbers[NUMBER_SINCE_US] =
            entry->at_us > US_PER_HOUR ? entry->at_us - US_PER_HOUR : 0; /* they are told each hour */
    entry->known |= UINT32_C(1) << NUMBER_SINCE_US;
    return sum > 0;
}

bool entry_finish(struct entry *entry)
{
    bool counts = entry->kind == ENTRY_ROUND || entry->kind == ENTRY_SUMMARY;
    if (entry->kind == ENTRY_OTHER || entry->is_misnamed || (counts && !entry->endpoint[0]))
        return false;
    if (entry->host[0] && !text_consists_of(entry->host, LETTERS DIGITS "._-", ENTRY_HOST_MAX))
        make_safe(entry->host, ENTRY_HOST_MAX);
    if (entry->errors[0])
        make_safe(entry->errors, ENTRY_ERRORS_MAX);
    if (counts)
        entry->message[0] = '\0';
    else
        make_safe(entry->message, ENTRY_MESSAGE_MAX);
    return !counts || (entry->kind == ENTRY_ROUND ? finish_round(entry) : finish_summary(entry));
}
