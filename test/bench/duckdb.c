/* The job core by DuckDB's C API: JSON lines -> typed columns -> one Parquet file.
 *
 *   duckdb LIBRARY SQL...      runs each statement and prints {"seconds": of the last one}
 *
 * The library has no header in its package: the six functions used are declared here as
 * https://duckdb.org/docs/api/c documents them. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct result {
    uint64_t counts[3];
    void *pointers[3];
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    void *library = argc > 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (!library) {
        fprintf(stderr, "usage: duckdb LIBRARY SQL...: %s\n", dlerror());
        return 2;
    }
    int (*open)(const char *, void **) = (int (*)(const char *, void **))dlsym(library, "duckdb_open");
    int (*connect)(void *, void **) = (int (*)(void *, void **))dlsym(library, "duckdb_connect");
    int (*query)(void *, const char *, struct result *) =
        (int (*)(void *, const char *, struct result *))dlsym(library, "duckdb_query");
    const char *(*error)(struct result *) =
        (const char *(*)(struct result *))dlsym(library, "duckdb_result_error");
    void *database = NULL, *connection = NULL;
    if (!open || !connect || !query || open(NULL, &database) || connect(database, &connection))
        return 2;
    double took = 0;
    for (int i = 2; i < argc; i++) {
        struct result result = {0};
        double begin = seconds();
        if (query(connection, argv[i], &result)) {
            fprintf(stderr, "duckdb: %s\n", error ? error(&result) : argv[i]);
            return 1;
        }
        took = seconds() - begin;
    }
    printf("{\"seconds\": %.6f}\n", took);
    return 0;
}
