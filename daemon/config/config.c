#include "config/config.h"

#include "base/file.h"
#include "config/endpoint.h"
#include "config/grammar.h"
#include "config/group.h"
#include "config/keys.h"
#include "config/reader.h"
#include "config/splice.h"
#include "plan/syntax.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct loader {
    struct plan *plan;
    struct mistakes *mistakes;
    bool incomplete;  /* a file could not be read, so nothing can be said about what is missing */
    bool in_main;     /* the file being read is the main one */
    bool main_failed; /* so its `daemon` group is not known */
    bool no_memory;
    unsigned endpoints_line; /* of `endpoints` in the main file; 1 where it has none */
    struct text *names;      /* takes the endpoints' names, and nothing else is read; NULL: all is */
};

static void cleanup_config(config_t *config)
{
    config_destroy(config);
}

static void read_daemon(struct loader *loader, struct reader *reader, const config_setting_t *group)
{
    if (!loader->in_main) {
        reader_mistake(reader, group, "daemon is allowed in the main file only, %s", loader->plan->path);
        return;
    }
    bool wrong[DAEMON_KEYS] = {false};
    bool is_group = reader_is_group(reader, group);
    if (is_group)
        group_read(reader, PLACE_DAEMON, group, &loader->plan->daemon, NULL, wrong);
    reader->ceiling_unknown |= !is_group || wrong[KEY_MAX_IN_FLIGHT];
}

/* Room for MORE endpoints; false when memory ran out. */
static bool reserve_endpoints(struct reader *reader, int more)
{
    struct plan *plan = reader->plan;
    struct endpoint *grown =
        reallocarray(plan->endpoints, plan->n_endpoints + (size_t)more + 1, sizeof *grown);
    if (grown)
        plan->endpoints = grown;
    else
        reader->no_memory = true;
    return grown;
}

static void refuse_duplicate(struct reader *reader, const config_setting_t *group,
                             const struct endpoint *endpoint)
{
    const struct endpoint *first = endpoint->name ? plan_find(reader->plan, endpoint->name) : NULL;
    if (first)
        reader_mistake(reader, config_setting_get_member(group, "name"),
                       "duplicate name '%s': it is used first at %s:%u", endpoint->name, first->source_file,
                       first->source_line);
}

static void read_endpoint(struct reader *reader, const config_setting_t *group,
                          const config_setting_t *defaults)
{
    struct endpoint endpoint;
    if (config_setting_type(group) != CONFIG_TYPE_GROUP) {
        reader_mistake(reader, group, "an endpoint must be a group { }, not %s", setting_type(group));
        return;
    }
    endpoint_read(reader, group, defaults, &endpoint);
    refuse_duplicate(reader, group, &endpoint);
    /* A nameless endpoint is a mistake, so the plan is never handed out; the others are needed to find
     * duplicates. */
    if (endpoint.name && plan_add(reader->plan, &endpoint) == 0)
        return;
    reader->no_memory |= endpoint.name != NULL;
    endpoint_free(&endpoint);
}

static void read_endpoints(struct reader *reader, const config_setting_t *list,
                           const config_setting_t *defaults)
{
    if (config_setting_type(list) != CONFIG_TYPE_LIST) {
        reader_mistake(reader, list, "endpoints must be a list ( { … }, … ), not %s", setting_type(list));
        return;
    }
    int n = config_setting_length(list);
    if (!reserve_endpoints(reader, n))
        return;
    for (int i = 0; i < n; i++)
        read_endpoint(reader, config_setting_get_elem(list, (unsigned)i), defaults);
}

/* Reads each group before what depends on it, wherever it stands. */
static void read_root(struct loader *loader, struct reader *reader, const config_setting_t *root)
{
    const config_setting_t *found[FILE_KEYS] = {0};
    int n = config_setting_length(root);
    for (int i = 0; i < n; i++) {
        const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
        int key = group_find(reader, setting, PLACE_FILE);
        if (key >= 0)
            found[key] = setting;
    }
    if (found[KEY_DAEMON])
        read_daemon(loader, reader, found[KEY_DAEMON]);
    if (found[KEY_DEFAULTS] && !reader_is_group(reader, found[KEY_DEFAULTS]))
        found[KEY_DEFAULTS] = NULL;
    if (found[KEY_DEFAULTS])
        defaults_read(reader, found[KEY_DEFAULTS]);
    if (found[KEY_ENDPOINTS])
        read_endpoints(reader, found[KEY_ENDPOINTS], found[KEY_DEFAULTS]);
    if (found[KEY_ENDPOINTS] && loader->in_main)
        loader->endpoints_line = reader_place(reader, found[KEY_ENDPOINTS]).line;
}

