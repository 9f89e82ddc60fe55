#include "report/page.h"

#include "base/cleanup.h"
#include "base/encode.h"
#include "base/file.h"
#include "report/page_assets.h"
#include "report/page_data.h"
#include "report/sentence.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* What the page's parts are made of. */
struct page {
    const struct report *report;
    const char *journal_options;
    FILE *out;
    bool failed; /* memory ran out */
};

/* SOURCE's hash as a policy names it: only this style and this script may act. */
static void add_hash(struct text *policy, const char *source)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (EVP_Digest(source, strlen(source), hash, &length, EVP_sha256(), NULL) != 1) {
        policy->failed = true;
        return;
    }
    text_add(policy, "'sha256-");
    base64_encode((const char *)hash, length, policy);
    text_add(policy, "'");
}

static void write_policy(struct page *page)
{
    CLEANUP_TEXT struct text policy = {0};
    text_add(&policy, "default-src 'none'; script-src ");
    add_hash(&policy, page_script);
    text_add(&policy, "; style-src ");
    add_hash(&policy, page_style);
    text_add(&policy, "; img-src data:; base-uri 'none'; form-action 'none'");
    page->failed |= policy.failed;
    fputs(policy.failed ? "" : policy.data, page->out);
}

/* STRING as HTML's text. */
static void write_text(const char *string, FILE *out)
{
    for (; *string; string++) {
        switch (*string) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case KEPT_BLANK:
            fputs("&nbsp;", out);
            break;
        default:
            fputc(*string, out);
        }
    }
}

static void write_sentence(struct page *page)
{
    CLEANUP_TEXT struct text sentence = {0};
    struct sums sums = sums_of(page->report);
    add_sentence(&sentence, page->report, &sums, (struct look){.columns = SIZE_MAX, .unicode = true});
    page->failed |= sentence.failed;
    write_text(sentence.failed || !sentence.data ? "" : sentence.data, page->out);
}

static void write_style(struct page *page)
{
    fputs(page_style, page->out);
}

static void write_script(struct page *page)
{
    fputs(page_script, page->out);
}

static void write_data(struct page *page)
{
    page_data_write(page->report, page->journal_options, page->out);
}

/* Writes what stands for {{NAME}} in the skeleton. */
static void write_part(struct page *page, const char *name, size_t length)
{
    static const struct {
        const char *name;
        void (*write)(struct page *page);
    } parts[] = {{"policy", write_policy},
                 {"style", write_style},
                 {"sentence", write_sentence},
                 {"data", write_data},
                 {"script", write_script}};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strlen(parts[i].name) == length && memcmp(parts[i].name, name, length) == 0)
            parts[i].write(page);
}

static void write_skeleton(struct page *page)
{
    const char *rest = page_html, *mark;
    while ((mark = strstr(rest, "{{"))) {
        const char *name = mark + 2, *end = strstr(name, "}}");
        fwrite(rest, 1, (size_t)(mark - rest), page->out);
        write_part(page, name, (size_t)(end - name));
        rest = end + 2;
    }
    fputs(rest, page->out);
}

/* What PATH leads to, so that a link stays one; PATH itself if there is nothing yet. Devices and pipes must
 * not be replaced. NULL: no memory. */
static char *target_of(const char *path, int *ret_result)
{
    struct stat info;
    *ret_result = 0;
    if (stat(path, &info) < 0)
        return strdup(path);
    if (S_ISDIR(info.st_mode))
        *ret_result = -EISDIR;
    else if (!S_ISREG(info.st_mode))
        *ret_result = -ENOTSUP;
    return realpath(path, NULL);
}

int page_print(const struct report *report, const char *journal_options, FILE *out)
{
    struct page page = {.report = report, .journal_options = journal_options, .out = out};
    write_skeleton(&page);
    return page.failed ? -ENOMEM : 0;
}

static int replace(const struct report *report, const char *path, const char *journal_options)
{
    struct replacement file;
    int result = replacement_begin(&file, path, 0644);
    if (result < 0)
        return result;
    result = page_print(report, journal_options, file.file);
    if (result == 0)
        return replacement_commit(&file);
    replacement_drop(&file);
    return result;
}

int page_write(const struct report *report, const char *path, const char *journal_options,
               struct error *error)
{
    int result;
    CLEANUP_FREE char *target = target_of(path, &result);
    if (!target)
        result = -ENOMEM;
    if (result == 0)
        result = replace(report, target, journal_options);
    if (result < 0)
        return error_set(error, result, "can't write the page to %s: %s", path, file_problem(result));
    return 0;
}
