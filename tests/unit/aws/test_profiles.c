/* Profiles, variables and the shared files, as botocore reads them: each case in profiles/ says what is
 * found, and tests/e2e/botocore.bats holds botocore to the same. */
#include "../cmocka_all.h"

#include "../awsd.h"
#include "../scratch.h"
#include "aws/credentials_kept.h"
#include "aws/service.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>

enum { PARTS_MAX = 8, CASES_MIN = 60 };

struct part {
    const char *name;
    struct text text;
};

/* A case that is read, and what was found. */
struct play {
    char *home;
    struct part parts[PARTS_MAX];
    size_t n;
    int calls_before;
    int result; /* of the search for credentials */
    struct aws_credentials credentials;
    struct error error;
};

static const char *part_of(const struct play *play, const char *name)
{
    for (size_t i = 0; i < play->n; i++)
        if (strcmp(play->parts[i].name, name) == 0)
            return play->parts[i].text.data ? play->parts[i].text.data : "";
    return NULL;
}

static void add_line(struct play *play, char *line)
{
    struct text *text = &play->parts[play->n - 1].text;
    for (char *home; (home = strstr(line, "@HOME@")); line = home + strlen("@HOME@")) {
        text_add_bytes(text, line, (size_t)(home - line));
        text_add(text, play->home);
    }
    text_add(text, line);
    text_add(text, "\n");
}

static void read_play(struct play *play, char *bytes)
{
    play->parts[play->n++].name = "why";
    for (char *rest = bytes, *line; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, "--- ", 4) == 0) {
            assert_true(play->n < PARTS_MAX);
            play->parts[play->n++].name = line + 4;
        } else
            add_line(play, line);
    }
}

static void write_part(const struct play *play, const char *name, const char *path)
{
    const char *text = part_of(play, name);
    if (text)
        scratch_write(play->home, path, text);
}

static void set_environment(const struct play *play)
{
    aws_environment_clear(play->home);
    write_part(play, "credentials", ".aws/credentials");
    write_part(play, "config", ".aws/config");
    write_part(play, "token", "token");
    const char *lines = part_of(play, "environment");
    CLEANUP_FREE char *copy = strdup(lines ? lines : "");
    for (char *rest = copy, *line; (line = strsep(&rest, "\n"));) {
        char *equals = strchr(line, '=');
        if (!equals)
            continue;
        *equals = '\0';
        setenv(line, equals + 1, 1);
    }
}

static void unset_environment(const struct play *play)
{
    const char *lines = part_of(play, "environment");
    CLEANUP_FREE char *copy = strdup(lines ? lines : "");
    for (char *rest = copy, *line; (line = strsep(&rest, "\n"));) {
        line[strcspn(line, "=")] = '\0';
        if (*line)
            unsetenv(line);
    }
}

static const char *profile_of(const struct play *play, char name[128])
{
    const char *text = part_of(play, "profile");
    if (!text)
        return NULL;
    snprintf(name, 128, "%.*s", (int)strcspn(text, "\n"), text);
    return name;
}

static void search(struct play *play)
{
    char name[128];
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 20 * US_PER_S,
                                            .cancel_fd = -1};
    play->calls_before = awsd_count("sts-ok");
    setenv("AWS_ENDPOINT_URL_STS", awsd_url("/sts-ok"), 1);
    play->result = credentials_get(profile_of(play, name), &patience, &play->credentials, &play->error);
    unsetenv("AWS_ENDPOINT_URL_STS");
}

/* A new string: "error", or what was found. */
static char *find_host(const struct play *play, const char *service)
{
    char name[128], *origin = NULL, *region = NULL;
    const char *profile = profile_of(play, name);
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 20 * US_PER_S,
                                            .cancel_fd = -1};
    if (credentials_region(profile, &patience, &region, NULL) < 0 ||
        service_origin(NULL, profile, service, region, &origin, NULL) < 0)
        origin = strdup("error");
    free(region);
    return origin;
}

static char *find_region(const struct play *play)
{
    char name[128], *region = NULL;
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 20 * US_PER_S,
                                            .cancel_fd = -1};
    return credentials_region(profile_of(play, name), &patience, &region, NULL) < 0 ? strdup("-") : region;
}

