#include "commands/help_config.h"

#include "base/duration.h"
#include "config/keys.h"

#include <inttypes.h>
#include <string.h>

enum { COLUMN_MAX = 128 };

/* `"sync", "event"` */
static void show_choices(const struct key *key, char *shown)
{
    int length = 0;
    for (size_t i = 0; i < key->n_choices && length < COLUMN_MAX; i++)
        length += snprintf(shown + length, (size_t)(COLUMN_MAX - length), "%s\"%s\"", i ? ", " : "",
                           key->choices[i].name);
}

static void show_type(const struct key *key, char *shown)
{
    static const char *const types[] = {[VALUE_DURATION] = "duration",
                                        [VALUE_INTEGER] = "integer",
                                        [VALUE_FLAG] = "true, false",
                                        [VALUE_CHOICE] = ""};
    if (key->kind == VALUE_CHOICE && !key->type_text)
        show_choices(key, shown);
    else
        snprintf(shown, COLUMN_MAX, "%s", key->type_text ? key->type_text : types[key->kind]);
}

/* With a blank before them. */
static void show_bounds(const struct key *key, char *shown)
{
    char low[DURATION_TEXT_MAX], high[DURATION_TEXT_MAX];
    if (key->bounds_text)
        snprintf(shown, COLUMN_MAX, "%s%s", key->bounds_text[0] ? " " : "", key->bounds_text);
    else if (key->kind == VALUE_DURATION)
        snprintf(shown, COLUMN_MAX, " %s to %s", duration_format(key->low, low),
                 duration_format(key->high, high));
    else if (key->kind == VALUE_INTEGER)
        snprintf(shown, COLUMN_MAX, " %" PRIu64 " to %" PRIu64, key->low, key->high);
}

static const char *chosen(const struct key *key)
{
    for (size_t i = 0; i < key->n_choices; i++)
        if (key->choices[i].value == key->preset)
            return key->choices[i].name;
    return "none";
}

static void show_preset(const struct key *key, char *shown)
{
    char duration[DURATION_TEXT_MAX];
    const char *text = key->preset_text;
    if (key->is_required)
        text = "required";
    else if (!text && key->kind == VALUE_DURATION)
        text = duration_format((uint64_t)key->preset, duration);
    else if (!text && key->kind == VALUE_FLAG)
        text = key->preset ? "true" : "false";
    else if (!text && key->kind == VALUE_CHOICE)
        text = chosen(key);
    if (text)
        snprintf(shown, COLUMN_MAX, "%s", text);
    else
        snprintf(shown, COLUMN_MAX, "%" PRId64, key->preset);
}

/* A key's columns: its name, its type with its bounds, its preset. */
struct line {
    char cells[3][2 * COLUMN_MAX];
};

static struct line line_of(const struct key *key)
{
    struct line line = {0};
    snprintf(line.cells[0], COLUMN_MAX, "%s", key->name);
    show_type(key, line.cells[1]);
    show_bounds(key, line.cells[1] + strlen(line.cells[1]));
    show_preset(key, line.cells[2]);
    return line;
}

static void print_section(FILE *out, const struct key_section *section)
{
    int widths[3] = {(int)strlen("key"), (int)strlen("value"), (int)strlen("default")};
    for (size_t i = 0; i < section->n; i++) {
        struct line line = line_of(&section->keys[i]);
        for (size_t j = 0; j < COUNT_OF(widths); j++)
            if ((int)strlen(line.cells[j]) > widths[j])
                widths[j] = (int)strlen(line.cells[j]);
    }
    fprintf(out, "\n%s\n", section->title);
    for (size_t i = 0; i < section->n; i++) {
        struct line line = line_of(&section->keys[i]);
        fprintf(out, "  %-*s  %-*s  %-*s  %s\n", widths[0], line.cells[0], widths[1], line.cells[1],
                widths[2], line.cells[2], section->keys[i].text);
    }
}

void help_config_print(FILE *out)
{
    fputs("Each line shows a key, its value and bounds, default and meaning. A duration\n"
          "is a string such as \"5min\", \"1h 30min\" or \"75ms\", or an integer of seconds.\n"
          "defaults = { ... }; takes an endpoint's keys, except name, url and function.\n"
          "More: man lambda-warmd.conf\n",
          out);
    for (size_t i = 0; i < KEY_PLACES; i++)
        print_section(out, &key_sections[i]);
}
