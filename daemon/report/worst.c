#include "report/worst.h"

#include <stdlib.h>
#include <string.h>

/* PART of WHOLE in thousandths, at most all of it. */
static uint64_t permille(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : part >= whole ? 1000 : part * 1000 / whole;
}

static enum round_result result_of(const struct entry *entry)
{
    if (entry->kind == ENTRY_ROUND)
        return entry->result;
    return entry_number(entry, NUMBER_FAILED_ROUNDS)  ? ROUND_FAILED
           : entry_number(entry, NUMBER_SHORT_ROUNDS) ? ROUND_SHORT
                                                      : ROUND_MET;
}

/* The rounds that an entry stands for: of a summary, those with its worst result. */
static uint32_t rounds_of(const struct entry *entry)
{
    static const enum entry_number counts[] = {[ROUND_FAILED] = NUMBER_FAILED_ROUNDS,
                                               [ROUND_SHORT] = NUMBER_SHORT_ROUNDS,
                                               [ROUND_MET] = NUMBER_MET_ROUNDS};
    return entry->kind == ENTRY_ROUND ? 1 : (uint32_t)entry_number(entry, counts[result_of(entry)]);
}

static uint32_t warm_of(const struct entry *entry, uint64_t target)
{
    if (entry->kind == ENTRY_ROUND)
        return (uint32_t)entry_warm(entry);
    uint64_t sent = entry_number(entry, NUMBER_SENT), ok = entry_number(entry, NUMBER_OK);
    return (uint32_t)(sent == 0 ? 0 : ok >= sent ? target : target * ok / sent);
}

uint64_t badness_of(const struct entry *entry, uint64_t target)
{
    uint64_t warm = warm_of(entry, target);
    uint64_t missing = permille(target - warm, target);
    uint64_t cold = permille(entry_number(entry, NUMBER_COLD), entry_number(entry, NUMBER_OK));
    return (uint64_t)(ROUND_MET - result_of(entry)) << 52 | missing << 42 | cold << 32 |
           entry_number(entry, NUMBER_P99_US);
}

static struct worst describe(const struct entry *entry, uint32_t endpoint, uint64_t target, uint64_t badness)
{
    struct worst worst = {
        .at_us = entry->at_us,
        .badness = badness,
        .endpoint = endpoint,
        .n = rounds_of(entry),
        .result = result_of(entry),
        .target = (uint32_t)target,
        .warm = warm_of(entry, target),
        .ok = (uint32_t)entry_number(entry, NUMBER_OK),
        .cold = (uint32_t)entry_number(entry, NUMBER_COLD),
        .cold_known = entry_knows(entry, NUMBER_COLD),
        .p99_us = (uint32_t)entry_number(entry, NUMBER_P99_US),
        .skew_us = (uint32_t)entry_number(entry, NUMBER_SKEW_US),
    };
    memcpy(worst.round, entry->round, sizeof worst.round);
    memcpy(worst.host, entry->host, sizeof worst.host);
    memcpy(worst.errors, entry->errors, sizeof worst.errors);
    return worst;
}

/* Moves the item at PLACE of a heap with the least bad on top down to where it belongs. */
static void sink(struct worst_list *list, size_t place)
{
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= list->n)
            return;
        if (child + 1 < list->n && list->data[child + 1].badness < list->data[child].badness)
            child++;
        if (list->data[place].badness <= list->data[child].badness)
            return;
        struct worst item = list->data[place];
        list->data[place] = list->data[child];
        list->data[child] = item;
        place = child;
    }
}

bool worst_add(struct worst_list *list, const struct entry *entry, uint32_t endpoint, uint64_t target)
{
    uint64_t badness = badness_of(entry, target);
    if (list->n == WORST_MOST) {
        if (badness <= list->data[0].badness)
            return true;
        list->data[0] = describe(entry, endpoint, target, badness);
        sink(list, 0);
        return true;
    }
    if (!list->data)
        list->data = calloc(WORST_MOST, sizeof *list->data);
    if (!list->data)
        return false;
    list->data[list->n++] = describe(entry, endpoint, target, badness);
    if (list->n == WORST_MOST)
        for (size_t i = list->n / 2; i-- > 0;)
            sink(list, i);
    return true;
}

static int worst_first(const void *a, const void *b)
{
    const struct worst *left = a, *right = b;
    if (left->badness != right->badness)
        return left->badness < right->badness ? 1 : -1;
    return (left->at_us < right->at_us) - (left->at_us > right->at_us);
}

void worst_sort(struct worst_list *list)
{
    if (list->n > 1)
        qsort(list->data, list->n, sizeof *list->data, worst_first);
}
