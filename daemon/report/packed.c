#include "report/packed.h"

enum { DIGIT_BITS = 5, DIGIT_MASK = (1 << DIGIT_BITS) - 1, MORE = 1 << DIGIT_BITS, SAME_LEAST = 3 };
enum { COARSE_BITS = 9 };

static void put(uint64_t number, FILE *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    do {
        uint64_t rest = number >> DIGIT_BITS;
        fputc(digits[(number & DIGIT_MASK) | (rest ? MORE : 0)], out);
        number = rest;
    } while (number);
}

static void put_same(struct packed *column, FILE *out)
{
    if (column->n_same >= SAME_LEAST) {
        fputc('.', out);
        put(column->n_same, out);
    } else {
        for (uint64_t i = 0; i < column->n_same; i++)
            put(0, out);
    }
    column->n_same = 0;
}

void packed_add(struct packed *column, uint64_t number, FILE *out)
{
    if (number == column->last) {
        column->n_same++;
        return;
    }
    put_same(column, out);
    put(number > column->last ? (number - column->last) << 1 : ((column->last - number) << 1) - 1, out);
    column->last = number;
}

uint64_t packed_coarse(uint64_t number)
{
    uint64_t power = 0;
    while (number >> power >= 2U << COARSE_BITS)
        power++;
    /* The numbers below 2^10 are their own codes, in the two first rows of 2^9. */
    return (power << COARSE_BITS) + (number >> power);
}
