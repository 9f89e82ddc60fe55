/* A stranger's text, as one line that may be shown: without secrets, cut to SAMPLE_DETAIL_MAX, to be escaped
 * when shown. Pure. */
#ifndef WARMD_PROTOCOL_QUOTE_H
#define WARMD_PROTOCOL_QUOTE_H

#include "base/json.h"
#include "base/redact.h"
#include "base/text.h"

/* TEXT, which must be as received, as a new string for the caller. NULL if nothing may be quoted (see
 * base/redact.h), if TEXT is only white space, or if memory ran out. */
char *quote_line(const struct redactor *redactor, const char *text);

/* What an error's BODY says: the message of DOCUMENT (BODY as JSON, NULL if it isn't); the title of an HTML
 * page; or just its beginning. As received, as a new string; NULL: it says nothing, or memory ran out. */
char *quote_body(const struct text *body, const struct json_document *document);

#endif
