/* conditions_bench.c - point queries per second of the embedded conditions service.
 * SPDX-License-Identifier: Apache-2.0
 *
 * conditions_bench [SECONDS]: a tag of 50 types with 10 000 intervals each, random
 * points, 1, 16 and 64 kept connections; the reference service was measured with the same
 * tag (conditions notes of the project: 262 to 667 requests a second on two cores).
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "coordinator/conditions_service.h"
#include "transfer/transfer.h"

#define TYPES   50u
#define ROWS    10000u
#define CLIENTS 64

struct client {
    pthread_t thread;
    unsigned port;
    uint64_t seed;
    atomic_bool *stop;
    uint64_t requests;
    uint64_t failed;
    uint64_t bytes;
};

static void check(bool done, const struct err *err)
{
    if (!done) {
        (void)fprintf(stderr, "%s\n", err->text);
        exit(1);
    }
}

static void write_tag(const char *folder)
{
    struct bytes text;
    struct err err = {0};
    char path[256];
    bytes_init(&text, (size_t)192 << 20);
    check(
        text_add(&text, "{\"name\":\"bench\",\"status\":\"frozen\",\"payloads\":[", &err),
        &err);
    for (unsigned i = 0; i < TYPES * ROWS; i++)
        check(text_addf(
                  &text, &err,
                  "%s{\"payload_type_name\":\"type_%u\",\"payload_url\":\"type_%u/%u\","
                  "\"checksum\":\"0123456789abcdef0123456789abcdef\",\"major_iov\":%u,"
                  "\"minor_iov\":0}",
                  i > 0 ? "," : "", i / ROWS, i / ROWS, i % ROWS, i % ROWS),
              &err);
    check(text_add(&text, "]}", &err), &err);
    (void)snprintf(path, sizeof path, "file:%s/tags/bench.json", folder);
    check(transfer_put(path, text.data, text.size, 0644, &err), &err);
    bytes_release(&text);
}

static void *ask(void *user)
{
    struct client *client = user;
    struct random random = {.state = client->seed};
    struct http_client *http = http_client_new();
    struct bytes answer;
    bytes_init(&answer, 1 << 20);
    while (!atomic_load(client->stop)) {
        char url[256];
        struct http_response response;
        struct err err = {0};
        (void)snprintf(url, sizeof url,
                       "http://127.0.0.1:%u/api/cdb_rest/payloadiovs/"
                       "?gtName=bench&majorIOV=%u&minorIOV=0",
                       client->port, (unsigned)random_below(&random, ROWS));
        struct http_call call = {.url = url, .limits = http_limits_usual(1 << 20)};
        bytes_clear(&answer);
        if (http_get(http, &call, &answer, &response, &err))
            client->bytes += answer.size;
        else
            client->failed++;
        client->requests++;
    }
    bytes_release(&answer);
    http_client_free(http);
    return NULL;
}

static void measure(unsigned port, unsigned count, int64_t duration_ns)
{
    static struct client clients[CLIENTS];
    atomic_bool stop = false;
    uint64_t requests = 0, failed = 0, bytes = 0;
    int64_t start_ns = clock_now_ns();
    for (unsigned i = 0; i < count; i++) {
        clients[i] = (struct client){.port = port, .seed = i, .stop = &stop};
        if (pthread_create(&clients[i].thread, NULL, ask, &clients[i]) != 0)
            exit(1);
    }
    clock_sleep_ns(duration_ns);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < count; i++) {
        (void)pthread_join(clients[i].thread, NULL);
        requests += clients[i].requests;
        failed += clients[i].failed;
        bytes += clients[i].bytes;
    }
    double seconds = (double)(clock_now_ns() - start_ns) * 1e-9;
    printf("%2u connections: %7.0f requests/s, %llu failed, %.0f bytes each\n", count,
           (double)requests / seconds, (unsigned long long)failed,
           requests > 0 ? (double)bytes / (double)requests : 0.0);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/conditions_bench.XXXXXX";
    char path[256];
    uint64_t seconds = 2;
    struct err err = {0};
    struct conditions_service *service = NULL;
    struct http_server *server = NULL;
    struct http_options options = http_options_usual("127.0.0.1:0");
    if (argc > 1)
        check(text_to_u64(argv[1], 3600, &seconds, &err), &err);
    if (!mkdtemp(folder))
        return 1;
    write_tag(folder);
    options.threads = 1;
    int64_t start_ns = clock_now_ns();
    check(conditions_service_new(folder, &service, &err), &err);
    printf("%u rows read in %.2f s\n", TYPES * ROWS,
           (double)(clock_now_ns() - start_ns) * 1e-9);
    check(http_server_new(&options, conditions_service_handle, service, &server, &err),
          &err);
    static const unsigned counts[] = {1, 16, 64};
    for (size_t i = 0; i < 3; i++)
        measure(http_server_port(server), counts[i], (int64_t)seconds * 1000000000);
    http_server_stop(server);
    conditions_service_free(service);
    (void)snprintf(path, sizeof path, "%s/tags/bench.json", folder);
    (void)remove(path);
    (void)snprintf(path, sizeof path, "%s/tags", folder);
    (void)remove(path);
    (void)remove(folder);
    return 0;
}
