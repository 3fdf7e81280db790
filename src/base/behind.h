/* A large file written beside the thread that makes it, and past the system's cache: who makes
 * gigabytes for later readers would have the system look for a free page for each few records, and
 * throw out what is read now. */
#pragma once

#include "base/world.h"

struct behind;
enum { BEHIND_ALIGN = 4096 };
/* `offset`, of the first byte, is a multiple of BEHIND_ALIGN. NULL: it cannot be (the file system has
 * no such writes, no thread is to be had); write them as ever. `name` is for errors and stays. */
struct behind *behind_open(int file, const char *name, int64_t offset);
/* Copies; an error may be that of an earlier write. Thread: one. */
error behind_write(struct behind *, span) MUST_CHECK;
/* All bytes are in the file afterwards, not durable. Frees. */
error behind_close(struct behind *) MUST_CHECK;
