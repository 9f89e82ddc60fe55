/* The interval, learned: as long as few instances die of it. Pure.
 *
 * Idle times are classed by twentieths. For each class it is kept how many instances were seen to outlive it
 * and how many died in it, each instance once, and older evidence fades. The share that dies within a class,
 * of those that came to it, is
 *
 *     h = died / (died + survived + 4)
 *
 * (the 4 is good faith: one death among few proves little, and what has faded is worth another try), and the
 * share that doesn't live through an interval T is Kaplan's and Meier's estimate, F(T) = 1 − Π (1 − h) over
 * the classes up to T. T is good enough while F(T) ≤ 1/10: at most one new instance in ten dies young. Each
 * of the others retires after some 2 h anyway, so that such an interval adds at most a ninth to the cold
 * starts that no interval can avoid. */
#ifndef WARMD_DECIDE_LEARN_INTERVAL_H
#define WARMD_DECIDE_LEARN_INTERVAL_H

#include "plan/plan.h"

/* Class c begins at 1 s · 1.05^c; the first has all that is shorter, the last (from 4 h 33 min) all that is
 * longer. */
enum { EVIDENCE_CLASSES = 200 };

struct evidence {
    double survived[EVIDENCE_CLASSES];
    double died[EVIDENCE_CLASSES];
};

int evidence_class(uint64_t idle_us);
/* N instances that were known to survive BEFORE_US (0: nothing) have survived IDLE_US as well. */
void evidence_survived(struct evidence *evidence, uint64_t before_us, uint64_t idle_us, double n);
/* N of them have died within IDLE_US: somewhere between the two, but not more than a third below IDLE_US. A
 * negative N takes back. */
void evidence_died(struct evidence *evidence, uint64_t before_us, uint64_t idle_us, double n);
/* It halves in a day. */
void evidence_fade(struct evidence *evidence, uint64_t elapsed_us);
/* F at the end of CLASS. */
double evidence_loss(const struct evidence *evidence, int class);

/* What a round said of the instances that were seen before (decide/retention.h). */
struct retained {
    uint32_t survived; /* seen again */
    uint32_t died;     /* young, not seen again, and a cold start took the place */
    uint32_t refuted;  /* taken for dead in an earlier round, and back now */
    uint64_t idle_us;  /* for how long they had been idle; 0: there were none, or it isn't known */
};

struct learned_interval {
    struct evidence evidence;
    uint64_t interval_us; /* in force */
    uint32_t full_rounds; /* in a row without a death, at interval_us */
    double alarm;
    bool lost; /* some interval was found to be too long */
};

/* Begins with the endpoint's interval. */
void learn_interval_init(struct learned_interval *learned, const struct endpoint *endpoint);

/* Draws the conclusion from a round that said RETAINED, its evidence being in LEARNED already, and returns
 * the interval from now on, within the endpoint's bounds:
 *
 * - not good enough any more: the longest that is;
 * - good enough, and borne out: a class (a twentieth) more, if that is good enough by what is known of it;
 * two, as long as no interval was ever too long. Borne out is what five instances have come to, or four
 * rounds in a row without a death;
 * - so many deaths that lifetimes must have changed: all older evidence is forgotten, and the interval
 * becomes half of what killed, less a twentieth. This is decided by a sum of log likelihood ratios of "four
 * in five die" against "one in ten does" (a CUSUM, never below 0), when it exceeds 6: three deaths in a row,
 * or at once; or, of many, about half. */
uint64_t learn_interval(struct learned_interval *learned, const struct endpoint *endpoint,
                        const struct retained *retained);

/* After a reload: into the bounds. */
void learn_interval_clamp(struct learned_interval *learned, const struct endpoint *endpoint);

#endif
