#include "heap.h"

#include "memory.h"

#include <stdbool.h>
#include <stdlib.h>

static bool is_before(const struct heap_entry *a, const struct heap_entry *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

void heap_push(struct heap *heap, uint64_t key, void *item)
{
    if (heap->n == heap->capacity) {
        size_t capacity = heap->capacity ? 2 * heap->capacity : 16;
        heap->entries = reallocate(heap->entries, capacity * sizeof *heap->entries);
        heap->capacity = capacity;
    }
    struct heap_entry entry = {.key = key, .order = heap->pushed++, .item = item};
    size_t at = heap->n++;
    for (size_t parent; at > 0 && is_before(&entry, &heap->entries[parent = (at - 1) / 2]); at = parent)
        heap->entries[at] = heap->entries[parent];
    heap->entries[at] = entry;
}

void *heap_pop(struct heap *heap)
{
    void *first = heap->entries[0].item;
    struct heap_entry moved = heap->entries[--heap->n];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->n; at = child) {
        if (child + 1 < heap->n && is_before(&heap->entries[child + 1], &heap->entries[child]))
            child++;
        if (!is_before(&heap->entries[child], &moved))
            break;
        heap->entries[at] = heap->entries[child];
    }
    heap->entries[at] = moved;
    return first;
}

void heap_clear(struct heap *heap)
{
    free(heap->entries);
    *heap = (struct heap){0};
}
