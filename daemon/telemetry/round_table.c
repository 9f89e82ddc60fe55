#include "telemetry/round_table.h"

#include "base/clock.h"
#include "base/text.h"
#include "telemetry/tell_round.h"

#include <inttypes.h>
#include <string.h>

static const char *number(char buffer[12], bool known, uint32_t value)
{
    if (!known)
        return "?";
    snprintf(buffer, 12, "%" PRIu32, value);
    return buffer;
}

static double ms(uint64_t duration_us)
{
    return (double)duration_us / (double)US_PER_MS;
}

static void print_row(FILE *out, const struct round *round, int width)
{
    char distinct[12], cold[12];
    CLEANUP_FREE char *causes = round_causes_text(round);
    fprintf(out, "%-*s  %-6s  %6" PRIu32 "  %6" PRIu32 "  %6" PRIu32 "  %8s  %5s  %6" PRIu32, width,
            round->endpoint, round_result_name(round->result), round->target, round->sent, round->ok,
            number(distinct, round->distinct_known, round->distinct),
            number(cold, round->cold_known, round->cold), round->peak);
    if (round->ok)
        fprintf(out, "  %8.1f  %8.1f  %8.1f", ms(round->skew_us), ms(round->p50_us), ms(round->p99_us));
    else
        fprintf(out, "  %8s  %8s  %8s", "-", "-", "-");
    fprintf(out, "%s%s\n", causes && *causes ? "  " : "", causes ? causes : "");
}

void round_table_print(FILE *out, struct round *const *rounds, size_t n)
{
    int width = (int)strlen("endpoint");
    for (size_t i = 0; i < n; i++)
        if ((int)strlen(rounds[i]->endpoint) > width)
            width = (int)strlen(rounds[i]->endpoint);
    fprintf(out, "%-*s  %-6s  %6s  %6s  %6s  %8s  %5s  %6s  %8s  %8s  %8s\n", width, "endpoint", "result",
            "target", "sent", "ok", "distinct", "cold", "peak", "skew ms", "p50 ms", "p99 ms");
    for (size_t i = 0; i < n; i++)
        print_row(out, rounds[i], width);
    for (size_t i = 0; i < n; i++) {
        CLEANUP_FREE char *detail = round_first_detail(rounds[i]);
        if (detail)
            fprintf(out, "%s: %s\n", rounds[i]->endpoint, detail);
    }
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Median and range of the latencies of those answers that were cold, or not. */
static void print_split(FILE *out, const struct round *round, enum coldness coldness, const char *label)
{
    CLEANUP_FREE uint64_t *latencies_us = calloc(round->n_samples + 1, sizeof *latencies_us);
    size_t n = 0;
    for (size_t i = 0; latencies_us && i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->outcome == OUTCOME_OK && sample->release_ns && sample->cold == coldness)
            latencies_us[n++] = (sample->end_ns - sample->release_ns) / NS_PER_US;
    }
    if (n == 0)
        return;
    qsort(latencies_us, n, sizeof *latencies_us, compare_numbers);
    fprintf(out, "  %-10s %zu answers, median %.1f ms, %.1f to %.1f ms\n", label, n, ms(latencies_us[n / 2]),
            ms(latencies_us[0]), ms(latencies_us[n - 1]));
}

void round_probe_print(FILE *out, const struct round *round, const char *url)
{
    CLEANUP_FREE char *causes = round_causes_text(round);
    CLEANUP_FREE char *detail = round_first_detail(round);
    CLEANUP_FREE char *why_unnamed = round_unnamed_text(round);
    bool spoken = round->http_version != HTTP_VERSION_AUTO;
    fprintf(out, "%s: %" PRIu32 " requests at once%s%s\n", url, round->sent, spoken ? " over HTTP/" : "",
            spoken ? http_version_name(round->http_version) : "");
    fprintf(out, "  answered   %" PRIu32 " as expected%s%s\n", round->ok, causes && *causes ? "; " : "",
            causes ? causes : "");
    if (detail)
        fprintf(out, "  why        %s\n", detail);
    if (round->distinct_known)
        fprintf(out, "  instances  %" PRIu32 " distinct\n", round->distinct);
    else if (round->ok)
        fprintf(out, "  instances  unproven: %s%s\n", why_unnamed ? "an answer " : "",
                why_unnamed ? why_unnamed : "the answers don't name theirs (X-Lambda-Instance)");
    if (round->cold_known)
        fprintf(out, "  cold       %" PRIu32 "\n", round->cold);
    if (round->peak)
        fprintf(out, "  in flight  %" PRIu32 " at one instant, released within %.2f ms\n", round->peak,
                ms(round->skew_us));
    if (round->ok)
        fprintf(out, "  latency    p50 %.1f ms, p99 %.1f ms, max %.1f ms\n", ms(round->p50_us),
                ms(round->p99_us), ms(round->max_us));
    if (round->cold_known) {
        print_split(out, round, COLD_NO, "warm");
        print_split(out, round, COLD_YES, "cold");
    }
}
