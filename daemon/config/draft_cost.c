/* What an endpoint's rounds cost: memory_mb, arch, budget. */
#include "config/draft.h"

#define BUDGET_MAX_USD 1e6
/* What Lambda offers. */
enum { MEMORY_MIN_MB = 128, MEMORY_MAX_MB = 10240 };

bool draft_read_memory(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    return read_integer(draft->reader, setting, MEMORY_MIN_MB, MEMORY_MAX_MB, &draft->endpoint.memory_mb);
}

bool draft_read_arch(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    static const struct choice architectures[] = {{"x86_64", ARCHITECTURE_X86_64},
                                                  {"arm64", ARCHITECTURE_ARM64}};
    int value = ARCHITECTURE_X86_64;
    bool right = read_choice(draft->reader, setting, architectures, COUNT_OF(architectures), &value);
    draft->endpoint.arch = (enum architecture)value;
    return right;
}

bool draft_read_budget(struct draft *draft, enum endpoint_key key, const config_setting_t *setting)
{
    (void)key;
    double usd = 0;
    if (!read_amount(draft->reader, setting, BUDGET_MAX_USD, &usd))
        return false;
    if (usd == 0)
        return reader_mistake(draft->reader, setting,
                              "budget = 0 would keep nothing warm (leave budget out for no limit)");
    draft->endpoint.budget_usd = usd;
    return true;
}
