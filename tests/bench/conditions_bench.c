/* conditions_bench.c - the embedded conditions service against bare libmicrohttpd.
 * SPDX-License-Identifier: Apache-2.0
 *
 * conditions_bench FOLDER [ROWS [PAIRS]]: a store with a tag of 50 types with ROWS
 * (10 000) intervals each, and one of a single type. Both servers have the threads of
 * `spillway conditions serve` and are processes of their own; the yardstick answers with
 * a body of the same size. Random points; windows of ours and of the yardstick take
 * turns. The reference service was measured with the same tag at 262 to 667 requests a
 * second on two cores.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "catalog/ledger.h"
#include "coordinator/conditions_service.h"
#include "tests/bench/bare_http.h"
#include "tests/bench/http_load.h"
#include "tests/bench/measure.h"

#define TYPES     50u
#define WINDOW_NS ((int64_t)1000000000)
#define BATCH     50000u

/* ---- a store ---- */

struct making {
    struct ledger *ledger;
    struct ledger_change *changes;
    char (*texts)[2][64];
    size_t count;
};

static void making_commit(struct making *making)
{
    struct ledger_entry entry = {.who = "bench", .what = "rows"};
    struct err err;
    measure_must(
        ledger_commit(making->ledger, making->changes, making->count, &entry, &err),
        &err);
    making->count = 0;
}

static struct ledger_record *making_put(struct making *making, enum ledger_kind kind)
{
    if (making->count == BATCH)
        making_commit(making);
    struct ledger_change *change = &making->changes[making->count++];
    *change = (struct ledger_change){.record = {.kind = kind}};
    return &change->record;
}

static void put_row(struct making *making, uint64_t list, unsigned run, unsigned rows)
{
    uint64_t id = ledger_next_id(making->ledger, LEDGER_ROW);
    struct ledger_record *record = making_put(making, LEDGER_ROW);
    char(*texts)[64] = making->texts[making->count - 1];
    (void)snprintf(texts[0], sizeof texts[0], "type_%u/%u", (unsigned)list, run);
    (void)snprintf(texts[1], sizeof texts[1], "%032llx", (unsigned long long)id);
    record->row = (struct ledger_row){.id = id,
                                      .list = list,
                                      .start_major = run,
                                      .end_major = run + 1 < rows ? run + 1 : INT64_MAX,
                                      .end_minor = run + 1 < rows ? 0 : INT64_MAX,
                                      .size = 1000,
                                      .url = texts[0],
                                      .checksum = texts[1]};
}

static void put_word(struct making *making, enum ledger_kind kind, const char *format,
                     unsigned number)
{
    struct ledger_record *record = making_put(making, kind);
    record->word.id = ledger_next_id(making->ledger, kind);
    char name[32];
    (void)snprintf(name, sizeof name, "%u", number);
    (void)snprintf(record->word.name, sizeof record->word.name, "%s%s", format,
                   number > 0 ? name : "");
}

static void put_tag(struct making *making, const char *name, unsigned first,
                    unsigned types)
{
    struct ledger_record *record = making_put(making, LEDGER_TAG);
    uint64_t tag = ledger_next_id(making->ledger, LEDGER_TAG);
    record->tag = (struct ledger_tag){.id = tag, .status = 1, .sequence = 1};
    (void)snprintf(record->tag.name, sizeof record->tag.name, "%s", name);
    for (unsigned i = 0; i < types; i++) {
        record = making_put(making, LEDGER_LIST);
        record->list.id = ledger_next_id(making->ledger, LEDGER_LIST);
        record->list.type = first + i;
        record->list.tag = tag;
    }
}

static void store_make(const char *folder, unsigned rows)
{
    struct making making = {.changes = mem_new(BATCH, sizeof *making.changes),
                            .texts = mem_new(BATCH, sizeof *making.texts)};
    struct err err;
    measure_must(ledger_open(folder, &making.ledger, &err), &err);
    put_word(&making, LEDGER_STATUS, "unlocked", 0);
    for (unsigned i = 1; i <= TYPES; i++)
        put_word(&making, LEDGER_TYPE, "type_", i);
    put_tag(&making, "bench", 1, TYPES);
    put_tag(&making, "whole", 1, 1);
    for (unsigned run = 0; run < rows; run++) {
        for (unsigned list = 1; list <= TYPES + 1; list++)
            put_row(&making, list, run, rows);
    }
    making_commit(&making);
    ledger_close(making.ledger);
    free(making.changes);
    free(making.texts);
}

/* ---- servers, each a process that says its port on a pipe ---- */

