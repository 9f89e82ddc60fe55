#include "plan/plan.h"

#include "base/require.h"
#include "base/secret.h"

#include <string.h>

struct plan *plan_new(void)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan) {
        plan->refs = 1;
        plan->daemon.prices = (struct price_overrides){-1, -1, -1, -1, -1, -1};
    }
    return plan;
}

struct plan *plan_ref(struct plan *plan)
{
    unsigned before = __atomic_fetch_add(&plan->refs, 1, __ATOMIC_RELAXED);
    REQUIRE(before > 0);
    return plan;
}

void endpoint_free(struct endpoint *endpoint)
{
    for (size_t i = 0; i < endpoint->n_headers; i++)
        free(endpoint->headers[i]);
    free(endpoint->headers);
    free(endpoint->name);
    free(endpoint->url);
    free(endpoint->function);
    free(endpoint->qualifier);
    free(endpoint->region);
    free(endpoint->tenant_id);
    free(endpoint->profile);
    free(endpoint->endpoint_url);
    free(endpoint->service);
    free(endpoint->windows);
    free(endpoint->method);
    free(endpoint->body);
    free(endpoint->expect);
    free(endpoint->instance.name);
    free(endpoint->cold.name);
    free(endpoint->ca_file);
    free(endpoint->client_cert);
    free(endpoint->client_key);
    free(endpoint->source_file);
}

static void free_secret(struct secret *secret)
{
    secret_free(secret->value);
    free(secret->name);
}

void plan_unref(struct plan *plan)
{
    unsigned before = plan ? __atomic_fetch_sub(&plan->refs, 1, __ATOMIC_ACQ_REL) : 0;
    REQUIRE(!plan || before > 0);
    if (before != 1)
        return;
    names_free(&plan->names);
    for (size_t i = 0; i < plan->n_endpoints; i++)
        endpoint_free(&plan->endpoints[i]);
    for (size_t i = 0; i < plan->n_secrets; i++)
        free_secret(&plan->secrets[i]);
    free(plan->endpoints);
    free(plan->secrets);
    free(plan->daemon.timezone);
    free(plan->daemon.metrics_file);
    for (size_t i = 0; i < plan->n_files; i++)
        free(plan->files[i]);
    free(plan->files);
    free(plan->path);
    free(plan);
}

int plan_add(struct plan *plan, const struct endpoint *endpoint)
{
    int result = names_find(&plan->names, endpoint->name) == NAMES_NONE
                     ? names_put(&plan->names, endpoint->name, plan->n_endpoints)
                     : 0;
    if (result == 0)
        plan->endpoints[plan->n_endpoints++] = *endpoint;
    return result;
}

const struct endpoint *plan_find(const struct plan *plan, const char *name)
{
    size_t place = names_find(&plan->names, name);
    REQUIRE(place == NAMES_NONE || place < plan->n_endpoints);
    if (place != NAMES_NONE)
        return &plan->endpoints[place];
    if (plan->names.root)
        return NULL;
    for (size_t i = 0; i < plan->n_endpoints; i++)
        if (strcmp(plan->endpoints[i].name, name) == 0)
            return &plan->endpoints[i];
    return NULL;
}

const char *plan_secret(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->n_secrets; i++)
        if (strcmp(plan->secrets[i].name, name) == 0)
            return plan->secrets[i].value;
    return NULL;
}

size_t plan_enabled(const struct plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n_endpoints; i++)
        n += plan->endpoints[i].enabled;
    return n;
}

uint32_t endpoint_most_warm(const struct endpoint *endpoint)
{
    uint32_t most = endpoint->warm;
    for (size_t i = 0; i < endpoint->n_windows; i++)
        most = endpoint->windows[i].warm > most ? endpoint->windows[i].warm : most;
    return most;
}

uint64_t plan_instances(const struct plan *plan)
{
    uint64_t instances = 0;
    for (size_t i = 0; i < plan->n_endpoints; i++)
        if (plan->endpoints[i].enabled)
            instances += endpoint_most_warm(&plan->endpoints[i]);
    return instances;
}

const char *const http_version_names[HTTP_VERSION_2 + 1] = {"auto", "1.1", "2"};
