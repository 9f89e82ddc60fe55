#include "report/happenings.h"

#include <stdlib.h>
#include <string.h>

static void clear(struct happening *event)
{
    free(event->message);
    free(event->host);
}

static enum entry_kind most_frequent(const struct happenings *list)
{
    size_t counts[ENTRY_KINDS] = {0};
    enum entry_kind most = ENTRY_OTHER;
    for (size_t i = 0; i < list->n; i++)
        counts[list->data[i].kind]++;
    for (enum entry_kind kind = ENTRY_OTHER; kind < ENTRY_KINDS; kind++)
        if (counts[kind] > counts[most])
            most = kind;
    return most;
}

static void thin_out(struct happenings *list)
{
    enum entry_kind kind = most_frequent(list);
    size_t seen = 0, kept = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct happening *event = &list->data[i];
        if (event->kind == kind && seen++ % 2 == 1)
            clear(event);
        else
            list->data[kept++] = *event;
    }
    list->n_left_out += list->n - kept;
    list->n = kept;
}

bool happenings_add(struct happenings *list, const struct entry *entry, int64_t endpoint)
{
    if (list->n == HAPPENINGS_MOST)
        thin_out(list);
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct happening *data = reallocarray(list->data, capacity, sizeof *data);
        if (!data)
            return false;
        list->data = data;
        list->capacity = capacity;
    }
    struct happening event = {.at_us = entry->at_us,
                              .kind = entry->kind,
                              .endpoint = endpoint,
                              .message = strdup(entry->message),
                              .host = strdup(entry->host)};
    if (!event.message || !event.host) {
        clear(&event);
        return false;
    }
    list->data[list->n++] = event;
    return true;
}

void happenings_free(struct happenings *list)
{
    for (size_t i = 0; i < list->n; i++)
        clear(&list->data[i]);
    free(list->data);
    *list = (struct happenings){0};
}
