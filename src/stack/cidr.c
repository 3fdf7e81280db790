/* Fn::Cidr: subnets of an IPv4 block. */
#include "stack/internal.h"

#include <stdio.h>

enum { CIDR_MAX = 256, BITS = 32 };

static bool block_read(const char *text, uint32_t *address, int *prefix)
{
    unsigned part[4], size;
    char more;
    if (sscanf(text, "%3u.%3u.%3u.%3u/%2u%c", &part[0], &part[1], &part[2], &part[3], &size,
               &more) != 5)
        return false;
    *address = 0;
    for (int i = 0; i < 4; i++) {
        if (part[i] > 255) return false;
        *address = *address << 8 | part[i];
    }
    *prefix = (int)size;
    return size <= BITS;
}

error cidr_split(struct template_scope *s, const struct place *p, const char *block, int64_t count,
                 int64_t bits, json_t **out)
{
    uint32_t address;
    int prefix;
    if (!block_read(block, &address, &prefix))
        return place_fail(s, p, "Fn::Cidr takes an IPv4 block such as 10.0.0.0/16, not %.60s", block);
    int64_t room = bits >= 0 && bits <= BITS - prefix ? (int64_t)1 << (BITS - prefix - bits) : 0;
    if (count < 1 || count > CIDR_MAX || count > room)
        return place_fail(s, p, "Fn::Cidr cannot cut %lld blocks of %lld bits out of %.60s",
                          (long long)count, (long long)bits, block);
    if (prefix < BITS) address &= ~(uint32_t)(((uint64_t)1 << (BITS - prefix)) - 1);
    *out = json_array();
    for (int64_t i = 0; i < count; i++) {
        uint32_t at = address + (uint32_t)((uint64_t)i << bits);
        json_array_append_new(*out, json_string(arena_printf(
            s->arena, "%u.%u.%u.%u/%d", at >> 24, at >> 16 & 255, at >> 8 & 255, at & 255,
            (int)(BITS - bits))));
    }
    return OK;
}
