/* serve_test.c - the service in its threads: many pilots at once, and callers that err.
 * SPDX-License-Identifier: Apache-2.0
 *
 * serve() runs in a thread as it does in its process; pilots are threads that talk HTTP.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include "coordinator/replay.h"
#include "coordinator/serve.h"
#include "tests/unit/coordinator/service_pilot.h"
#include "transfer/http.h"

#define PILOTS 8u
#define CALLS  5000u /* of one pilot: far more than it needs */
#define TOKEN  "c0ffee0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
#define WRONG  "00ffee0123456789abcdef0123456789abcdef0123456789abcdef0123456789"

/* The service, and the folder that it works in. */
struct running {
    struct world world;
    struct area area;
    struct log log;
    char url[256];
    uint64_t journal_bytes; /* 0: the usual ones */
    pthread_t thread;
    bool done;
    struct err err;
};

/* Written by the handler in the service's own thread only. */
static volatile sig_atomic_t stop;

static void on_stop(int number)
{
    stop = number;
}

static void *run_service(void *user)
{
    struct running *running = user;
    static const char *const campaigns[] = {WORLD_CAMPAIGN};
    struct serve_options options = {.campaigns = campaigns,
                                    .campaign_count = 1,
                                    .listen = "127.0.0.1:0",
                                    .journal_bytes = running->journal_bytes};
    running->done = serve(&running->area, &options, &running->log, &stop, &running->err);
    return NULL;
}

static void wait_for_url(struct running *running)
{
    char path[AREA_PATH];
    struct bytes text;
    struct err err;
    must(area_path(&running->area, SERVE_ADDRESS_FILE, path, &err), &err);
    bytes_init(&text, sizeof running->url - 1);
    while (text.size == 0 || text.data[text.size - 1] != '\n') {
        bytes_clear(&text);
        clock_sleep_ns(SECOND / 1000);
        if (disk_exists(path))
            (void)disk_read_file(path, &text, &err);
    }
    memcpy(running->url, text.data, text.size - 1);
    running->url[text.size - 1] = 0;
    bytes_release(&text);
}

static void area_file(struct running *running, const char *name, char path[AREA_PATH])
{
    struct err err;
    must(area_path(&running->area, name, path, &err), &err);
}

static void service_start(struct running *running, uint32_t runs, uint32_t per_run,
                          uint64_t journal_bytes)
{
    char path[AREA_PATH];
    struct campaign_policy policy = campaign_of_tests("", 0).policy;
    struct sigaction action = {.sa_handler = on_stop};
    *running = (struct running){.journal_bytes = journal_bytes};
    policy.task_segments = 2;
    world_make(&running->world, WORLD_MAP);
    world_plan(&running->world, &policy, runs, per_run);
    catalog_close(running->world.catalog); /* the service opens it */
    running->world.catalog = NULL;
    (void)snprintf(running->area.folder, sizeof running->area.folder, "%s",
                   running->world.folder);
    area_file(running, "pilot.token", path);
    file_write(path, TOKEN "\n", strlen(TOKEN) + 1);
    area_file(running, "log", path);
    running->log.fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    running->log.level = LOG_LEVEL_DEBUG;
    running->log.room = "coordinator";
    assert_true(running->log.fd >= 0);
    stop = 0;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(pthread_create(&running->thread, NULL, run_service, running), 0);
    wait_for_url(running);
}

/* A caller with memory and a connection of its own. */
struct caller {
    const struct running *running;
    struct world world; /* the same folder */
    struct http_client *client;
    uint64_t pilot;
    uint32_t calls;
    uint32_t tasks;
    bool drained;
    pthread_t thread;
};

static void caller_begin(struct caller *caller, const struct running *running)
{
    *caller = (struct caller){.running = running, .client = http_client_new()};
    memcpy(caller->world.folder, running->world.folder, sizeof caller->world.folder);
    arena_init(&caller->world.arena, (size_t)256 << 20);
}

static void caller_end(struct caller *caller)
{
    http_client_free(caller->client);
    arena_release(&caller->world.arena);
}

/* Status of the answer; its body in `out` when that is not NULL. */
static long call(struct caller *caller, const char *path, const char *token,
                 const struct bytes *body, struct bytes *out)
{
    char url[320];
    struct http_response response;
    struct bytes ignored;
    struct err err;
    bytes_init(&ignored, WIRE_MESSAGE_LIMIT);
    (void)snprintf(url, sizeof url, "%s%s", caller->running->url, path);
    struct http_call http = {.url = url,
                             .bearer = token,
                             .content_type = "application/x-protobuf",
                             .body = body == NULL ? NULL : body->data,
                             .body_size = body == NULL ? 0 : body->size,
                             .limits = http_limits_usual(WIRE_MESSAGE_LIMIT)};
    struct bytes *answer = out == NULL ? &ignored : out;
    if (body == NULL)
        (void)http_get(caller->client, &http, answer, &response, &err);
    else
        (void)http_post(caller->client, &http, answer, &response, &err);
    bytes_release(&ignored);
    return response.status;
}

