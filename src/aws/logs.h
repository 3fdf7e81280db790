/* CloudWatch Logs: its operations (logs.c). */
#pragma once

#include "aws/internal.h"

extern const struct operation logs_operations[];
