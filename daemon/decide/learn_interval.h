/* The interval, learned: as long as it can be with few instances dying of it. Pure.
 *
 * Idle times are classed by twentieths. Each class counts how many instances were seen to outlive it (each
 * instance once) and how many were found dead after it; evidence halves in a day. Of those that outlive the
 * class before, the share that doesn't outlive class c is taken to be
 *
 *     h(c) = died / (died + survived + 4)
 *
 * (the 4 is good faith: one death among few proves little, and what has faded is worth another try), and the
 * share that doesn't outlive an interval of class c is the Kaplan-Meier estimate, F(c) = 1 − Π (1 − h) up to
 * c. The interval is good while F ≤ 1/10: at most one new instance in ten dies young. Each of the others
 * retires after about 2 h anyway, so this adds at most a ninth to the cold starts that no interval can avoid.
 * Nor may more than one instance in ten retire from one round to the next: with a life of 2 h, the interval
 * stops at 12 min, however long they live idle. */
#ifndef WARMD_DECIDE_LEARN_INTERVAL_H
#define WARMD_DECIDE_LEARN_INTERVAL_H

#include "plan/plan.h"

/* Class c begins at 1 s · 1.05^c; the first has everything shorter, the last (from 4 h 33 min) everything
 * longer. */
enum { LIFETIMES_CLASSES = 200 };

struct lifetimes {
    double survived[LIFETIMES_CLASSES];
    double died[LIFETIMES_CLASSES];
    double retired;     /* instances, of old age */
    double instance_us; /* in which they did: instances × time */
};

int lifetimes_class(uint64_t idle_us);
/* N instances that were known to survive BEFORE_US (0: nothing) have survived IDLE_US as well. */
void lifetimes_survived(struct lifetimes *lifetimes, uint64_t before_us, uint64_t idle_us, double n);
/* N were found dead after IDLE_US; a negative N takes deaths back. */
void lifetimes_died(struct lifetimes *lifetimes, uint64_t idle_us, double n);
/* It halves in a day. */
void lifetimes_fade(struct lifetimes *lifetimes, uint64_t elapsed_us);
/* The interval in which one instance in ten retires; UINT64_MAX: too few have. */
uint64_t lifetimes_retirement_us(const struct lifetimes *lifetimes);
/* F at the end of CLASS. */
double lifetimes_loss(const struct lifetimes *lifetimes, int class);

/* What a round said about the instances that were seen before (decide/retention.h). */
struct retained {
    uint32_t survived; /* seen again */
    uint32_t died;     /* young, not seen again, and a cold start took the place */
    uint32_t refuted;  /* taken for dead in an earlier round, and back now */
    uint32_t retired;  /* the same as died, but old, or of unknown age */
    uint32_t expected; /* that the previous round had seen */
    uint64_t idle_us;  /* for how long they had been idle; 0: there were none, or it isn't known */
};

struct learned_interval {
    struct lifetimes lifetimes;
    uint64_t interval_us; /* in force */
    uint32_t rounds;      /* that said something since interval_us came into force */
    uint32_t full_rounds; /* of these, the last ones in a row without a death */
    double alarm;
    bool lost;    /* some interval was found to be too long */
    bool settled; /* and the last such one gave way to a proven one */
};

/* Begins with the endpoint's interval. */
void learn_interval_init(struct learned_interval *learned, const struct endpoint *endpoint);

/* Learns from a round that said RETAINED, whose evidence is already in LEARNED, and returns the interval from
 * now on, within the endpoint's bounds.
 *
 * If it is no longer good: the longest one that is good and proven (outlived by five instances, or by a
 * quarter of a fleet of fewer than twenty), or two thirds of this one, if that is longer.
 *
 * If it is good and borne out: a class (a twentieth) longer, if that is good as far as known. It is borne out
 * if five have outlived it, or four rounds in a row saw no death. Until some interval was too long, it grows
 * by two classes at a time; once it has fallen back on a proven one, a step takes six rounds as well.
 *
 * If it is proven, but so many die that lifetimes must have changed: all older evidence is forgotten, and the
 * interval becomes half of what killed, less a twentieth. A sum of log likelihood ratios of "four in five
 * die" against "one in ten does" (a CUSUM, never below 0) decides: over 6, they have changed. That takes
 * three deaths in a row or at once; of many, about half. */
uint64_t learn_interval(struct learned_interval *learned, const struct endpoint *endpoint,
                        const struct retained *retained);

/* After a reload: brings the interval into the bounds. */
void learn_interval_clamp(struct learned_interval *learned, const struct endpoint *endpoint);

#endif
