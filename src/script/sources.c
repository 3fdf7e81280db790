/* The Python files of python/, as they are, in the binary. A row per file: the Makefile makes this
 * object again when one of them changes. */
#include "script/internal.h"

#define SOURCES(F)                                                                                 \
    F(awsglue, "awsglue", "awsglue/__init__.py", true)                                             \
    F(awsglue_context, "awsglue.context", "awsglue/context.py", false)                             \
    F(awsglue_dynamicframe, "awsglue.dynamicframe", "awsglue/dynamicframe.py", false)              \
    F(awsglue_gluetypes, "awsglue.gluetypes", "awsglue/gluetypes.py", false)                       \
    F(awsglue_job, "awsglue.job", "awsglue/job.py", false)                                         \
    F(awsglue_relationalize, "awsglue.relationalize", "awsglue/relationalize.py", false)           \
    F(awsglue_transforms, "awsglue.transforms", "awsglue/transforms.py", false)                    \
    F(awsglue_utils, "awsglue.utils", "awsglue/utils.py", false)                                   \
    F(pyspark, "pyspark", "pyspark/__init__.py", true)                                             \
    F(pyspark_conf, "pyspark.conf", "pyspark/conf.py", false)                                      \
    F(pyspark_context, "pyspark.context", "pyspark/context.py", false)                             \
    F(pyspark_errors, "pyspark.errors", "pyspark/errors.py", false)                                \
    F(pyspark_sql, "pyspark.sql", "pyspark/sql/__init__.py", true)                                 \
    F(pyspark_sql_column, "pyspark.sql.column", "pyspark/sql/column.py", false)                    \
    F(pyspark_sql_dataframe, "pyspark.sql.dataframe", "pyspark/sql/dataframe.py", false)           \
    F(pyspark_sql_functions, "pyspark.sql.functions", "pyspark/sql/functions.py", false)           \
    F(pyspark_sql_group, "pyspark.sql.group", "pyspark/sql/group.py", false)                       \
    F(pyspark_sql_join, "pyspark.sql.join", "pyspark/sql/join.py", false)                          \
    F(pyspark_sql_missing, "pyspark.sql.missing", "pyspark/sql/missing.py", false)                 \
    F(pyspark_sql_readwriter, "pyspark.sql.readwriter", "pyspark/sql/readwriter.py", false)        \
    F(pyspark_sql_session, "pyspark.sql.session", "pyspark/sql/session.py", false)                 \
    F(pyspark_sql_show, "pyspark.sql.show", "pyspark/sql/show.py", false)                          \
    F(pyspark_sql_sqltext, "pyspark.sql.sqltext", "pyspark/sql/sqltext.py", false)                 \
    F(pyspark_sql_streaming, "pyspark.sql.streaming", "pyspark/sql/streaming.py", false)           \
    F(pyspark_sql_types, "pyspark.sql.types", "pyspark/sql/types.py", false)                       \
    F(pyspark_sql_udf, "pyspark.sql.udf", "pyspark/sql/udf.py", false)                             \
    F(pyspark_sql_utils, "pyspark.sql.utils", "pyspark/sql/utils.py", false)                       \
    F(pyspark_sql_values, "pyspark.sql.values", "pyspark/sql/values.py", false)                    \
    F(pyspark_sql_window, "pyspark.sql.window", "pyspark/sql/window.py", false)                    \
    F(pyspark_storagelevel, "pyspark.storagelevel", "pyspark/storagelevel.py", false)              \
    F(sluice_boot, "sluice_boot", "sluice_boot.py", false)                                         \
    F(sluice_check, "sluice_check", "sluice_check.py", false)                                      \
    F(sluice_plan, "sluice_plan", "sluice_plan.py", false)                                         \
    F(sluice_time, "sluice_time", "sluice_time.py", false)

#define EMBED(name, module, path, package)                                                         \
    __asm__(".pushsection .rodata\n"                                                               \
            "source_" #name ": .incbin \"src/script/python/" path "\"\n"                           \
            "source_" #name "_end: .byte 0\n"                                                      \
            ".popsection\n");                                                                      \
    extern const char source_##name[], source_##name##_end[];
SOURCES(EMBED)
#undef EMBED

span source_find(const char *module, bool *package)
{
#define ROW(name, module, path, package) {module, source_##name, source_##name##_end, package},
    static const struct { const char *name, *begin, *end; bool package; } rows[] = {SOURCES(ROW)};
#undef ROW
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, module) != 0) continue;
        *package = rows[i].package;
        return (span){rows[i].begin, (size_t)(rows[i].end - rows[i].begin)};
    }
    return (span){0};
}
