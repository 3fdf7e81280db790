/* In: the processor. Out: the walk that it takes. */
#include "decode/json_walk.h"

static bool anywhere(void)
{
    return true;
}

/* Without any of it: each value by the general walk. */
static const struct direct_walk general = {"general", anywhere, walk_in_order, NULL};

static const struct direct_walk *const walks[] = { /* fastest first */
#ifdef __x86_64__
    &direct_avx512, &direct_avx2,
#endif
#ifdef __ARM_NEON
    &direct_neon,
#endif
    &direct_portable, &general, NULL,
};

void calendar_set(struct calendar *c, uint32_t year)
{
    static const uint8_t lengths[16] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    *c = (struct calendar){.year = year};
    if (year == 0) return; /* the rules for it are the cast's */
    memcpy(c->length, lengths, sizeof lengths);
    if (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) c->length[2] = 29;
    int32_t day = (int32_t)days_from_civil((int)year, 1, 1) - 1;
    for (int month = 1; month <= 12; day += c->length[month++]) c->before[month] = day;
}

const struct direct_walk *direct_find(const char *name)
{
    for (int i = 0; walks[i]; i++)
        if ((!name || strcmp(walks[i]->name, name) == 0) && walks[i]->runs_here())
            return walks[i];
    return NULL;
}

const char *const *decode_walks(void)
{
    static const char *names[sizeof walks / sizeof *walks];
    int count = 0;
    for (int i = 0; walks[i]; i++)
        if (walks[i]->runs_here()) names[count++] = walks[i]->name;
    names[count] = NULL;
    return names;
}
