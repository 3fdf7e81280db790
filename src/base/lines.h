/* Text taken apart into lines. */
#pragma once

#include "base/bytes.h"

/* The lines of [*text, end), without their newlines; empty ones are left out. At most `most`, which is at
 * least one; *text is behind what was read. The last line may have no newline. Any thread. */
size_t lines_split(const char **text, const char *end, span *lines, size_t most);
