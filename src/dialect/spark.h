/* What Spark SQL's files share. Spark 3.5 with spark.sql.ansi.enabled=false and session zone UTC, as
 * AWS Glue's jobs run it. */
#pragma once

#include "dialect/internal.h"

extern const struct function spark_functions[];
extern const char *const spark_refused[];

/* ---- spark_type.c ---- */

const char *spark_type_name(struct arena *, const struct dialect_type *); /* int, array<string> */
const struct dialect_type *spark_common_type(struct arena *, const struct dialect_type *,
                                             const struct dialect_type *);
int spark_distance(struct arena *, const struct dialect_type *from, const struct dialect_type *to);
error spark_compare(struct analyzer *, const struct node *at, const char *sign, struct value,
                    struct value, const struct code **out) MUST_CHECK;
error spark_arithmetic(struct analyzer *, const struct node *at, const char *sign, struct value,
                       struct value, struct value *out) MUST_CHECK;
error spark_negation(struct analyzer *, struct value, struct value *out) MUST_CHECK;

/* ---- spark_cast.c ---- */

error spark_cast(struct analyzer *, const struct node *at, const struct code *,
                 const struct dialect_type *from, const struct dialect_type *to, enum cast_mode,
                 const struct code **out) MUST_CHECK;

/* ---- spark_nested.c ---- */

error spark_subscript(struct analyzer *, const struct node *at, struct value base,
                      struct value index, struct value *out) MUST_CHECK;
/* value.name: of a struct, of each struct of an array, of a map's key */
error spark_field(struct analyzer *, const struct node *at, const char *name,
                  struct value *v) MUST_CHECK;

/* ---- spark_parse.c ---- */

error spark_type_from_node(struct analyzer *, const struct node *,
                           const struct dialect_type **out) MUST_CHECK;
bool spark_is_whole_days(const struct node *interval);
/* What a column is called that has no alias: (a + 1), count(1). */
const char *spark_item_name(struct analyzer *, const struct node *);

/* ---- rules of functions: see struct function ---- */

error spark_if(struct call *);
error spark_coalesce(struct call *);
error spark_nvl2(struct call *);
error spark_nullif(struct call *);
error spark_greatest(struct call *);
error spark_least(struct call *);
error spark_typeof(struct call *);
error spark_equal_null(struct call *);
error spark_decode(struct call *);
error spark_cast_call(struct call *);
error spark_abs(struct call *);
error spark_positive(struct call *);
error spark_negative(struct call *);
error spark_round(struct call *);
error spark_bround(struct call *);
error spark_ceiling(struct call *);
error spark_floor(struct call *);
error spark_div(struct call *);
error spark_mod(struct call *);
error spark_pmod(struct call *);
error spark_bitwise(struct call *);
error spark_one_side_trim(struct call *);
error spark_concat(struct call *);
error spark_concat_ws(struct call *);
error spark_elt(struct call *);
error spark_format_number(struct call *);
error spark_sha2(struct call *);
error spark_encode(struct call *);
error spark_now(struct call *);
error spark_today(struct call *);
error spark_unix_timestamp(struct call *);
error spark_timestampadd(struct call *);
error spark_timestampdiff(struct call *);
error spark_date_part(struct call *);
error spark_trunc(struct call *);
error spark_date_trunc(struct call *);
error spark_array(struct call *);
error spark_size(struct call *);
error spark_sequence(struct call *);
error spark_element_at(struct call *);
error spark_aggregate(struct call *);
error spark_map(struct call *);
error spark_struct(struct call *);
error spark_named_struct(struct call *);
error spark_map_entries(struct call *);
error spark_map_from_entries(struct call *);
error spark_map_filter(struct call *);
error spark_transform_values(struct call *);
error spark_transform_keys(struct call *);
error spark_from_json(struct call *);
error spark_to_json(struct call *);
error spark_grouping(struct call *);
error spark_max(struct call *);
error spark_min(struct call *);
error spark_count(struct call *);
error spark_sum(struct call *);
error spark_avg(struct call *);
error spark_first(struct call *);
error spark_last(struct call *);
error spark_collect_set(struct call *);
error spark_percentile_approx(struct call *);
/* 'a INT, b ARRAY<STRING>' and 'a: INT' as struct<a:int,...> */
const char *spark_schema_text(struct arena *, const char *ddl);

/* ---- spark_parse.c, for the parser ---- */

error spark_parse_type(struct parser *, struct node **out) MUST_CHECK;
error spark_parse_interval(struct parser *, struct node **out) MUST_CHECK;
error spark_parse_lateral_views(struct parser *, struct node *select) MUST_CHECK;
bool spark_is_generator(const struct node *);
void spark_select_desugar(struct parser *, struct node *select);

/* ---- spark_relation.c ---- */

/* An item of FROM that makes rows of values; `left`: what stands before it, in sight. */
error spark_generator(struct analyzer *, const struct scope *outer, const struct node *,
                      const struct relation *left, struct relation *out) MUST_CHECK;
