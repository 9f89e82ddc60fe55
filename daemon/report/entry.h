/* One entry of the journal, as the report needs it: read field by field, whoever wrote it. Pure. */
#ifndef WARMD_REPORT_ENTRY_H
#define WARMD_REPORT_ENTRY_H

#include "plan/plan.h"
#include "record/round.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kinds of entries that the report reads; all others are left where they are. */
enum entry_kind {
    ENTRY_OTHER,
    ENTRY_ROUND,
    ENTRY_SUMMARY,
#define NOTABLE(kind, name, flag) ENTRY_##kind,
#include "report/notable.def"
#undef NOTABLE
    ENTRY_KINDS,
};

/* "round", "reload-rejected", …: the value of WARM_EVENT; NULL for ENTRY_OTHER. */
const char *entry_kind_name(enum entry_kind kind);
/* In one word, for people: "deploy", "reload"; NULL for what isn't notable. */
const char *entry_kind_flag(enum entry_kind kind);

enum entry_number {
    NUMBER_TARGET,
    NUMBER_SENT,
    NUMBER_OK,
    NUMBER_FAILED,
    NUMBER_THROTTLED,
    NUMBER_DISTINCT,
    NUMBER_COLD,
    NUMBER_RETIRED,
    NUMBER_SKEW_US,
    NUMBER_P50_US,
    NUMBER_P99_US,
    NUMBER_MAX_US,
    NUMBER_INTERVAL_US,
    NUMBER_COST_MICROUSD,
    NUMBER_PROVISIONED_MICROUSD, /* of an hour of provisioned concurrency for the target */
    NUMBER_FORMER,
    NUMBER_CHANGES,  /* 1: the rounds like it that follow have no entry but a summary's */
    NUMBER_UNTIL_US, /* of a rest: CLOCK_REALTIME of its end */
    NUMBER_SINCE_US, /* from here on of summaries: CLOCK_REALTIME of the first round's end */
    NUMBER_ROUNDS,
    NUMBER_MET_ROUNDS,
    NUMBER_SHORT_ROUNDS,
    NUMBER_FAILED_ROUNDS,
    ENTRY_NUMBERS,
};

enum { ENTRY_ERRORS_MAX = 160, ENTRY_MESSAGE_MAX = 240, ENTRY_HOST_MAX = 64 };

/* All texts are safe to print: checked, or escaped as base/text.h does. */
struct entry {
    uint64_t at_us; /* CLOCK_REALTIME */
    enum entry_kind kind;
    char endpoint[PLAN_NAME_MAX + 1]; /* "": of none */
    char round[ROUND_ID_TEXT];        /* "": not known */
    enum round_result result;         /* of a round */
    uint32_t known;                   /* a bit for each number */
    uint64_t numbers[ENTRY_NUMBERS];
    char errors[ENTRY_ERRORS_MAX + 4];   /* "3 refused, 1 http-503"; "": none */
    char message[ENTRY_MESSAGE_MAX + 4]; /* of an event; "" for rounds */
    char host[ENTRY_HOST_MAX + 4];       /* the machine that wrote it; "": not known */
    bool has_result, is_misnamed;        /* while it is read */
};

/* Begins ENTRY, written at AT_US. */
void entry_begin(struct entry *entry, uint64_t at_us);
/* Reads one field, the LENGTH bytes "NAME=value" at DATA; unknown names and values that can't be meant are
 * passed over. */
void entry_field(struct entry *entry, const char *data, size_t length);
/* Fills in what other versions leave out and follows from the rest (a round's result). False: the entry is
 * about a round or an endpoint, but doesn't say enough to count it. */
bool entry_finish(struct entry *entry);

bool entry_knows(const struct entry *entry, enum entry_number number);
/* 0 where it isn't known. */
uint64_t entry_number(const struct entry *entry, enum entry_number number);
/* Instances that the round found warm: distinct ones where proven, else as many as answered as expected;
 * never more than its target. */
uint64_t entry_warm(const struct entry *entry);

#endif
