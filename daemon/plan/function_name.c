#include "plan/function_name.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

enum {
    PARTS_MAX = 9, /* one more than an ARN with its qualifier has */
    ACCOUNT_LENGTH = 12,
};

bool is_function_qualifier(const char *text)
{
    return strcmp(text, "$LATEST") == 0 || strcmp(text, "$LATEST.PUBLISHED") == 0 ||
           text_consists_of(text, LETTERS DIGITS "-_", FUNCTION_QUALIFIER_MAX);
}

static bool is_account(const char *text)
{
    return text_consists_of(text, DIGITS, ACCOUNT_LENGTH) && strlen(text) == ACCOUNT_LENGTH;
}

/* TO has room: the part's form was checked. */
static void copy_part(char *to, const char *part)
{
    memcpy(to, part, strlen(part) + 1);
}

/* Cuts TEXT at its colons; returns how many parts there are, looking no further than PARTS_MAX. */
static size_t split(char *text, char *parts[PARTS_MAX])
{
    size_t n = 0;
    char *rest = text;
    while (rest && n < PARTS_MAX)
        parts[n++] = strsep(&rest, ":");
    return n;
}

/* The N PARTS from the function's name on: the name, and perhaps a qualifier. */
static int take_name(char *const *parts, size_t n, struct function_name *name, struct error *error)
{
    if (n == 0 || n > 2)
        return error_set(error, -EINVAL, "a function's name or ARN must end with NAME or NAME:QUALIFIER");
    if (!text_consists_of(parts[0], LETTERS DIGITS "-_.", FUNCTION_NAME_MAX))
        return error_set(error, -EINVAL, "a function's name has 1 to %d characters of A-Z a-z 0-9 - _ .",
                         FUNCTION_NAME_MAX);
    if (n == 2 && !is_function_qualifier(parts[1]))
        return error_set(error, -EINVAL,
                         "a qualifier must be an alias, a version number or $LATEST, not '%s'", parts[1]);
    copy_part(name->name, parts[0]);
    if (n == 2)
        copy_part(name->qualifier, parts[1]);
    return 0;
}

/* ACCOUNT:function:NAME and on. */
static int take_account(char *const *parts, size_t n, struct function_name *name, struct error *error)
{
    if (!is_account(parts[0]))
        return error_set(error, -EINVAL, "an account ID has %d digits, not '%s'", ACCOUNT_LENGTH, parts[0]);
    if (n < 2 || strcmp(parts[1], "function") != 0)
        return error_set(error, -EINVAL, ":function:NAME must follow the account ID");
    copy_part(name->account, parts[0]);
    return take_name(parts + 2, n - 2, name, error);
}

/* arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME and on. */
static int take_arn(char *const *parts, size_t n, struct function_name *name, struct error *error)
{
    if (n < 7)
        return error_set(
            error, -EINVAL,
            "a function's ARN has the form arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]");
    const struct partition *partition = partition_named(parts[1]);
    if (!partition)
        return error_set(error, -EINVAL, "'%s' is not a partition such as aws, aws-cn or aws-us-gov",
                         parts[1]);
    if (strcmp(parts[2], "lambda") != 0)
        return error_set(error, -EINVAL, "this is an ARN of the service '%s', not of lambda", parts[2]);
    if (!is_region(parts[3]))
        return error_set(error, -EINVAL, "'%s' is not a region such as eu-west-1", parts[3]);
    if (partition_of_region(parts[3]) != partition)
        return error_set(error, -EINVAL, "region %s is in the partition %s, not in %s", parts[3],
                         partition_of_region(parts[3])->name, parts[1]);
    copy_part(name->partition, parts[1]);
    copy_part(name->region, parts[3]);
    return take_account(parts + 4, n - 4, name, error);
}

/* Refuses what the Invoke API reads differently from a person who knows only NAME:QUALIFIER. */
static int refuse_ambiguous(char *const *parts, size_t n, struct error *error)
{
    if (n == 2 && strcmp(parts[0], "function") == 0)
        return error_set(error, -EINVAL, "function:%s is ambiguous: write only the name", parts[1]);
    if (n == 2 && is_account(parts[0]))
        return error_set(error, -EINVAL, ":function:NAME must follow the account ID");
    return 0;
}

int function_name_parse(const char *text, struct function_name *ret_name, struct error *error)
{
    char copy[FUNCTION_TEXT_MAX + 1], *parts[PARTS_MAX];
    struct function_name name = {0};
    if (strlen(text) > FUNCTION_TEXT_MAX)
        return error_set(error, -EINVAL, "a function's name or ARN has at most %d characters",
                         FUNCTION_TEXT_MAX);
    copy_part(copy, text);
    size_t n = split(copy, parts);
    int result = refuse_ambiguous(parts, n, error);
    if (result == 0 && n > 1 && strcmp(parts[0], "arn") == 0)
        result = take_arn(parts, n, &name, error);
    else if (result == 0 && n > 2)
        result = take_account(parts, n, &name, error);
    else if (result == 0)
        result = take_name(parts, n, &name, error);
    if (result == 0)
        *ret_name = name;
    return result;
}
