/* --record: requests exactly as they came, for tests that verify their signatures. */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H

#include "request.h"

/* Appends one line of JSON to descriptor FD: {"http","method","target","authority","headers":[[name, value]…]
 * in the order and spelling of the wire,"body_base64"}. Each character of a string stands for one byte
 * (Latin-1), whatever the bytes mean. */
void record_add(int fd, const struct request *request);

#endif
