/* serve_bench.c - durable completions through the real service: HTTP, turn, LMDB.
 * SPDX-License-Identifier: Apache-2.0
 *
 * serve_bench FOLDER SEGMENTS: the service runs in a process of its own. Four pilots, a
 * thread each, report tasks of 16 segments, 16 tasks a sync, and are given as many; the
 * part files lie in a store. Timed is from when all of them have work to the last answer,
 * the pilots' own share of two cores included. Yardstick: F, overwrites of 4 kB with
 * fdatasync a second in a zero-filled file, taken before and after.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "coordinator/book.h"
#include "coordinator/serve.h"
#include "proto/wire.h"
#include "tests/bench/measure.h"
#include "tests/bench/stock.h"
#include "tests/bench/worked.h"
#include "transfer/http.h"

#define PILOTS 4u
#define TASKS  16u

/* Segments that pilots may have when enough are done: two syncs each. */
#define IN_HAND (2 * PILOTS * TASKS * 16u)

struct bench {
    struct area area;
    struct book book;
    struct core *core;
    char store[AREA_PATH], url[128], token[AREA_TOKEN];
    uint64_t wanted;
    pthread_barrier_t started;
};

struct pilot {
    struct bench *bench;
    pthread_t thread;
    struct http_client *client;
    struct bytes body, answer;
    uint64_t completions;
    int64_t start_ns, end_ns;
};

static volatile sig_atomic_t stop;

static void on_term(int number)
{
    (void)number;
    stop = 1;
}

/* The service; its address is in the area once it listens. */
static pid_t service_start(const struct area *area)
{
    const char *const names[] = {STOCK_CAMPAIGN};
    const struct serve_options options = {
        .campaigns = names, .campaign_count = 1, .listen = "127.0.0.1:0"};
    struct log log = {.fd = STDERR_FILENO, .level = LOG_LEVEL_WARN, .room = "bench"};
    struct err err = {.text = "cannot fork"};
    pid_t pid = fork();
    measure_must(pid >= 0, &err);
    if (pid > 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with the bench */
    (void)sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_term}, NULL);
    measure_must(serve(area, &options, &log, &stop, &err), &err);
    _exit(0);
}

static void address_read(struct bench *bench, pid_t service)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    char path[AREA_PATH];
    struct bytes text;
    struct err err = {.text = "the service ended"};
    measure_must(area_path(&bench->area, SERVE_ADDRESS_FILE, path, &err), &err);
    bytes_init(&text, sizeof bench->url - 1);
    while (!disk_read_file(path, &text, &err) || text.size == 0) {
        measure_must(waitpid(service, NULL, WNOHANG) == 0, &err);
        (void)nanosleep(&pause, NULL);
    }
    (void)snprintf(bench->url, sizeof bench->url, "%.*s",
                   (int)strcspn((const char *)text.data, "\n"), (const char *)text.data);
    bytes_release(&text);
}

/* Posts the body; the answer replaces the one before. */
static void call(struct pilot *pilot, const char *path)
{
    char url[256];
    struct http_response response;
    struct err err;
    (void)snprintf(url, sizeof url, "%s%s", pilot->bench->url, path);
    const struct http_call post = {.url = url,
                                   .bearer = pilot->bench->token,
                                   .accept = "application/x-protobuf",
                                   .content_type = "application/x-protobuf",
                                   .body = pilot->body.data,
                                   .body_size = pilot->body.size,
                                   .limits = http_limits_usual(WIRE_MESSAGE_LIMIT)};
    bytes_clear(&pilot->answer);
    measure_must(http_post(pilot->client, &post, &pilot->answer, &response, &err), &err);
}

static uint64_t hello(struct pilot *pilot, struct arena *arena)
{
    struct hello_answer answer;
    struct err err;
    const struct hello self = {.protocol = PROTOCOL_VERSION, .executors = 1};
    measure_must(wire_hello_pack(&self, &pilot->body, &err), &err);
    call(pilot, "/pilot/hello");
    measure_must(wire_hello_answer_unpack(pilot->answer.data, pilot->answer.size, arena,
                                          &answer, &err),
                 &err);
    return answer.pilot;
}

static void sync_call(struct pilot *pilot, const struct sync *sync, struct arena *arena,
                      struct sync_answer *answer)
{
    struct err err;
    bytes_clear(&pilot->body);
    measure_must(wire_sync_pack(sync, &pilot->body, &err), &err);
    call(pilot, "/pilot/sync");
    arena_reset(arena);
    measure_must(wire_sync_answer_unpack(pilot->answer.data, pilot->answer.size, arena,
                                         answer, &err),
                 &err);
}