/* Whether the mistake may be a consequence of a grammar mistake. */
static bool is_doubtful(const struct repair *repair, const struct mistake *mistake)
{
    for (size_t i = 0; i < repair->n_doubtful; i++) {
        const struct doubt *doubt = &repair->doubtful[i];
        if (mistake->line == doubt->place.line && strcmp(mistake->file, doubt->place.file) == 0 &&
            (!doubt->key || !mistake->word || strcmp(mistake->word, doubt->key) == 0))
            return true;
    }
    return false;
}

static void add_name(struct text *names, const config_setting_t *endpoint)
{
    const char *name;
    if (config_setting_lookup_string(endpoint, "name", &name) && is_endpoint_name(name))
        text_format(names, "%s\n", name);
}

static void read_names(const config_setting_t *root, struct text *names)
{
    const config_setting_t *list =
        config_setting_get_member(root, key_sections[PLACE_FILE].keys[KEY_ENDPOINTS].name);
    int n = list && config_setting_type(list) == CONFIG_TYPE_LIST ? config_setting_length(list) : 0;
    for (int i = 0; i < n; i++)
        add_name(names, config_setting_get_elem(list, (unsigned)i));
}

/* Reads the text's settings, except for mistakes that may be consequences of the grammar's. */
static void read_settings(struct loader *loader, const struct source *source, const struct repair *repair)
{
    CLEANUP(cleanup_config) config_t config;
    struct mistakes *mistakes = loader->mistakes;
    struct reader reader = {.source = source,
                            .mistakes = mistakes,
                            .plan = loader->plan,
                            .sections = key_sections,
                            .ceiling_unknown = loader->main_failed};
    size_t first = mistakes->n;
    config_init(&config);
    if (!config_read_string(&config, source->text.data)) { /* what the grammar takes for right */
        struct source_place place = source_place(source, (unsigned)config_error_line(&config));
        mistakes_add(mistakes, place.file, place.line, "%s", config_error_text(&config));
        return;
    }
    if (loader->names) {
        read_names(config_root_setting(&config), loader->names);
        return;
    }
    read_root(loader, &reader, config_root_setting(&config));
    mistakes_sort(mistakes, first);
    for (size_t i = mistakes->n; i-- > first;)
        if (is_doubtful(repair, &mistakes->items[i]))
            mistakes_drop(mistakes, i);
    loader->main_failed |= reader.ceiling_unknown;
    loader->no_memory |= reader.no_memory;
}

/* Sorts the grammar's mistakes and the others by line, if there is only one file. */
static void sort_by_line(struct mistakes *mistakes, size_t first)
{
    for (size_t i = first; i < mistakes->n; i++)
        mistakes->items[i].order = (uint64_t)mistakes->items[i].line << 32 | i;
    mistakes_sort(mistakes, first);
}

/* Hands the names of the files over to the plan. */
static void keep_files(struct loader *loader, struct source *source)
{
    struct plan *plan = loader->plan;
    char **grown = reallocarray(plan->files, plan->n_files + source->n_files, sizeof *grown);
    loader->no_memory |= !grown;
    if (!grown)
        return;
    plan->files = grown;
    for (size_t i = 0; i < source->n_files; i++)
        grown[plan->n_files++] = source->files[i];
    source->n_files = 0;
}

/* Makes text for libconfig of PATH. 0: it is right. 1: it is wrong, as MISTAKES says, and repaired. Else
 * splice_scan's error. */
static int make_text(const char *path, bool guesses, struct source *ret_source, struct repair *ret_repair,
                     struct mistakes *mistakes)
{
    CLEANUP_TOKENS struct tokens tokens = {0};
    int scanned = splice_scan(path, guesses, ret_source, &tokens, mistakes);
    int result = scanned == -ENOMEM ? scanned : grammar_write(&tokens, ret_source, mistakes, ret_repair);
    return result < 0 || scanned == 0 ? result : scanned;
}

