/* A binary heap: the item with the least key comes first; among equal keys, the one that was pushed first. */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_entry {
    uint64_t key;
    uint64_t order;
    void *item;
};

/* Zero-initialised is empty. Items stay the caller's. */
struct heap {
    struct heap_entry *entries; /* the first one is at 0 */
    size_t n, capacity;
    uint64_t pushed;
};

void heap_push(struct heap *heap, uint64_t key, void *item);
/* The first item, taken out. The heap must not be empty. */
void *heap_pop(struct heap *heap);
/* Frees the heap, not its items. It is empty afterwards. */
void heap_clear(struct heap *heap);

#endif
