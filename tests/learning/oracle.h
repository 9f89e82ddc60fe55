/* Oracles: who knows each instance's lifetime, and its last use (but neither retirements nor what traffic
 * will come), and lets no instance that is wanted die idle, with as few requests as that takes. */
#ifndef WARMD_LEARNING_ORACLE_H
#define WARMD_LEARNING_ORACLE_H

#include "aws.h"

enum oracle_kind {
    ORACLE_VOLLEYS, /* sends volleys of `warm`, as anybody must whose requests can't choose their instance */
    ORACLE_ONE_BY_ONE /* reaches the one instance that would die next: nobody can */
};

struct oracle {
    struct aws *aws;
    enum oracle_kind kind;
    uint32_t warm;
    uint64_t pings;
};

struct oracle *oracle_new(struct aws *aws, enum oracle_kind kind, uint32_t warm);
void oracle_free(struct oracle *oracle);

#endif