/* 0 even if there are mistakes, which are recorded. Else splice_scan's error for PATH itself. */
static int load_file(struct loader *loader, const char *path)
{
    CLEANUP_SOURCE struct source source = {0};
    CLEANUP_REPAIR struct repair repair = {0};
    CLEANUP_MISTAKES struct mistakes mistakes = {0};
    size_t first = loader->mistakes->n;
    int result = make_text(path, false, &source, &repair, &mistakes);
    if (result == 1 || result == -EINVAL) { /* read it again, and guess at what was meant */
        source_free(&source);
        repair_free(&repair);
        result = make_text(path, true, &source, &repair, loader->mistakes);
    } else {
        mistakes_move(loader->mistakes, &mistakes);
    }
    loader->incomplete |= result != 0;
    if (result >= 0 && repair.whole)
        read_settings(loader, &source, &repair);
    else
        loader->main_failed |= loader->in_main;
    if (result != 0 && source.n_files == 1)
        sort_by_line(loader->mistakes, first);
    if (result == 0)
        keep_files(loader, &source);
    return result == 1 || result == -EINVAL ? 0 : result;
}

static int has_conf_name(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > strlen(".conf") &&
           strcmp(entry->d_name + length - strlen(".conf"), ".conf") == 0;
}

/* Byte order; alphasort would follow the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int load_entry(struct loader *loader, const char *directory, const char *name)
{
    CLEANUP_FREE char *path = NULL;
    if (asprintf(&path, "%s/%s", directory, name) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    int result = is_directory(path) ? 0 : load_file(loader, path);
    return result == -ENOMEM ? result : 0;
}

static int load_directory(struct loader *loader)
{
    CLEANUP_FREE char *directory = file_beside(loader->plan->path, "conf.d");
    struct dirent **entries = NULL;
    if (!directory)
        return -ENOMEM;
    int n = scandir(directory, &entries, has_conf_name, by_name), result = 0;
    if (n < 0 && errno != ENOENT) {
        mistakes_add(loader->mistakes, directory, 0, "can't be read: %s", strerror(errno));
        loader->incomplete = true;
    }
    for (int i = 0; i < n; i++) {
        if (result == 0)
            result = load_entry(loader, directory, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return result;
}

/* All files, the main one first. */
static int load_files(struct loader *loader)
{
    int result = load_file(loader, loader->plan->path);
    if (result < 0)
        return result;
    loader->in_main = false;
    result = load_directory(loader);
    return loader->no_memory ? -ENOMEM : result;
}

static void check_whole(struct loader *loader)
{
    const struct plan *plan = loader->plan;
    bool any_enabled = false;
    for (size_t i = 0; i < plan->n_endpoints; i++)
        any_enabled |= plan->endpoints[i].enabled;
    if (any_enabled || loader->incomplete || loader->mistakes->errors > 0)
        return;
    if (plan->n_endpoints == 0)
        mistakes_add(loader->mistakes, plan->path, loader->endpoints_line,
                     "there are no endpoints, either here or in conf.d/*.conf");
    else
        mistakes_warn(loader->mistakes, plan->path, loader->endpoints_line, "no endpoint is enabled");
}

int config_load(const char *path, struct plan **ret_plan, struct mistakes *mistakes)
{
    CLEANUP(cleanup_plan_unref) struct plan *plan = plan_new();
    struct loader loader = {.plan = plan, .mistakes = mistakes, .in_main = true, .endpoints_line = 1};
    if (!plan || !(plan->path = strdup(path)))
        return -ENOMEM;
    group_reset(&key_sections[PLACE_DAEMON], &plan->daemon);
    int result = load_files(&loader);
    if (result < 0)
        return result;
    check_whole(&loader);
    if (mistakes->errors > 0)
        return -EINVAL;
    *ret_plan = STEAL(plan);
    return 0;
}

int config_names(const char *path, struct text *names)
{
    CLEANUP(cleanup_plan_unref) struct plan *plan = plan_new();
    CLEANUP_MISTAKES struct mistakes mistakes = {0};
    struct loader loader = {.plan = plan, .mistakes = &mistakes, .in_main = true, .names = names};
    if (!plan || !(plan->path = strdup(path)))
        return -ENOMEM;
    int result = load_files(&loader);
    return names->failed ? -ENOMEM : result;
}
