/* The advice of `plan`. */
#ifndef WARMD_COMMANDS_PLAN_ADVICE_H
#define WARMD_COMMANDS_PLAN_ADVICE_H

#include "telemetry/views_json.h"

/* Prints each sentence of the forecasts' advice once, below the names of the endpoints that it concerns, in
 * WIDTH columns. */
void plan_advice_print(const struct forecast *forecasts, size_t n, size_t width);

#endif