static void serve_ours(const char *folder, int out)
{
    struct conditions_service *service = NULL;
    struct http_server *server = NULL;
    struct http_options options = http_options_usual("127.0.0.1:0");
    struct err err;
    options.gate = conditions_service_gate;
    measure_must(conditions_service_new(folder, NULL, &service, &err), &err);
    measure_must(
        http_server_new(&options, conditions_service_handle, service, &server, &err),
        &err);
    unsigned port = http_server_port(server);
    if (write(out, &port, sizeof port) != sizeof port)
        exit(1);
}

static void serve_bare(size_t size, int out)
{
    void *body = mem_new(size, 1);
    memset(body, 'x', size);
    struct bare_http *server =
        bare_http_start(body, size, http_options_usual("127.0.0.1:0").threads);
    unsigned port = server ? bare_http_port(server) : 0;
    if (port == 0 || write(out, &port, sizeof port) != sizeof port)
        exit(1);
}

/* `folder` NULL: the yardstick. */
static pid_t server_start(const char *folder, size_t size, unsigned *port)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (folder)
            serve_ours(folder, pipes[1]);
        else
            serve_bare(size, pipes[1]);
        for (;;)
            (void)pause();
    }
    if (child < 0 || read(pipes[0], port, sizeof *port) != sizeof *port)
        exit(1);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    return child;
}

static void server_end(pid_t child)
{
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

/* ---- measuring ---- */

struct points {
    struct random random;
    unsigned rows;
};

static void next_point(void *user, char *target, size_t size)
{
    struct points *points = user;
    (void)snprintf(target, size,
                   "/api/cdb_rest/payloadiovs/?gtName=bench&majorIOV=%u&minorIOV=%u",
                   (unsigned)random_below(&points->random, points->rows),
                   (unsigned)random_below(&points->random, 100));
}

static void next_whole(void *user, char *target, size_t size)
{
    (void)user;
    (void)snprintf(target, size, "/api/cdb_rest/globalTag/whole");
}

static struct http_loaded load(unsigned port, unsigned connections, int64_t duration_ns,
                               struct points *points)
{
    struct http_load wanted = {.port = port,
                               .connections = connections,
                               .duration_ns = duration_ns,
                               .next = points ? next_point : next_whole,
                               .user = points};
    struct http_loaded loaded = http_load_run(&wanted);
    if (loaded.failed > 0) {
        (void)fprintf(stderr, "%llu answers were not 200\n",
                      (unsigned long long)loaded.failed);
        exit(1);
    }
    return loaded;
}

static void point_queries(unsigned ours, unsigned bare, unsigned connections,
                          uint32_t count, unsigned rows)
{
    struct points points = {.random = {.state = 7}, .rows = rows};
    struct pairs rates = {0}, tails = {0};
    char stage[64];
    for (uint32_t i = 0; i < count; i++) {
        struct http_loaded a = load(ours, connections, WINDOW_NS, &points);
        struct http_loaded b = load(bare, connections, WINDOW_NS, &points);
        pairs_add(&rates, (double)a.requests / a.seconds, (double)b.requests / b.seconds);
        pairs_add(&tails, a.p99_ms, b.p99_ms);
    }
    (void)snprintf(stage, sizeof stage, "conditions.point.%u", connections);
    pairs_print(&rates, stage, "requests/s");
    (void)snprintf(stage, sizeof stage, "conditions.p99.%u", connections);
    pairs_print(&tails, stage, "ms");
}

int main(int argc, char **argv)
{
    uint64_t rows = 10000, count = 5;
    unsigned ours = 0, bare = 0;
    struct err err = {0};
    if (argc < 2)
        return 2;
    if (argc > 2)
        measure_must(text_to_u64(argv[2], 1000000, &rows, &err), &err);
    if (argc > 3)
        measure_must(text_to_u64(argv[3], MEASURE_PAIRS, &count, &err), &err);
    store_make(argv[1], (unsigned)rows);
    pid_t us = server_start(argv[1], 0, &ours);
    struct http_loaded first = load(ours, 1, 0, NULL);
    struct http_loaded again = load(ours, 1, WINDOW_NS, NULL);
    struct pairs whole = {0};
    pairs_add(&whole, first.p50_ms, again.p50_ms);
    pairs_print(&whole, "conditions.whole", "ms"); /* made / kept from before */
    struct points points = {.random = {.state = 1}, .rows = (unsigned)rows};
    struct http_loaded sample = load(ours, 1, WINDOW_NS / 10, &points);
    pid_t them = server_start(NULL, (size_t)(sample.bytes / sample.requests), &bare);
    static const unsigned connections[] = {1, 16, 64};
    for (size_t i = 0; i < 3; i++)
        point_queries(ours, bare, connections[i], (uint32_t)count, (unsigned)rows);
    server_end(us);
    server_end(them);
    return 0;
}
