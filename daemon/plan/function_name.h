/* Takes apart what names a Lambda function. Pure. */
#ifndef WARMD_PLAN_FUNCTION_NAME_H
#define WARMD_PLAN_FUNCTION_NAME_H

#include "base/error.h"
#include "plan/partition.h"

#include <stdbool.h>

enum {
    FUNCTION_TEXT_MAX = 256, /* characters in all, a full ARN with a qualifier */
    FUNCTION_NAME_MAX = 64,
    FUNCTION_QUALIFIER_MAX = 128,
};

/* What TEXT leaves out is "". */
struct function_name {
    char partition[16]; /* "aws", "aws-cn", "aws-us-gov", … */
    char region[REGION_MAX + 1];
    char account[12 + 1];
    char name[FUNCTION_NAME_MAX + 1];
    char qualifier[FUNCTION_QUALIFIER_MAX + 1]; /* a version, an alias or $LATEST */
};

/* Takes apart "NAME", "ACCOUNT:function:NAME" or "arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME", each
 * with or without ":QUALIFIER" at the end: what the Invoke API's FunctionName takes, except forms that can be
 * read in two ways. 0, or -EINVAL with why it is none of these.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
int function_name_parse(const char *text, struct function_name *ret_name, struct error *error);

/* An alias, a version's number, $LATEST or $LATEST.PUBLISHED. */
bool is_function_qualifier(const char *text);

#endif
