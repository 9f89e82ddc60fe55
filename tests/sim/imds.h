/* Where AWS credentials come from: an instance's metadata (IMDSv2) and a container's endpoint. */
#ifndef SIM_IMDS_H
#define SIM_IMDS_H

#include "request.h"

#include <jansson.h>

struct server;

/* Answers REQUEST if PATH is one of theirs; false: it isn't. */
bool imds_take(struct server *server, struct request *request, const char *path);
/* Whether TOKEN is the session token of credentials that were issued here and have expired. */
bool credentials_expired(const char *token, int64_t now_ms);

#endif