/* Of the Authorization header: the part number WHICH of its scope; "-" where nothing was signed. */
static char *find_scope(size_t which)
{
    CLEANUP_FREE char *header = strdup(awsd_last("Authorization"));
    char *rest = strstr(header, "Credential="), *part = NULL;
    if (rest)
        rest += strlen("Credential=");
    for (size_t i = 0; rest && i <= which; i++)
        part = strsep(&rest, "/");
    return strdup(part ? part : "-");
}

static char *or_none(const char *text)
{
    return strdup(text && *text ? text : "-");
}

/* The value of NAME, a new string. */
static char *find(struct play *play, const char *name)
{
    char calls[16];
    if (strcmp(name, "lambda") == 0 || strcmp(name, "sts") == 0)
        return find_host(play, name);
    if (strcmp(name, "region") == 0)
        return find_region(play);
    if (play->result < 0)
        return strdup(play->error.message);
    snprintf(calls, sizeof calls, "%d", awsd_count("sts-ok") - play->calls_before);
    return strcmp(name, "key") == 0        ? or_none(play->credentials.access_key_id)
           : strcmp(name, "secret") == 0   ? or_none(play->credentials.secret_access_key)
           : strcmp(name, "token") == 0    ? or_none(play->credentials.session_token)
           : strcmp(name, "role") == 0     ? or_none(awsd_last("RoleArn"))
           : strcmp(name, "external") == 0 ? or_none(awsd_last("ExternalId"))
           : strcmp(name, "identity") == 0 ? or_none(awsd_last("WebIdentityToken"))
           : strcmp(name, "signer") == 0   ? find_scope(0)
           : strcmp(name, "scope") == 0    ? find_scope(2)
           : strcmp(name, "calls") == 0    ? strdup(calls)
                                           : strdup("?");
}

/* How many lines of what is expected are not met. */
static int compare(struct play *play, const char *file)
{
    int wrong = 0;
    CLEANUP_FREE char *expected = strdup(part_of(play, "expected"));
    for (char *rest = expected, *line; (line = strsep(&rest, "\n"));) {
        char *value = strchr(line, ' ');
        if (value)
            *value++ = '\0';
        if (*line == '\0')
            continue;
        if (strcmp(line, "error") == 0) {
            if (play->result >= 0)
                wrong += printf("%s: there are credentials\n", file) > 0;
            continue;
        }
        CLEANUP_FREE char *found = find(play, line);
        if (!value || strcmp(found, value) != 0)
            wrong += printf("%s: %s is %s, not %s\n", file, line, found, value ? value : "") > 0;
    }
    return wrong;
}

static int play_case(const char *folder, const char *file)
{
    char path[PATH_MAX + NAME_MAX + 2];
    CLEANUP_FILE struct file bytes = {0};
    struct play play = {0};
    snprintf(path, sizeof path, "%s/%s", folder, file);
    assert_int_equal(file_read(path, &bytes), 0);
    assert_int_equal(scratch_create((void **)&play.home), 0);
    read_play(&play, bytes.bytes);
    set_environment(&play);
    credentials_forget();
    search(&play);
    int wrong = compare(&play, file);
    unset_environment(&play);
    credentials_forget();
    aws_credentials_free(&play.credentials);
    for (size_t i = 0; i < play.n; i++)
        text_free(&play.parts[i].text);
    scratch_remove((void **)&play.home);
    return wrong;
}

static void cases_folder(char folder[PATH_MAX])
{
    snprintf(folder, PATH_MAX, "%.*s/../profiles", (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
}

static void every_case(void **state)
{
    (void)state;
    char folder[PATH_MAX];
    int wrong = 0, n = 0;
    cases_folder(folder);
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        const char *ending = strrchr(entry->d_name, '.');
        if (!ending || strcmp(ending, ".case") != 0)
            continue;
        wrong += play_case(folder, entry->d_name);
        n++;
    }
    closedir(directory);
    assert_true(n >= CASES_MIN);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
    };
    return cmocka_run_group_tests(tests, awsd_start, awsd_stop);
}
