/* What stands in the way of destroying stacks. */
#pragma once

#include "cli/stack.h"

/* Looks at every chosen stack that is deployed (`states` by stack) and tells on stderr what would
 * make it fail, or would be lost with it though no stack made it: ERR_INVALID_INPUT when there is
 * something. */
error destroy_check(struct stack_door *, const struct stack_state *states) MUST_CHECK;

/* Removes every object of the bucket that the stack made. */
error destroy_empty_bucket(struct stack_door *, const struct stack_state *) MUST_CHECK;
