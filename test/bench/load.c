/* The load driver of the benchmarks: plain HTTP/1.1 over keep-alive connections of 127.0.0.1, a
 * thread each, so small that the client is not what is measured.
 *
 *   load PORT CONNECTIONS REQUESTS HEADS [BODY]
 *
 * HEADS holds request heads as they are sent, signed by whoever made them, each up to its empty
 * line; request i sends head i (modulo their count) and the BODY. Prints one JSON object. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { REPLY_BYTES = 256 * 1024, CONNECTIONS_MAX = 4096, SHOWN_BYTES = 400 };

struct text { char *data; size_t size; };
struct reply { int status; long long size; };

static int port, connections, requests, next_request, failed;
static struct text body, *heads;
static size_t head_count;
static double *latencies;
static long long received;
static char first_failure[SHOWN_BYTES + 1];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct text read_file(const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &status) != 0) die(path);
    struct text text = {malloc((size_t)status.st_size + 1), (size_t)status.st_size};
    if (!text.data || fread(text.data, 1, text.size, file) != text.size) die(path);
    text.data[text.size] = '\0';
    fclose(file);
    return text;
}

static void split_heads(struct text all)
{
    for (char *at = all.data, *end; (end = strstr(at, "\r\n\r\n")); at = end + 4) {
        heads = realloc(heads, (head_count + 1) * sizeof *heads);
        heads[head_count++] = (struct text){at, (size_t)(end + 4 - at)};
    }
    if (!head_count) die("no request heads");
}

static int connect_to_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return s;
}

static void send_all(int s, struct text text, int flags)
{
    for (size_t sent = 0; sent < text.size;) {
        ssize_t n = send(s, text.data + sent, text.size - sent, flags | MSG_NOSIGNAL);
        if (n <= 0) die("send");
        sent += (size_t)n;
    }
}

static size_t receive(int s, char *to, size_t size)
{
    ssize_t n = recv(s, to, size, 0);
    if (n <= 0) die("the server closed a connection");
    return (size_t)n;
}

/* The rest of a chunked body: the last chunk is told by the bytes that end it. */
static long long receive_chunks(int s, char *buffer, size_t have)
{
    long long total = (long long)have;
    while (have < 5 || memcmp(buffer + have - 5, "0\r\n\r\n", 5) != 0) {
        size_t kept = have < 5 ? have : 5;
        memmove(buffer, buffer + have - kept, kept);
        size_t got = receive(s, buffer + kept, REPLY_BYTES - kept);
        have = kept + got;
        total += (long long)got;
    }
    return total;
}

static struct reply receive_reply(int s, char *buffer, bool *closes)
{
    size_t have = 0;
    char *end = NULL;
    while (!end) {
        if (have == REPLY_BYTES) die("a reply's head is too long");
        have += receive(s, buffer + have, REPLY_BYTES - have);
        buffer[have] = '\0';
        end = strstr(buffer, "\r\n\r\n");
    }
    *end = '\0';
    char *length = strcasestr(buffer, "\r\ncontent-length:");
    struct reply reply = {.status = atoi(buffer + 9)};
    *closes = strcasestr(buffer, "\r\nconnection: close");
    size_t head = (size_t)(end + 4 - buffer), rest = have - head;
    if (reply.status / 100 != 2 && !first_failure[0])
        snprintf(first_failure, sizeof first_failure, "%s %.*s", buffer,
                 (int)(rest < 200 ? rest : 200), end + 4);
    if (!length && strcasestr(buffer, "\r\ntransfer-encoding: chunked")) {
        memmove(buffer, buffer + head, rest);
        reply.size = receive_chunks(s, buffer, rest);
        return reply;
    }
    reply.size = length ? atoll(length + 17) : 0;
    for (long long left = reply.size - (long long)rest; left > 0;)
        left -= (long long)receive(s, buffer, left < REPLY_BYTES ? (size_t)left : REPLY_BYTES);
    return reply;
}

static void *run_connection(void *unused)
{
    (void)unused;
    char *buffer = malloc(REPLY_BYTES + 1);
    int s = connect_to_server();
    for (;;) {
        int i = __atomic_fetch_add(&next_request, 1, __ATOMIC_RELAXED);
        if (i >= requests) break;
        bool closes;
        double start = now();
        send_all(s, heads[(size_t)i % head_count], body.size ? MSG_MORE : 0);
        send_all(s, body, 0);
        struct reply reply = receive_reply(s, buffer, &closes);
        latencies[i] = now() - start;
        __atomic_fetch_add(&received, reply.size, __ATOMIC_RELAXED);
        if (reply.status / 100 != 2) __atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED);
        if (!closes) continue;
        close(s);
        s = connect_to_server();
    }
    close(s);
    free(buffer);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* As a JSON string's inside. */
static void print_escaped(const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') printf("\\%c", *text);
        else putchar((unsigned char)*text < ' ' ? ' ' : *text);
    }
}

static void report(double seconds)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    double cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                 (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
    qsort(latencies, (size_t)requests, sizeof *latencies, compare);
    printf("{\"requests\": %d, \"failed\": %d, \"seconds\": %.6f, \"p50_ms\": %.4f, "
           "\"p99_ms\": %.4f, \"max_ms\": %.4f, \"received\": %lld, \"client_cpu\": %.4f, "
           "\"first_failure\": \"",
           requests, failed, seconds, latencies[requests / 2] * 1e3,
           latencies[(long long)requests * 99 / 100] * 1e3, latencies[requests - 1] * 1e3,
           received, cpu);
    print_escaped(first_failure);
    puts("\"}");
}

int main(int argc, char **argv)
{
    if (argc < 5 || argc > 6) {
        fputs("usage: load PORT CONNECTIONS REQUESTS HEADS [BODY]\n", stderr);
        return 2;
    }
    port = atoi(argv[1]);
    connections = atoi(argv[2]);
    requests = atoi(argv[3]);
    if (connections < 1 || connections > CONNECTIONS_MAX || requests < 1) return 2;
    split_heads(read_file(argv[4]));
    if (argc > 5) body = read_file(argv[5]);
    latencies = calloc((size_t)requests, sizeof *latencies);

    pthread_t threads[CONNECTIONS_MAX];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    double start = now();
    for (int i = 0; i < connections; i++)
        if (pthread_create(&threads[i], &small, run_connection, NULL) != 0) die("thread");
    for (int i = 0; i < connections; i++) pthread_join(threads[i], NULL);
    report(now() - start);
    return 0;
}
