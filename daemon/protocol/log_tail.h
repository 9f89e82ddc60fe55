/* The end of an invocation's log, which the Invoke API returns: AWS's report of the invocation, and a
 * warmer's line. Pure. */
#ifndef WARMD_PROTOCOL_LOG_TAIL_H
#define WARMD_PROTOCOL_LOG_TAIL_H

#include "base/text.h"
#include "record/sample.h"

enum {
    LOG_TAIL_MAX = 16384,  /* bytes we look at, from the end */
    LOG_TAIL_WHOLE = 4096, /* the most that AWS sends: a tail of that length may have lost its beginning */
};

struct log_tail {
    /* From the REPORT line, as text or (if the function logs in JSON) as a platform.report; 0: not in it. */
    bool reported;
    bool initialised; /* before it: the report says so, or a line of the initialisation does. One that failed
                       * or took over 10 s is run again within the invocation, and the report then doesn't
                       * mention it */
    bool cut;         /* lines at its beginning may be missing */
    uint32_t init_us;
    uint32_t restore_us;
    uint32_t billed_us; /* of the invocation and of a restore */
    /* From the line that lambda-warmer or lambda-warmer-py logs. */
    char *instance;     /* NULL: the line names none; owned by the holder */
    enum coldness cold; /* as the warmer reports it */
};

/* Reads X-Amz-Log-Result, ENCODED in base64. REQUEST_ID is the answer's, NULL if unknown: lambda-warmer-py
 * reports the request's id as the instance's, which would prove any number of instances, so it doesn't count.
 * What can't be read is left out; 0 even then, or -ENOMEM. */
int log_tail_read(const char *encoded, const char *request_id, struct log_tail *ret_tail);
/* From the report and the lines before it: was a new instance initialised or restored, or none? Unknown
 * without a report, and if the lines that would say so may be cut off. */
enum coldness log_tail_reported_cold(const struct log_tail *tail);
void log_tail_free(struct log_tail *tail);

#endif
