/* The last of an invocation's log, which the Invoke API sends along: what AWS reports of the invocation, and
 * the line of a warmer. Pure. */
#ifndef WARMD_PROTOCOL_LOG_TAIL_H
#define WARMD_PROTOCOL_LOG_TAIL_H

#include "base/text.h"
#include "record/sample.h"

enum {
    LOG_TAIL_MAX = 16384,  /* bytes that are looked at, the last ones */
    LOG_TAIL_WHOLE = 4096, /* what AWS sends at most: a tail of that length may have lost its beginning */
};

struct log_tail {
    /* Of the REPORT line, as text or (where the function logs in JSON) as a platform.report; 0: not in it. */
    bool reported;
    bool initialised; /* before it: by the report's own word, or by a line of the initialisation's. One that
                         failed or took over 10 s is run again within the invocation, and the report then says
                         nothing of it */
    bool cut;         /* it may have begun with more lines */
    uint32_t init_us;
    uint32_t restore_us;
    uint32_t billed_us; /* of the invocation and of a restore */
    /* Of the line that lambda-warmer or lambda-warmer-py logs. */
    char *instance;     /* NULL: it says none; owned by the holder */
    enum coldness cold; /* as the warmer has it */
};

/* Reads X-Amz-Log-Result, ENCODED in base64. REQUEST_ID is the answer's, NULL where unknown: lambda-warmer-py
 * gives the request's id for the instance's, which would prove any number of instances, so it is no id. What
 * can't be read is left out; 0 even then, or -ENOMEM. */
int log_tail_read(const char *encoded, const char *request_id, struct log_tail *ret_tail);
/* As the report and what stands before it have it: a new instance was initialised or restored, or none was.
 * Unknown without a report, and where the lines that would say it may be cut off. */
enum coldness log_tail_reported_cold(const struct log_tail *tail);
void log_tail_free(struct log_tail *tail);

#endif
