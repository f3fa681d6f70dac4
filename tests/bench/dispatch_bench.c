/* dispatch_bench.c - empty tasks through a real pilot of two ranks, without a catalog.
 * SPDX-License-Identifier: Apache-2.0
 *
 * dispatch_bench FOLDER PILOT PING TASKS PAIRS: "dispatch" is tasks a second, from the
 * first report to the last, of TASKS tasks in which there is nothing to do: they are for
 * another release, which the executor sees at once. Each is handed out over HTTP by a
 * stand-in for the coordinator in this program, by the lead over MPI to the one rank,
 * over its pipe to the executor, and its report comes all the way back. The yardstick is
 * a loop of messages of 200 bytes between two MPI ranks (PING), there and back.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "coordinator/http_server.h"
#include "proto/wire.h"
#include "tests/bench/measure.h"

#define LIMIT    ((size_t)64 << 20)
#define TOKEN    "bench"
#define LEASE_NS ((int64_t)60000000000)

static struct dispatch {
    pthread_mutex_t mutex;
    uint64_t wanted, given, done;
    int64_t first_ns, last_ns; /* reports */
} dispatch = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void hello_take(const uint8_t *data, size_t size, struct arena *arena,
                       struct bytes *body)
{
    struct err err;
    struct hello hello;
    struct hello_answer answer = {
        .pilot = 1, .lease_ns = LEASE_NS, .heartbeat_ns = LEASE_NS / 4};
    measure_must(wire_hello_unpack(data, size, arena, &hello, &err), &err);
    measure_must(wire_hello_answer_pack(&answer, body, &err), &err);
}

static void reports_take(const struct sync *sync, struct sync_verdict *verdicts)
{
    for (uint32_t i = 0; i < sync->report_count; i++) {
        const struct report *report = &sync->reports[i];
        struct err failure = report->failure;
        measure_must(failure.code == E_WORKER_RELEASE, &failure);
        verdicts[i] =
            (struct sync_verdict){.attempt = report->attempt, .verdict = VERDICT_NOTED};
        dispatch.last_ns = clock_now_ns();
        if (dispatch.done++ == 0)
            dispatch.first_ns = dispatch.last_ns;
    }
}

static void sync_take(const uint8_t *data, size_t size, struct arena *arena,
                      struct bytes *body)
{
    static const struct recipe recipe = {.reconstruct = false};
    static const struct task_segment segment = {.index = 0};
    static struct task tasks[SYNC_TASKS];
    static struct sync_verdict verdicts[SYNC_REPORTS];
    struct err err;
    struct sync sync;
    measure_must(wire_sync_unpack(data, size, arena, &sync, &err), &err);
    struct sync_answer answer = {.tasks = tasks,
                                 .verdicts = verdicts,
                                 .verdict_count = sync.report_count,
                                 .pause_ms = 1};
    reports_take(&sync, verdicts);
    while (answer.task_count < sync.want && dispatch.given < dispatch.wanted) {
        uint64_t number = ++dispatch.given;
        tasks[answer.task_count++] = (struct task){.attempt = number,
                                                   .token = number,
                                                   .kind = TASK_PROCESS,
                                                   .steps = STEP_RECO | STEP_SELECT,
                                                   .recipe = &recipe,
                                                   .segments = &segment,
                                                   .segment_count = 1};
    }
    answer.drain = dispatch.done == dispatch.wanted;
    measure_must(wire_sync_answer_pack(&answer, body, &err), &err);
}

static void handle(struct http_request *request, void *user)
{
    (void)user;
    struct arena arena;
    struct bytes body;
    size_t size;
    const uint8_t *data = http_request_body(request, &size);
    arena_init(&arena, LIMIT);
    bytes_init(&body, LIMIT);
    (void)pthread_mutex_lock(&dispatch.mutex);
    if (strcmp(http_request_path(request), "/pilot/hello") == 0)
        hello_take(data, size, &arena, &body);
    else
        sync_take(data, size, &arena, &body);
    (void)pthread_mutex_unlock(&dispatch.mutex);
    http_answer(request, &(struct http_reply){.status = 200,
                                              .content_type = "application/x-protobuf",
                                              .body = body.data,
                                              .size = body.size});
    bytes_release(&body);
    arena_release(&arena);
}

static void file_write(char path[256], const char *folder, const char *name,
                       const char *text)
{
    struct err err;
    (void)snprintf(path, 256, "%s/%s", folder, name);
    measure_must(disk_write_durable(path, text, strlen(text), 0600, &err), &err);
}

/* Tasks a second. */
static double pilot_run(const char *folder, const char *program, uint64_t tasks)
{
    struct http_server *server;
    struct err err;
    char url[64], address[256], token[256], log[256];
    struct http_options options = http_options_usual("127.0.0.1:0");
    dispatch.wanted = tasks;
    dispatch.given = dispatch.done = 0;
    measure_must(http_server_new(&options, handle, NULL, &server, &err), &err);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u\n", http_server_port(server));
    file_write(address, folder, "address", url);
    file_write(token, folder, "token", TOKEN "\n");
    (void)snprintf(log, sizeof log, "%s/log", folder);
    const char *const words[] = {"mpirun",
                                 "--output-filename",
                                 log,
                                 "-n",
                                 "2",
                                 program,
                                 "--coordinator",
                                 address,
                                 "--token",
                                 token,
                                 "--scratch",
                                 folder,
                                 "--cache",
                                 folder,
                                 NULL};
    (void)measure_child(words);
    http_server_stop(server);
    return (double)(dispatch.done - 1) * 1e9 /
           (double)(dispatch.last_ns - dispatch.first_ns);
}

/* Messages there and back, a second. */
static double ping_run(const char *folder, const char *program)
{
    struct err err;
    char path[256];
    struct bytes text;
    double rate = 0;
    (void)snprintf(path, sizeof path, "%s/ping", folder);
    const char *const words[] = {"mpirun", "-n", "2", program, path, NULL};
    (void)measure_child(words);
    bytes_init(&text, 64);
    measure_must(disk_read_file(path, &text, &err), &err);
    measure_must(bytes_append(&text, "", 1, &err), &err);
    rate = strtod((const char *)text.data, NULL);
    bytes_release(&text);
    return rate;
}

int main(int count, char **words)
{
    struct err err = {.text = "dispatch_bench FOLDER PILOT PING TASKS PAIRS"};
    struct pairs pairs = {.count = 0};
    uint64_t tasks = 0, rounds = 0;
    measure_must(count == 6, &err);
    measure_must(text_to_u64(words[4], 10000000, &tasks, &err) &&
                     text_to_u64(words[5], MEASURE_PAIRS, &rounds, &err),
                 &err);
    (void)setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    (void)setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    (void)setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 1);
    (void)setenv("OMPI_MCA_mpi_yield_when_idle", "1", 1);
    for (uint64_t round = 0; round < rounds; round++) {
        double ping = ping_run(words[1], words[3]);
        pairs_add(&pairs, pilot_run(words[1], words[2], tasks), ping);
    }
    pairs_print(&pairs, "dispatch", "/s");
    return 0;
}
