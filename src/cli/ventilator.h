/* Synthetic records of ventilators, as the streaming examples of AWS Glue use them. */
#pragma once

#include "base/base.h"

struct ventilator_series {
    uint64_t seed;
    double malformed_percent; /* this many of a hundred records are broken in one of five ways */
};

struct ventilator_record {
    int id; /* 1..50; its decimal text is the partition key */
    bool malformed;
};

/* Appends record `index` of the series, with its newline, to `out`. A record depends on the series
 * and its index alone. */
struct ventilator_record ventilator_record(const struct ventilator_series *, uint64_t index, struct buffer *out);
