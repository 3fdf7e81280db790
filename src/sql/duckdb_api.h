/* The part of DuckDB's C API (libduckdb 1.x) that Sluice calls, declared by hand because the
 * library comes without a header and is loaded with dlopen. One table serves as declaration and
 * as list of symbols. Handles are pointers; `destroy` functions take their address. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t duck_index;
typedef void *duck_config, *duck_database, *duck_connection, *duck_statements, *duck_prepared,
    *duck_chunk, *duck_vector, *duck_logical_type, *duck_value, *duck_function;
typedef void *duck_table_function, *duck_bind_info, *duck_init_info, *duck_function_info;
typedef void (*duck_kernel)(duck_function_info, duck_chunk input, duck_vector output);

enum duck_state { DUCK_SUCCESS = 0, DUCK_ERROR = 1 };

enum duck_type {
    DUCK_BOOLEAN = 1,
    DUCK_TINYINT = 2,
    DUCK_SMALLINT = 3,
    DUCK_INTEGER = 4,
    DUCK_BIGINT = 5,
    DUCK_UTINYINT = 6,
    DUCK_USMALLINT = 7,
    DUCK_UINTEGER = 8,
    DUCK_UBIGINT = 9,
    DUCK_FLOAT = 10,
    DUCK_DOUBLE = 11,
    DUCK_TIMESTAMP = 12,    /* int64 us */
    DUCK_DATE = 13,         /* int32 days */
    DUCK_TIME = 14,         /* int64 us of the day */
    DUCK_INTERVAL = 15,
    DUCK_HUGEINT = 16,
    DUCK_VARCHAR = 17,
    DUCK_BLOB = 18,
    DUCK_DECIMAL = 19,      /* int16, int32, int64 or int128 by width */
    DUCK_TIMESTAMP_S = 20,
    DUCK_TIMESTAMP_MS = 21,
    DUCK_TIMESTAMP_NS = 22,
    DUCK_ENUM = 23,
    DUCK_LIST = 24,
    DUCK_STRUCT = 25,
    DUCK_MAP = 26,          /* a list of struct(key, value) */
    DUCK_UUID = 27,
    DUCK_TIMESTAMP_TZ = 31, /* int64 us, UTC */
    DUCK_UHUGEINT = 32,
    DUCK_ARRAY = 33,        /* list of fixed length */
    DUCK_ANY = 34,
    DUCK_SQLNULL = 36,
};

enum duck_statement_type { DUCK_STATEMENT_SELECT = 1, DUCK_STATEMENT_EXPLAIN = 4 };

enum duck_error_type {
    DUCK_ERROR_OUT_OF_RANGE = 1,
    DUCK_ERROR_CONVERSION = 2,
    DUCK_ERROR_NOT_IMPLEMENTED = 11,
    DUCK_ERROR_IO = 28,
    DUCK_ERROR_INTERRUPT = 29,
    DUCK_ERROR_FATAL = 30,
    DUCK_ERROR_INTERNAL = 31,
    DUCK_ERROR_OUT_OF_MEMORY = 33,
    DUCK_ERROR_PERMISSION = 34,
};

struct duck_result { /* passed by value to fetch_chunk: the layout is part of the ABI */
    duck_index deprecated_counts[3];
    void *deprecated_columns;
    char *deprecated_error;
    void *internal;
};

struct duck_interval { int32_t months, days; int64_t us; };
struct duck_list_entry { uint64_t offset, length; };
union duck_string { /* 16 bytes: at most 12 bytes of text stand inline */
    struct { uint32_t length; char bytes[12]; } inlined;
    struct { uint32_t length; char prefix[4]; const char *data; } pointer;
};
_Static_assert(sizeof(union duck_string) == 16, "the layout of DuckDB's strings");

/* Borrowed from the vector. */
static inline const char *duck_string_data(const union duck_string *s)
{
    return s->inlined.length <= sizeof s->inlined.bytes ? s->inlined.bytes : s->pointer.data;
}

