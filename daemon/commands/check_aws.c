#include "commands/check_aws.h"

#include "aws/offline.h"
#include "base/cleanup.h"
#include "plan/partition.h"

#include <stdio.h>
#include <string.h>

/* Whether an endpoint needs what the caller looks for. */
typedef bool needs_it(const struct endpoint *endpoint);

static bool is_signed(const struct endpoint *endpoint)
{
    return endpoint->enabled && endpoint->auth == AUTH_SIGV4;
}

static bool needs_region(const struct endpoint *endpoint)
{
    return is_signed(endpoint) && !endpoint->region;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether endpoint number I is the first with its profile and this need. */
static bool is_first(const struct plan *plan, size_t i, needs_it *needs)
{
    const struct endpoint *endpoint = &plan->endpoints[i];
    if (!needs(endpoint))
        return false;
    for (size_t j = 0; j < i; j++)
        if (needs(&plan->endpoints[j]) && is_same(plan->endpoints[j].profile, endpoint->profile))
            return false;
    return true;
}

static size_t count_others(const struct plan *plan, size_t first, needs_it *needs)
{
    size_t n = 0;
    for (size_t i = first + 1; i < plan->n_endpoints; i++)
        n +=
            needs(&plan->endpoints[i]) && is_same(plan->endpoints[i].profile, plan->endpoints[first].profile);
    return n;
}

static void warn(const struct plan *plan, size_t i, needs_it *needs, const char *what, const char *why,
                 const char *remedy)
{
    const struct endpoint *endpoint = &plan->endpoints[i];
    char others[48] = "";
    size_t n = count_others(plan, i, needs);
    if (n)
        snprintf(others, sizeof others, " and %zu more", n);
    fprintf(stderr, "%s:%u: warning: %s%s: %s (%s)%s\n", endpoint->source_file, endpoint->source_line,
            endpoint->name, others, what, why, remedy);
}

static void check_credentials(const struct plan *plan, size_t i)
{
    struct error why = {0};
    int result = credentials_are_known(plan->endpoints[i].profile, &why);
    if (result <= 0)
        warn(plan, i, is_signed,
             result < 0 ? "no AWS credentials are available here" : "no AWS credentials were found here",
             why.message, "; the service may get others from LoadCredential=aws:FILE");
}

static void check_region(const struct plan *plan, size_t i)
{
    struct error why = {0};
    CLEANUP_FREE char *region = NULL;
    int result = region_is_known(plan->endpoints[i].profile, &region, &why);
    if (result <= 0) {
        warn(plan, i, needs_region, "no region was found here", why.message, "; set region = \"…\"");
        return;
    }
    if (!region || !is_region(region) || region_is_plausible(region))
        return; /* text that can't be a region is refused when it is used */
    const char *near = region_suggestion(region);
    char hint[96] = "no region has a similar name", said[128];
    if (near)
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", near);
    snprintf(said, sizeof said, "AWS has no region '%s', which AWS_REGION or the profile sets", region);
    warn(plan, i, needs_region, said, hint, "");
}

void check_aws(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        if (is_first(plan, i, needs_region))
            check_region(plan, i);
        if (is_first(plan, i, is_signed))
            check_credentials(plan, i);
    }
}
