#include "decide/condition.h"

const char *condition_name(enum condition condition)
{
    static const char *const names[CONDITIONS] = {
        [CONDITION_OK] = "ok",
        [CONDITION_SHORT] = "short",
        [CONDITION_FAILING] = "failing",
        [CONDITION_THROTTLED] = "throttled",
        [CONDITION_RESTING] = "resting",
        [CONDITION_BUDGET] = "budget",
        [CONDITION_ELSEWHERE] = "elsewhere",
    };
    return names[condition];
}

bool condition_is_trouble(enum condition condition)
{
    return condition == CONDITION_FAILING || condition == CONDITION_SHORT;
}

enum condition condition_of(const struct policy_state *policy, const struct throttle *throttle,
                            uint32_t wanted, uint32_t warm, bool affordable, uint64_t now_real_us)
{
    if (wanted == 0)
        return CONDITION_RESTING;
    if (!affordable)
        return CONDITION_BUDGET;
    if (policy->failing.rounds > 0)
        return CONDITION_FAILING;
    if (throttle && (throttle->share < 1 || throttle_wait_us(throttle, now_real_us) > 0))
        return CONDITION_THROTTLED;
    return warm < wanted ? CONDITION_SHORT : CONDITION_OK;
}
