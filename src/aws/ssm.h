/* Systems Manager: Parameter Store alone (ssm.c). */
#pragma once

#include "aws/internal.h"
#include "aws/rows.h"

extern const struct operation ssm_operations[];          /* ssm.c */
extern const struct operation ssm_unserved_operations[]; /* ssm_unserved.c */
