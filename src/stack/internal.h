/* What the files of stack/ share. */
#pragma once

#include "stack/stack.h"

/* YAML to a document (yaml.c). */
error yaml_read(span text, json_t **out) MUST_CHECK;

/* Where a value stands, spelled out only when it is told. */
struct place {
    const struct place *up;
    const char *name;   /* NULL: the element `index` */
    size_t index;
};
/* "/Resources/Bucket/Properties/Tags/0", in the arena. */
const char *place_text(struct arena *, const struct place *);
/* ERR_VALIDATION: "Template error: [PLACE] words". */
error place_fail(struct template_scope *, const struct place *, const char *format, ...)
    PRINTF(3, 4);

/* Evaluates one value; NULL: AWS::NoValue. */
error evaluate(struct template_scope *, const struct place *, const json_t *, json_t **out) MUST_CHECK;
/* A value that must be a text, a list; new reference or arena's text. */
error evaluate_text(struct template_scope *, const struct place *, const json_t *,
                    const char **out) MUST_CHECK;
error evaluate_list(struct template_scope *, const struct place *, const json_t *,
                    json_t **out) MUST_CHECK;
/* Truth of a condition function, "true", or {"Condition": NAME} (condition.c). */
error condition_holds(struct template_scope *, const struct place *, const json_t *,
                      bool *out) MUST_CHECK;
/* Truth of a condition of the template's Conditions. */
error condition_named(struct template_scope *, const struct place *, const char *name,
                      bool *out) MUST_CHECK;
/* Fn::Cidr (cidr.c): `count` blocks with `bits` host bits within the block. */
error cidr_split(struct template_scope *, const struct place *, const char *block, int64_t count,
                 int64_t bits, json_t **out) MUST_CHECK;
