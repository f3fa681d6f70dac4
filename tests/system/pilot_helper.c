/* pilot_helper.c - a small coordinator without catalog, for the tests of the pilot.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   pilot_helper ADDRESS TOKEN OUT LOSE TASK...
 *
 * Hands out the packed tasks of the files, each until it is reported done, and writes the
 * report to OUT/<number>.report. Every LOSE-th answer (0: none) is lost on its way: what
 * was asked is done, the pilot gets 503. While there is a file OUT.hold, no more attempts
 * are handed out than the number in it. Ends when all is done, after telling a pilot.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "coordinator/http_server.h"
#include "proto/wire.h"

#define LIMIT    ((size_t)64 << 20)
#define TASKS    512
#define LEASE_NS ((int64_t)2000000000)

enum state { WAITING, LEASED, DONE };

struct work {
    struct arena arena;
    struct task task;
    enum state state;
    int64_t leased_ns;
};

struct fake {
    pthread_mutex_t mutex;
    const char *out, *token;
    uint64_t lose, syncs, attempts;
    uint32_t count, done, failed;
    bool told; /* a pilot knows that all is done */
    struct work works[TASKS];
};

static struct fake fake = {.mutex = PTHREAD_MUTEX_INITIALIZER};
static struct err err;

static void must(bool done)
{
    if (done)
        return;
    (void)fprintf(stderr, "pilot_helper: %s\n", err.text);
    exit(1);
}

static void answer(struct http_request *request, unsigned status,
                   const struct bytes *body)
{
    http_answer(request, &(struct http_reply){.status = status,
                                              .content_type = "application/x-protobuf",
                                              .body = body->data,
                                              .size = body->size});
}

static enum verdict report_take(const struct report *report)
{
    for (uint32_t i = 0; i < fake.count; i++) {
        struct work *work = &fake.works[i];
        if (work->task.attempt != report->attempt || work->task.token != report->token)
            continue;
        if (report->status != REPORT_DONE) {
            work->state = work->state == LEASED ? WAITING : work->state;
            fake.failed += report->status == REPORT_FAILED;
            (void)fprintf(stderr, "task %u: status %d: %s\n", i, report->status,
                          report->failure.text);
            return VERDICT_NOTED;
        }
        if (work->state != DONE) {
            char path[512];
            struct bytes packed;
            bytes_init(&packed, LIMIT);
            (void)snprintf(path, sizeof path, "%s/%u.report", fake.out, i);
            must(wire_report_pack(report, &packed, &err));
            must(disk_write_durable(path, packed.data, packed.size, 0644, &err));
            bytes_release(&packed);
            fake.done++;
        }
        work->state = DONE;
        return VERDICT_COMMITTED;
    }
    return VERDICT_REFUSED;
}

static bool is_held(const struct sync *sync, uint64_t attempt)
{
    for (uint32_t i = 0; i < sync->held_count; i++)
        if (sync->held[i] == attempt)
            return true;
    return false;
}

static uint64_t attempts_allowed(void)
{
    char path[512], text[32] = "";
    (void)snprintf(path, sizeof path, "%s.hold", fake.out);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return UINT64_MAX;
    size_t size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    return strtoull(text, NULL, 10);
}

static void give(const struct sync *sync, struct task *tasks, struct sync_answer *out)
{
    int64_t now_ns = clock_now_ns();
    uint64_t allowed = attempts_allowed();
    for (uint32_t i = 0; i < fake.count; i++) {
        struct work *work = &fake.works[i];
        if (work->state == LEASED && is_held(sync, work->task.attempt))
            work->leased_ns = now_ns;
        if (work->state == LEASED && now_ns - work->leased_ns > LEASE_NS)
            work->state = WAITING;
        if (work->state != WAITING || out->task_count >= sync->want ||
            fake.attempts >= allowed)
            continue;
        work->state = LEASED;
        work->leased_ns = now_ns;
        work->task.attempt = ++fake.attempts;
        work->task.token = clock_random_token();
        tasks[out->task_count++] = work->task;
    }
}

static void sync_answer_make(const struct sync *sync, struct bytes *body)
{
    static struct task tasks[SYNC_TASKS];
    static struct sync_verdict verdicts[SYNC_REPORTS];
    struct sync_answer out = {.tasks = tasks, .verdicts = verdicts, .pause_ms = 50};
    for (uint32_t i = 0; i < sync->report_count; i++)
        verdicts[out.verdict_count++] =
            (struct sync_verdict){.attempt = sync->reports[i].attempt,
                                  .verdict = report_take(&sync->reports[i])};
    give(sync, tasks, &out);
    out.drain = fake.done == fake.count;
    must(wire_sync_answer_pack(&out, body, &err));
}

static void handle(struct http_request *request, void *user)
{
    (void)user;
    struct arena arena;
    struct bytes body;
    size_t size;
    const uint8_t *data = http_request_body(request, &size);
    const char *bearer = http_request_bearer(request);
    arena_init(&arena, LIMIT);
    bytes_init(&body, LIMIT);
    (void)pthread_mutex_lock(&fake.mutex);
    bool lost = false;
    unsigned status = 200;
    if (bearer == NULL || strcmp(bearer, fake.token) != 0)
        status = 401;
    else if (strcmp(http_request_path(request), "/pilot/hello") == 0) {
        struct hello_answer out = {
            .pilot = 1, .lease_ns = LEASE_NS, .heartbeat_ns = LEASE_NS / 4};
        must(wire_hello_answer_pack(&out, &body, &err));
    } else {
        struct sync sync;
        must(wire_sync_unpack(data, size, &arena, &sync, &err));
        sync_answer_make(&sync, &body);
        lost = fake.lose > 0 && ++fake.syncs % fake.lose == 0;
        fake.told = fake.told || (fake.done == fake.count && !lost);
    }
    (void)pthread_mutex_unlock(&fake.mutex);
    answer(request, lost ? 503 : status, &body);
    bytes_release(&body);
    arena_release(&arena);
}

static void task_load(const char *path, struct work *work)
{
    struct bytes file;
    bytes_init(&file, LIMIT);
    arena_init(&work->arena, LIMIT);
    must(disk_read_file(path, &file, &err));
    must(wire_task_unpack(file.data, file.size, &work->arena, &work->task, &err));
    bytes_release(&file);
}

int main(int argc, char **argv)
{
    struct http_server *server;
    char url[64];
    if (argc < 6 || argc - 5 > TASKS)
        return 2;
    fake.token = argv[2];
    fake.out = argv[3];
    must(text_to_u64(argv[4], 1000, &fake.lose, &err));
    for (int i = 5; i < argc; i++)
        task_load(argv[i], &fake.works[fake.count++]);
    struct http_options options = http_options_usual("127.0.0.1:0");
    must(http_server_new(&options, handle, NULL, &server, &err));
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u\n", http_server_port(server));
    must(disk_write_durable(argv[1], url, strlen(url), 0644, &err));
    for (bool told = false; !told;) {
        clock_sleep_ns(20000000);
        (void)pthread_mutex_lock(&fake.mutex);
        told = fake.told;
        (void)pthread_mutex_unlock(&fake.mutex);
    }
    clock_sleep_ns(200000000);
    http_server_stop(server);
    (void)printf("done=%u attempts=%llu failed=%u\n", fake.done,
                 (unsigned long long)fake.attempts, fake.failed);
    return 0;
}
