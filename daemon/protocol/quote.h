/* What a stranger said, as one line that may be shown: without secrets, cut to SAMPLE_DETAIL_MAX, to be
 * escaped where it is shown. Pure. */
#ifndef WARMD_PROTOCOL_QUOTE_H
#define WARMD_PROTOCOL_QUOTE_H

#include "base/json_pointer.h"
#include "base/redact.h"
#include "base/text.h"

/* TEXT, which must be as it was received, as a new string of the caller's. NULL where nothing may be quoted
 * (see base/redact.h), nothing but white space is in it, or memory ran out. */
char *quote_line(const struct redactor *redactor, const char *text);

/* What an error's BODY says: the message of DOCUMENT, which it is if it is JSON (else NULL); the title of a
 * page of HTML; or just its beginning. As received, as a new string; NULL: it says nothing, or memory ran
 * out. */
char *quote_body(const struct text *body, const struct json_document *document);

#endif
