/* Rows of a batch's column -> Dremel's repetition and definition levels of one leaf, and where its
 * values are (parquet-format README, "Nested Encoding").
 *
 * Works a step of the schema at a time over all entries, not a row at a time over all steps. An
 * entry begins as a row; a list multiplies it; a NULL or an empty list ends it: its position becomes
 * -1 and its definition level stays. */
#include "parquet/internal.h"

static void reserve(struct levels *l, int64_t entries)
{
    size_t n = (size_t)entries;
    buffer_reset(&l->repetition);
    buffer_reset(&l->definition);
    buffer_reset(&l->position);
    buffer_reserve(&l->repetition, n);
    buffer_reserve(&l->definition, n);
    buffer_reserve(&l->position, n * sizeof(int32_t));
}

/* Present entries rise by a level, NULL ones end here. */
static void step_optional(uint8_t *restrict definition, int32_t *restrict position, int64_t entries,
                          const struct column *c)
{
    if (!c->validity) {
        for (int64_t i = 0; i < entries; i++) definition[i] += position[i] >= 0;
        return;
    }
    for (int64_t i = 0; i < entries; i++) {
        if (position[i] < 0) continue;
        if (bit_get(c->validity, position[i])) definition[i]++;
        else position[i] = -1;
    }
}

/* A map key that is NULL has no form in the file. */
static error step_required(const struct leaf *leaf, const int32_t *position, int64_t entries,
                           const struct column *c)
{
    if (!c->validity) return OK;
    for (int64_t i = 0; i < entries; i++)
        if (position[i] >= 0 && !bit_get(c->validity, position[i]))
            return fail(ERR_CORRUPT, "NULL where column %.*s requires a value",
                        (int)leaf->path[0].size, leaf->path[0].data);
    return OK;
}

static int64_t repeat_count(const int32_t *restrict position, int64_t entries,
                            const int32_t *restrict offsets)
{
    int64_t total = 0;
    for (int64_t i = 0; i < entries; i++) {
        int64_t n = position[i] < 0 ? 1 : offsets[position[i] + 1] - offsets[position[i]];
        total += n ? n : 1;
    }
    return total;
}

/* Each entry becomes one per element; the first keeps its repetition level. */
static void step_repeat(struct levels *restrict to, const struct levels *restrict from,
                        int64_t entries, const int32_t *restrict offsets, uint8_t level)
{
    const uint8_t *repetition = (const uint8_t *)from->repetition.data;
    const uint8_t *definition = (const uint8_t *)from->definition.data;
    const int32_t *position = (const int32_t *)from->position.data;
    uint8_t *r = (uint8_t *)to->repetition.data, *d = (uint8_t *)to->definition.data;
    int32_t *p = (int32_t *)to->position.data;
    for (int64_t i = 0; i < entries; i++) {
        int32_t at = position[i], n = at < 0 ? 0 : offsets[at + 1] - offsets[at];
        *r++ = repetition[i];
        *d++ = (uint8_t)(definition[i] + (n > 0));
        *p++ = n > 0 ? offsets[at] : -1;
        for (int32_t k = 1; k < n; k++) {
            *r++ = level;
            *d++ = (uint8_t)(definition[i] + 1);
            *p++ = offsets[at] + k;
        }
    }
}

/* Positions of the entries that reached the leaf. */
static int64_t compact(int32_t *restrict to, const int32_t *restrict position, int64_t entries)
{
    int64_t n = 0;
    for (int64_t i = 0; i < entries; i++) {
        to[n] = position[i];
        n += position[i] >= 0;
    }
    return n;
}

/* A top-level column that is not a list or in one: validity bits are the definition levels. */
static void shred_flat(struct workspace *w, const struct column *c, int64_t row, int64_t rows,
                       struct slice *out)
{
    *out = (struct slice){.entries = rows, .values = rows, .first = row, .column = c};
    if (!c->validity) return;
    struct levels *l = &w->levels[0];
    reserve(l, rows);
    buffer_reset(&w->positions);
    buffer_reserve(&w->positions, (size_t)rows * sizeof(int32_t));
    uint8_t *restrict definition = (uint8_t *)l->definition.data;
    int32_t *restrict positions = (int32_t *)w->positions.data;
    int64_t n = 0;
    for (int64_t i = 0; i < rows; i++) {
        uint8_t valid = bit_get(c->validity, row + i);
        definition[i] = valid;
        positions[n] = (int32_t)(row + i);
        n += valid;
    }
    if (n == rows) return;
    out->definition = definition;
    out->positions = positions;
    out->values = n;
}

/* A column below structs alone, none of which is NULL anywhere: rows are its values. */
static bool shred_whole(const struct leaf *leaf, const struct column *c, int64_t row, int64_t rows,
                        struct slice *out)
{
    for (int s = 0; s < leaf->step_count; s++) {
        const struct step *step = &leaf->steps[s];
        if (step->kind == STEP_REPEAT || (step->kind != STEP_CHILD && c->validity)) return false;
        if (step->kind == STEP_CHILD) c = &c->children[step->child];
    }
    *out = (struct slice){.entries = rows, .values = rows, .first = row, .column = c};
    return true;
}

static error shred_steps(struct workspace *w, const struct leaf *leaf, const struct column *c,
                         int64_t row, int64_t rows, struct slice *out)
{
    struct levels *l = &w->levels[0], *other = &w->levels[1];
    reserve(l, rows);
    memset(l->repetition.data, 0, (size_t)rows);
    memset(l->definition.data, 0, (size_t)rows);
    for (int64_t i = 0; i < rows; i++) ((int32_t *)l->position.data)[i] = (int32_t)(row + i);
    int64_t entries = rows;
    uint8_t level = 0;
    for (int s = 0; s < leaf->step_count; s++) {
        const struct step *step = &leaf->steps[s];
        int32_t *position = (int32_t *)l->position.data;
        if (step->kind == STEP_OPTIONAL) {
            step_optional((uint8_t *)l->definition.data, position, entries, c);
        } else if (step->kind == STEP_REQUIRED) {
            TRY(step_required(leaf, position, entries, c));
        } else if (step->kind == STEP_CHILD) {
            c = &c->children[step->child];
        } else {
            int64_t total = repeat_count(position, entries, c->offsets);
            reserve(other, total);
            step_repeat(other, l, entries, c->offsets, ++level);
            entries = total;
            struct levels *swap = l;
            l = other;
            other = swap;
        }
    }
    buffer_reset(&w->positions);
    buffer_reserve(&w->positions, (size_t)(entries + 1) * sizeof(int32_t));
    *out = (struct slice){.entries = entries, .column = c};
    out->positions = (const int32_t *)w->positions.data;
    out->values = compact((int32_t *)w->positions.data, (const int32_t *)l->position.data, entries);
    if (leaf->max_repetition) out->repetition = (const uint8_t *)l->repetition.data;
    if (out->values < entries) out->definition = (const uint8_t *)l->definition.data;
    return OK;
}

error shred(struct workspace *w, const struct leaf *leaf, const struct batch *b, int64_t row,
            int64_t rows, struct slice *out)
{
    const struct column *c = &b->columns[leaf->field];
    if (leaf->step_count == 1 && leaf->steps[0].kind == STEP_OPTIONAL) {
        shred_flat(w, c, row, rows, out);
        return OK;
    }
    if (shred_whole(leaf, c, row, rows, out)) return OK;
    return shred_steps(w, leaf, c, row, rows, out);
}