static struct hello hello_of_tests(void)
{
    struct hello hello = {
        .protocol = PROTOCOL_VERSION, .host = "node", .pid = 1, .executors = 1};
    hello.release.bytes[0] = 7; /* as campaign_of_tests */
    hello.fingerprint.bytes[0] = 9;
    return hello;
}

static long say_hello(struct caller *caller, const struct hello *hello)
{
    struct bytes body;
    struct bytes out;
    struct hello_answer answer;
    struct err err;
    bytes_init(&body, WIRE_MESSAGE_LIMIT);
    bytes_init(&out, WIRE_MESSAGE_LIMIT);
    must(wire_hello_pack(hello, &body, &err), &err);
    long status = call(caller, "/pilot/hello", TOKEN, &body, &out);
    if (status == 200) {
        must(wire_hello_answer_unpack(out.data, out.size, &caller->world.arena, &answer,
                                      &err),
             &err);
        caller->pilot = answer.pilot;
    }
    bytes_release(&body);
    bytes_release(&out);
    return status;
}

static struct sync_answer say_sync(struct caller *caller, uint32_t want,
                                   const struct report *reports, uint32_t count)
{
    struct sync sync = {
        .pilot = caller->pilot, .want = want, .reports = reports, .report_count = count};
    struct bytes body;
    struct bytes out;
    struct sync_answer answer;
    struct err err;
    bytes_init(&body, WIRE_MESSAGE_LIMIT);
    bytes_init(&out, WIRE_MESSAGE_LIMIT);
    must(wire_sync_pack(&sync, &body, &err), &err);
    assert_int_equal(call(caller, "/pilot/sync", TOKEN, &body, &out), 200);
    must(wire_sync_answer_unpack(out.data, out.size, &caller->world.arena, &answer, &err),
         &err);
    bytes_release(&body);
    bytes_release(&out);
    return answer;
}

/* Stops it; the catalog can be looked at afterwards. */
static void service_stop(struct running *running)
{
    char path[AREA_PATH];
    struct err err;
    struct caller last;
    caller_begin(&last, running);
    assert_int_equal(pthread_kill(running->thread, SIGUSR1), 0);
    (void)say_hello(&last, &(struct hello){.protocol = 0}); /* wakes it up */
    caller_end(&last);
    assert_int_equal(pthread_join(running->thread, NULL), 0);
    (void)close(running->log.fd);
    must(running->done, &running->err);
    area_file(running, "catalog", path);
    must(catalog_open(path, CATALOG_WRITE, &running->world.catalog, &err), &err);
    world_load(&running->world);
    core_free(running->world.core); /* was not started */
    running->world.core = NULL;
}

/* What nobody should say; none of it may disturb the others. */
static void err_once(struct caller *caller, uint32_t turn)
{
    struct bytes garbage;
    struct err err;
    bytes_init(&garbage, 64);
    must(bytes_append(&garbage, "\xff\xfe\x00 no protobuf at all", 23, &err), &err);
    switch (turn % 6) {
    case 0:
        assert_int_equal(call(caller, "/pilot/sync", WRONG, &garbage, NULL), 401);
        break;
    case 1:
        assert_int_equal(call(caller, "/pilot/sync", TOKEN, &garbage, NULL), 400);
        break;
    case 2:
        assert_int_equal(call(caller, "/pilot/hello", TOKEN, &garbage, NULL), 400);
        break;
    case 3:
        assert_int_equal(call(caller, "/nowhere", TOKEN, &garbage, NULL), 404);
        break;
    case 4:
        assert_int_equal(call(caller, "/status", NULL, NULL, NULL), 401);
        break;
    default:
        assert_int_equal(call(caller, "/status", TOKEN, NULL, NULL), 200);
        break;
    }
    bytes_release(&garbage);
}

static void *run_pilot(void *user)
{
    struct caller *caller = user;
    struct hello hello = hello_of_tests();
    struct report reports[2];
    uint32_t count = 0;
    if (say_hello(caller, &hello) != 200)
        return NULL;
    while (!caller->drained && caller->calls < CALLS) {
        err_once(caller, caller->calls++);
        struct sync_answer answer = say_sync(caller, 2, reports, count);
        for (uint32_t i = 0; i < answer.verdict_count; i++)
            if (answer.verdicts[i].verdict != VERDICT_COMMITTED)
                return NULL;
        count = 0;
        for (uint32_t i = 0; i < answer.task_count; i++)
            reports[count++] = report_all(&caller->world, &answer.tasks[i]);
        caller->tasks += answer.task_count;
        caller->drained = answer.drain;
        if (answer.unknown && say_hello(caller, &hello) != 200)
            return NULL;
    }
    return NULL;
}