static void *pilot_run(void *user)
{
    struct pilot *pilot = user;
    struct bench *bench = pilot->bench;
    struct arena arena;
    struct report reports[TASKS];
    struct sync_answer answer;
    struct err err = {.text = "a good report was refused, or there was no work"};
    pilot->client = http_client_new();
    bytes_init(&pilot->body, WIRE_MESSAGE_LIMIT);
    bytes_init(&pilot->answer, WIRE_MESSAGE_LIMIT);
    arena_init(&arena, WIRE_MESSAGE_LIMIT);
    struct sync sync = {.pilot = hello(pilot, &arena), .want = TASKS, .reports = reports};
    sync_call(pilot, &sync, &arena, &answer);
    (void)pthread_barrier_wait(&bench->started);
    pilot->start_ns = clock_now_ns();
    while (pilot->completions < bench->wanted) {
        measure_must(answer.task_count > 0 && answer.task_count <= TASKS, &err);
        sync.report_count = answer.task_count;
        uint64_t segments = 0;
        for (uint32_t i = 0; i < answer.task_count; i++) {
            worked_report(bench->store, &bench->book.campaign, &answer.tasks[i], &arena,
                          &reports[i]);
            segments += reports[i].segment_count;
        }
        sync_call(pilot, &sync, &arena, &answer);
        measure_must(answer.verdict_count == sync.report_count, &err);
        for (uint32_t i = 0; i < answer.verdict_count; i++)
            measure_must(answer.verdicts[i].verdict == VERDICT_COMMITTED, &err);
        pilot->completions += segments;
    }
    pilot->end_ns = clock_now_ns();
    arena_release(&arena);
    bytes_release(&pilot->body);
    bytes_release(&pilot->answer);
    http_client_free(pilot->client);
    return NULL;
}

/* Completions a second of all pilots. */
static double pilots_run(struct bench *bench)
{
    struct pilot pilots[PILOTS];
    int64_t start_ns = INT64_MAX, end_ns = 0;
    uint64_t completions = 0;
    struct err err = {.text = "no thread"};
    measure_must(pthread_barrier_init(&bench->started, NULL, PILOTS) == 0, &err);
    for (uint32_t p = 0; p < PILOTS; p++) {
        pilots[p] = (struct pilot){.bench = bench};
        measure_must(pthread_create(&pilots[p].thread, NULL, pilot_run, &pilots[p]) == 0,
                     &err);
    }
    for (uint32_t p = 0; p < PILOTS; p++) {
        (void)pthread_join(pilots[p].thread, NULL);
        completions += pilots[p].completions;
        start_ns = pilots[p].start_ns < start_ns ? pilots[p].start_ns : start_ns;
        end_ns = pilots[p].end_ns > end_ns ? pilots[p].end_ns : end_ns;
    }
    (void)pthread_barrier_destroy(&bench->started);
    return 1e9 * (double)completions / (double)(end_ns - start_ns);
}

/* An area with a plan; more segments than are wanted, so that no run is ever whole. */
static void area_make(struct bench *bench, const char *folder, uint32_t segments)
{
    const struct stock stock = {
        .runs = 1, .builders = 10, .chunks = (segments + 999) / 1000, .spills = 100};
    struct catalog *catalog = NULL;
    struct catalog_txn *txn;
    struct err err;
    bool made;
    char path[AREA_PATH];
    (void)snprintf(bench->store, sizeof bench->store, "%s/store", folder);
    (void)snprintf(bench->area.folder, sizeof bench->area.folder, "%s/area", folder);
    memset(bench->token, 'a', sizeof bench->token - 1);
    measure_must(area_init(&bench->area, bench->token, &made, &err) &&
                     area_open(&bench->area, &err) &&
                     area_path(&bench->area, "catalog", path, &err) &&
                     catalog_open(path, CATALOG_WRITE, &catalog, &err),
                 &err);
    stock_runs(catalog, &stock);
    stock_plan(catalog, &stock, bench->store);
    measure_must(catalog_begin(catalog, &txn, &err), &err);
    measure_must(book_load(&bench->book, txn, STOCK_CAMPAIGN, &bench->core, &err), &err);
    catalog_abort(txn);
    catalog_close(catalog);
}

int main(int count, char **words)
{
    struct bench bench = {.wanted = 0};
    struct pairs pairs = {.count = 0};
    struct err err = {.text = "serve_bench FOLDER SEGMENTS"};
    uint64_t segments = 0;
    measure_must(count == 3, &err);
    measure_must(text_to_u64(words[2], 10000000, &segments, &err), &err);
    area_make(&bench, words[1], (uint32_t)(segments + segments / 2 + IN_HAND));
    bench.wanted = segments / PILOTS;
    double flushes = measure_flushes(words[1]);
    pid_t service = service_start(&bench.area);
    address_read(&bench, service);
    double rate = pilots_run(&bench);
    (void)kill(service, SIGTERM);
    (void)waitpid(service, NULL, 0);
    flushes = (flushes + measure_flushes(words[1])) / 2;
    pairs_add(&pairs, rate, flushes);
    pairs_print(&pairs, "completions.http", "/s");
    core_free(bench.core);
    book_release(&bench.book);
    return 0;
}
