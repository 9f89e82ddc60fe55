#include "dates.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct tm parts_of(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    return parts;
}

void date_rfc3339(char text[DATE_TEXT], int64_t ms)
{
    char whole[DATE_TEXT];
    struct tm parts = parts_of(ms);
    strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, DATE_TEXT, "%.30s.%03dZ", whole, (int)(ms % 1000));
}

void date_seconds(char text[DATE_TEXT], int64_t ms)
{
    struct tm parts = parts_of(ms);
    strftime(text, DATE_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void date_amz(char text[DATE_TEXT], int64_t ms)
{
    struct tm parts = parts_of(ms);
    strftime(text, DATE_TEXT, "%Y%m%dT%H%M%SZ", &parts);
}

bool date_parse_amz(const char *text, int64_t *ret_ms)
{
    struct tm parts = {0};
    const char *end = strlen(text) == 16 ? strptime(text, "%Y%m%dT%H%M%SZ", &parts) : NULL;
    if (!end || *end)
        return false;
    *ret_ms = (int64_t)timegm(&parts) * 1000;
    return true;
}

/* Uses no locale's names, because no locale is set. */
void date_http(char text[DATE_TEXT], int64_t ms)
{
    struct tm parts = parts_of(ms);
    strftime(text, DATE_TEXT, "%a, %d %b %Y %H:%M:%S GMT", &parts);
}
