/* Memory for secrets: wiped when released. */
#ifndef WARMD_BASE_SECRET_H
#define WARMD_BASE_SECRET_H

#include "base/cleanup.h"
#include "base/text.h"

/* Wipes and frees a string; NULL is fine. */
void secret_free(char *secret);
DEFINE_CLEANUP(char *, secret_free);
#define CLEANUP_SECRET CLEANUP(cleanup_secret_free)

/* Wipes and frees. */
void secret_text_free(struct text *text);
#define CLEANUP_SECRET_TEXT __attribute__((cleanup(secret_text_free)))

/* PREFIX and SECRET as one new string, made without other copies; NULL: no memory. */
char *secret_join(const char *prefix, const char *secret);

#endif