#define DUCK_FUNCTIONS(F)                                                                          \
    F(const char *, library_version, (void))                                                       \
    F(enum duck_state, create_config, (duck_config *))                                             \
    F(enum duck_state, set_config, (duck_config, const char *name, const char *value))             \
    F(void, destroy_config, (duck_config *))                                                       \
    F(enum duck_state, open_ext, (const char *path, duck_database *, duck_config, char **error))   \
    F(void, close, (duck_database *))                                                              \
    F(enum duck_state, connect, (duck_database, duck_connection *))                                \
    F(void, disconnect, (duck_connection *))                                                       \
    F(void, interrupt, (duck_connection))                                                          \
    F(void, free, (void *))                                                                        \
    F(enum duck_state, query, (duck_connection, const char *, struct duck_result *))               \
    F(duck_index, extract_statements, (duck_connection, const char *, duck_statements *))          \
    F(const char *, extract_statements_error, (duck_statements))                                   \
    F(enum duck_state, prepare_extracted_statement,                                                \
      (duck_connection, duck_statements, duck_index, duck_prepared *))                             \
    F(void, destroy_extracted, (duck_statements *))                                                \
    F(const char *, prepare_error, (duck_prepared))                                                \
    F(enum duck_statement_type, prepared_statement_type, (duck_prepared))                          \
    F(duck_index, nparams, (duck_prepared))                                                        \
    F(void, destroy_prepare, (duck_prepared *))                                                    \
    F(enum duck_state, execute_prepared_streaming, (duck_prepared, struct duck_result *))          \
    F(const char *, result_error, (struct duck_result *))                                          \
    F(enum duck_error_type, result_error_type, (struct duck_result *))                             \
    F(void, destroy_result, (struct duck_result *))                                                \
    F(duck_index, column_count, (struct duck_result *))                                            \
    F(const char *, column_name, (struct duck_result *, duck_index))                               \
    F(duck_logical_type, column_logical_type, (struct duck_result *, duck_index))                  \
    F(duck_chunk, fetch_chunk, (struct duck_result))                                               \
    F(duck_index, data_chunk_get_size, (duck_chunk))                                               \
    F(duck_vector, data_chunk_get_vector, (duck_chunk, duck_index))                                \
    F(void, destroy_data_chunk, (duck_chunk *))                                                    \
    F(void *, vector_get_data, (duck_vector))                                                      \
    F(uint64_t *, vector_get_validity, (duck_vector))                                              \
    F(duck_vector, list_vector_get_child, (duck_vector))                                           \
    F(duck_vector, struct_vector_get_child, (duck_vector, duck_index))                             \
    F(duck_vector, array_vector_get_child, (duck_vector))                                          \
    F(enum duck_type, get_type_id, (duck_logical_type))                                            \
    F(void, destroy_logical_type, (duck_logical_type *))                                           \
    F(uint8_t, decimal_width, (duck_logical_type))                                                 \
    F(uint8_t, decimal_scale, (duck_logical_type))                                                 \
    F(enum duck_type, decimal_internal_type, (duck_logical_type))                                  \
    F(enum duck_type, enum_internal_type, (duck_logical_type))                                     \
    F(uint32_t, enum_dictionary_size, (duck_logical_type))                                         \
    F(char *, enum_dictionary_value, (duck_logical_type, duck_index))                              \
    F(duck_logical_type, list_type_child_type, (duck_logical_type))                                \
    F(duck_logical_type, array_type_child_type, (duck_logical_type))                               \
    F(duck_index, array_type_array_size, (duck_logical_type))                                      \
    F(duck_logical_type, map_type_key_type, (duck_logical_type))                                   \
    F(duck_logical_type, map_type_value_type, (duck_logical_type))                                 \
    F(duck_index, struct_type_child_count, (duck_logical_type))                                    \
    F(char *, struct_type_child_name, (duck_logical_type, duck_index))                             \
    F(duck_logical_type, struct_type_child_type, (duck_logical_type, duck_index))                  \
    F(duck_table_function, create_table_function, (void))                                          \
    F(void, destroy_table_function, (duck_table_function *))                                       \
    F(void, table_function_set_name, (duck_table_function, const char *))                          \
    F(void, table_function_add_parameter, (duck_table_function, duck_logical_type))                \
    F(void, table_function_set_extra_info, (duck_table_function, void *, void (*free)(void *)))    \
    F(void, table_function_set_bind, (duck_table_function, void (*)(duck_bind_info)))              \
    F(void, table_function_set_init, (duck_table_function, void (*)(duck_init_info)))              \
    F(void, table_function_set_function,                                                           \
      (duck_table_function, void (*)(duck_function_info, duck_chunk)))                             \
    F(void, table_function_supports_projection_pushdown, (duck_table_function, bool))              \
    F(enum duck_state, register_table_function, (duck_connection, duck_table_function))            \
    F(void *, bind_get_extra_info, (duck_bind_info))                                               \
    F(duck_value, bind_get_parameter, (duck_bind_info, duck_index))                                \
    F(void, bind_add_result_column, (duck_bind_info, const char *, duck_logical_type))             \
    F(void, bind_set_bind_data, (duck_bind_info, void *, void (*free)(void *)))                    \
    F(void, bind_set_cardinality, (duck_bind_info, duck_index, bool exact))                        \
    F(void, bind_set_error, (duck_bind_info, const char *))                                        \
    F(void *, init_get_bind_data, (duck_init_info))                                                \
    F(duck_index, init_get_column_count, (duck_init_info))                                         \
    F(duck_index, init_get_column_index, (duck_init_info, duck_index))                             \
    F(void, init_set_init_data, (duck_init_info, void *, void (*free)(void *)))                    \
    F(void *, function_get_bind_data, (duck_function_info))                                        \
    F(void *, function_get_init_data, (duck_function_info))                                        \
    F(int64_t, get_int64, (duck_value))                                                            \
    F(void, destroy_value, (duck_value *))                                                         \
    F(duck_logical_type, create_logical_type, (enum duck_type))                                    \
    F(duck_logical_type, create_decimal_type, (uint8_t width, uint8_t scale))                      \
    F(duck_logical_type, create_list_type, (duck_logical_type))                                    \
    F(duck_logical_type, create_map_type, (duck_logical_type, duck_logical_type))                  \
    F(duck_logical_type, create_struct_type,                                                       \
      (duck_logical_type *, const char **names, duck_index))                                       \
    F(duck_index, vector_size, (void))                                                             \
    F(void, data_chunk_set_size, (duck_chunk, duck_index))                                         \
    F(void, vector_ensure_validity_writable, (duck_vector))                                        \
    F(void, vector_assign_string_element_len, (duck_vector, duck_index, const char *, duck_index)) \
    F(duck_index, list_vector_get_size, (duck_vector))                                             \
    F(enum duck_state, list_vector_reserve, (duck_vector, duck_index))                             \
    F(enum duck_state, list_vector_set_size, (duck_vector, duck_index))                            \
    F(duck_logical_type, vector_get_column_type, (duck_vector))                                    \
    F(duck_index, data_chunk_get_column_count, (duck_chunk))                                       \
    F(duck_function, create_scalar_function, (void))                                               \
    F(void, destroy_scalar_function, (duck_function *))                                            \
    F(void, scalar_function_set_name, (duck_function, const char *))                               \
    F(void, scalar_function_add_parameter, (duck_function, duck_logical_type))                     \
    F(void, scalar_function_set_return_type, (duck_function, duck_logical_type))                   \
    F(void, scalar_function_set_special_handling, (duck_function))                                 \
    F(void, scalar_function_set_extra_info, (duck_function, void *, void (*)(void *)))             \
    F(void, scalar_function_set_function, (duck_function, duck_kernel))                            \
    F(void *, scalar_function_get_extra_info, (duck_function_info))                                \
    F(void, scalar_function_set_error, (duck_function_info, const char *))                         \
    F(duck_function, create_scalar_function_set, (const char *))                                   \
    F(void, destroy_scalar_function_set, (duck_function *))                                        \
    F(enum duck_state, add_scalar_function_to_set, (duck_function, duck_function))                 \
    F(enum duck_state, register_scalar_function_set, (duck_connection, duck_function))

struct duck {
#define DUCK_MEMBER(returns, name, args) returns(*name) args;
    DUCK_FUNCTIONS(DUCK_MEMBER)
#undef DUCK_MEMBER
};
