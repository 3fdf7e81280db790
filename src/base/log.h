/* One line per event on stderr: "2023-01-10T06:07:08.123Z INFO area: text". */
#pragma once

#include "base/error.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level); /* default LOG_INFO; before threads start */
void log_line(enum log_level, const char *area, const char *format, ...) PRINTF(3, 4);
