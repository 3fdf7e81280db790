/* Partition values as their keys' types read them. */
#pragma once

#include "base/base.h"

bool type_is_integer(const char *type); /* a Hive type's name; NULL: no */
/* "007" -> "7", "-0" -> "0"; anything that is not an integer is percent-encoded as it is. */
void value_canonical(struct buffer *out, span value);