/* Every line is an event with its time; the token is in none. */
static void assert_log_is_sound(struct running *running)
{
    char path[AREA_PATH];
    struct bytes text;
    const char *log;
    struct err err;
    area_file(running, "log", path);
    bytes_init(&text, (size_t)16 << 20);
    must(disk_read_file(path, &text, &err), &err);
    must(text_terminate(&text, &log, &err), &err);
    assert_null(strstr(log, TOKEN));
    assert_null(strstr(log, WRONG));
    assert_non_null(strstr(log, "event=serving url=http://127.0.0.1:"));
    assert_non_null(strstr(log, "event=complete campaign=c1"));
    for (const char *line = log; *line != 0; line = strchr(line, '\n') + 1)
        if (strstr(line, "coordinator event=") > strchr(line, '\n'))
            fail_msg("no event: %.*s", (int)strcspn(line, "\n"), line);
    bytes_release(&text);
}

/* Every life of the core decides again as it did; returns how many there were. */
static uint32_t replay_all(const struct running *running)
{
    for (uint32_t number = 1;; number++) {
        char path[128];
        struct bytes data;
        struct bytes out;
        struct journal_state *state;
        struct replayed replayed;
        struct err err;
        (void)snprintf(path, sizeof path, "%s/journal/" WORLD_CAMPAIGN ".%06u",
                       running->world.folder, number);
        if (!disk_exists(path))
            return number - 1;
        bytes_init(&data, (size_t)16 << 20);
        bytes_init(&out, 1000);
        must(disk_read_file(path, &data, &err), &err);
        must(journal_state_read((const char *)data.data, data.size, &state, &err) ==
                 LOOKUP_FOUND,
             &err);
        must(replay_journal(state, NULL, &replayed, &out, &err), &err);
        assert_true(replayed.events > 0);
        assert_int_equal(replayed.cut, 0);
        journal_state_free(state);
        bytes_release(&out);
        bytes_release(&data);
    }
}

/* Returns how many lives of the core it took. */
static uint32_t eight_pilots(uint64_t journal_bytes)
{
    struct running running;
    static struct caller pilots[PILOTS];
    uint32_t tasks = 0;
    service_start(&running, 3, 16, journal_bytes);
    for (uint32_t i = 0; i < PILOTS; i++)
        caller_begin(&pilots[i], &running);
    for (uint32_t i = 0; i < PILOTS; i++)
        assert_int_equal(pthread_create(&pilots[i].thread, NULL, run_pilot, &pilots[i]),
                         0);
    for (uint32_t i = 0; i < PILOTS; i++) {
        assert_int_equal(pthread_join(pilots[i].thread, NULL), 0);
        assert_true(pilots[i].drained);
        tasks += pilots[i].tasks;
        caller_end(&pilots[i]);
    }
    service_stop(&running);
    assert_int_equal(tasks, 3 * 8 + 3 * WORLD_STREAMS);
    assert_true(running.world.book.campaign.complete);
    assert_int_equal(world_files(&running.world, "published", ".prov.json"),
                     3 * WORLD_STREAMS);
    assert_int_equal(world_files(&running.world, "parts", ""), 0);
    world_check(&running.world);
    assert_log_is_sound(&running);
    uint32_t lives = replay_all(&running);
    world_close(&running.world);
    return lives;
}

static void eight_pilots_at_once_and_callers_that_err(void **state)
{
    (void)state;
    assert_int_equal(eight_pilots(0), 1);
}

static void a_core_that_is_loaded_anew_because_its_journal_is_full_loses_nothing(
    void **state)
{
    (void)state;
    assert_true(eight_pilots(4000) > 2);
}

static void a_pilot_that_computes_otherwise_is_refused(void **state)
{
    (void)state;
    struct running running;
    struct caller caller;
    struct hello hello = hello_of_tests();
    service_start(&running, 1, 2, 0);
    caller_begin(&caller, &running);
    hello.protocol++;
    assert_int_equal(say_hello(&caller, &hello), 409);
    hello = hello_of_tests();
    hello.release.bytes[3]++;
    assert_int_equal(say_hello(&caller, &hello), 409);
    hello = hello_of_tests();
    assert_int_equal(say_hello(&caller, &hello), 200);
    hello.fingerprint.bytes[3]++; /* not that of the first */
    assert_int_equal(say_hello(&caller, &hello), 409);
    caller_end(&caller);
    service_stop(&running);
    world_close(&running.world);
}

static void a_pilot_that_is_not_known_must_say_hello(void **state)
{
    (void)state;
    struct running running;
    struct caller caller;
    service_start(&running, 1, 2, 0);
    caller_begin(&caller, &running);
    caller.pilot = 77;
    struct sync_answer answer = say_sync(&caller, 2, NULL, 0);
    assert_true(answer.unknown);
    assert_int_equal(answer.task_count, 0);
    caller_end(&caller);
    service_stop(&running);
    world_close(&running.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_pilots_at_once_and_callers_that_err),
        cmocka_unit_test(
            a_core_that_is_loaded_anew_because_its_journal_is_full_loses_nothing),
        cmocka_unit_test(a_pilot_that_computes_otherwise_is_refused),
        cmocka_unit_test(a_pilot_that_is_not_known_must_say_hello),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
