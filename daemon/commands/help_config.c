#include "commands/help_config.h"

#include "config/key_table.h"

#include <string.h>

enum { VALUE_MAX = 64 };

struct widths {
    int name;
    int value;
    int preset;
};

static void widen(int *width, const char *text)
{
    int length = (int)strlen(text);
    if (length > *width)
        *width = length;
}

/* "duration 1ms to 15min" */
static const char *value_of(const struct key_row *row, char value[VALUE_MAX])
{
    snprintf(value, VALUE_MAX, "%s%s%s", row->type, row->bounds[0] ? " " : "", row->bounds);
    return value;
}

static void print_section(FILE *out, const struct key_section *section)
{
    char value[VALUE_MAX];
    struct widths widths = {(int)strlen("key"), (int)strlen("value"), (int)strlen("default")};
    for (size_t i = 0; i < section->n; i++) {
        widen(&widths.name, section->rows[i].name);
        widen(&widths.value, value_of(&section->rows[i], value));
        widen(&widths.preset, section->rows[i].preset);
    }
    fprintf(out, "\n%s\n", section->title);
    for (size_t i = 0; i < section->n; i++) {
        const struct key_row *row = &section->rows[i];
        fprintf(out, "  %-*s  %-*s  %-*s  %s\n", widths.name, row->name, widths.value, value_of(row, value),
                widths.preset, row->preset, row->text);
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
