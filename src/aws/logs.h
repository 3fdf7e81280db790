/* CloudWatch Logs: its operations (logs.c), and the groups that people make (logs_group.c). */
#pragma once

#include "aws/internal.h"

extern const struct operation logs_operations[];
extern const struct operation logs_group_operations[]; /* logs_group.c */

/* A group that somebody made; ERR_RESOURCE_NOT_FOUND. New reference. */
error log_group_read(struct call *, const char *name, json_t **out) MUST_CHECK;
/* All of them by name. New reference. */
error log_group_list(struct call *, json_t **out) MUST_CHECK;
