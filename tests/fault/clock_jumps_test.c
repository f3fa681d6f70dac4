/* clock_jumps_test.c - the wall clock jumps: conditions are got and kept all the same.
 * SPDX-License-Identifier: Apache-2.0
 *
 * This program has a wall clock of its own, for itself and for the libraries that it
 * uses; the clocks that only run forwards are those of the kernel.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "coordinator/conditions_log.h"
#include "coordinator/conditions_service.h"
#include "transfer/circuit.h"
#include "transfer/transfer.h"

#define SECOND_NS ((int64_t)1000000000)
#define YEAR_S    ((int64_t)365 * 86400)

/* ---- the clock ---- */

static _Atomic int64_t shift_s; /* beside the true time */

#define SEEN __attribute__((visibility("default"))) /* also by shared libraries */

SEEN int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
    long got = syscall(SYS_clock_gettime, clock_id, tp);
    if (got == 0 && (clock_id == CLOCK_REALTIME || clock_id == CLOCK_REALTIME_COARSE))
        tp->tv_sec += atomic_load(&shift_s);
    return (int)got;
}

SEEN time_t time(time_t *timer)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (timer != NULL)
        *timer = now.tv_sec;
    return now.tv_sec;
}

SEEN int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    struct timespec now;
    (void)tz;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *tv = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

/* Before 1970, now, in 2100 and behind the year 9999; the order is that of the jumps. */
static const int64_t jumps_s[] = {
    0, -100 * YEAR_S, 75 * YEAR_S, -1, 9000 * YEAR_S, -30 * YEAR_S, 3600};

#define JUMPS (sizeof jumps_s / sizeof *jumps_s)

static char folder[32];

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/clock_jumps.XXXXXX");
    return mkdtemp(folder) ? 0 : 1;
}

/* Also of a test that failed. */
static int end(void **state)
{
    char command[64];
    (void)state;
    atomic_store(&shift_s, 0);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* ---- a server that is ill for some requests, and whose clock jumps with each ---- */

struct patient {
    struct http_server *server;
    atomic_uint asked;
    unsigned ill; /* requests that are answered 503 */
    char url[64];
};

static void patient_answer(struct http_request *request, void *user)
{
    struct patient *patient = user;
    unsigned number = atomic_fetch_add(&patient->asked, 1);
    atomic_store(&shift_s, jumps_s[(number + 1) % JUMPS]);
    http_answer_text(request, number < patient->ill ? 503 : 200, "text/plain", "well");
}

static void patient_start(struct patient *patient, unsigned ill)
{
    struct err err;
    struct http_options options = http_options_usual("127.0.0.1:0");
    *patient = (struct patient){.ill = ill};
    if (!http_server_new(&options, patient_answer, patient, &patient->server, &err))
        fail_msg("%s", err.text);
    (void)snprintf(patient->url, sizeof patient->url, "http://127.0.0.1:%u/x",
                   http_server_port(patient->server));
}

static bool patient_ask(const struct patient *patient, const char *circuits,
                        struct err *err)
{
    struct transfer_options options = transfer_options_usual(1);
    struct bytes out;
    struct http_response response;
    options.circuits = circuits;
    options.retry = (struct retry_policy){
        .base_ns = 1000, .cap_ns = 1000, .tries = 9, .total_ns = 20 * SECOND_NS};
    struct transfer *transfer = transfer_new(&options);
    bytes_init(&out, 100);
    bool done = transfer_get(transfer, patient->url, 100, &out, &response, err);
    assert_true(!done || (out.size == 4 && memcmp(out.data, "well", 4) == 0));
    bytes_release(&out);
    transfer_free(transfer);
    return done;
}

static void tries_are_as_many_as_without_jumps(void **state)
{
    (void)state;
    struct patient patient;
    struct err err = {0};
    patient_start(&patient, 4);
    if (!patient_ask(&patient, NULL, &err))
        fail_msg("%s", err.text);
    assert_int_equal(patient.asked, 5);
    http_server_stop(patient.server);
}

static void an_open_circuit_stays_open_and_a_closed_one_closed(void **state)
{
    (void)state;
    struct patient patient;
    struct err err = {0};
    patient_start(&patient, CIRCUIT_FAILURES);
    assert_false(patient_ask(&patient, folder, &err));
    assert_int_equal(patient.asked, CIRCUIT_FAILURES);
    for (size_t i = 0; i < JUMPS; i++) {
        atomic_store(&shift_s, jumps_s[i]);
        assert_false(
            patient_ask(&patient, folder, &err)); /* another process, so to say */
        assert_non_null(strstr(err.text, "left alone for"));
    }
    assert_int_equal(patient.asked, CIRCUIT_FAILURES);
    for (size_t i = 0; i < JUMPS; i++) {
        atomic_store(&shift_s, jumps_s[i]);
        if (!patient_ask(&patient, NULL, &err))
            fail_msg("jump %zu: %s", i, err.text);
    }
    http_server_stop(patient.server);
}

/* ---- the service ---- */

struct world {
    char token[80];
    char url[96];
    struct conditions_service *service;
    struct http_server *server;
    struct remote *remote;
};

static void world_start(struct world *world)
{
    struct err err;
    struct http_options options = http_options_usual("127.0.0.1:0");
    options.gate = conditions_service_gate;
    if (!conditions_service_new(folder, NULL, &world->service, &err) ||
        !http_server_new(&options, conditions_service_handle, world->service,
                         &world->server, &err))
        fail_msg("%s", err.text);
    (void)snprintf(world->token, sizeof world->token, "%s/token", folder);
    (void)snprintf(world->url, sizeof world->url, "http://127.0.0.1:%u/api/cdb_rest",
                   http_server_port(world->server));
    const struct remote_options remote = {
        .url = world->url, .token = world->token, .patience_s = TRANSFER_PATIENCE_S};
    if (!remote_open(&remote, &world->remote, &err))
        fail_msg("%s", err.text);
}

static void world_end(struct world *world)
{
    remote_close(world->remote);
    http_server_stop(world->server);
    conditions_service_free(world->service);
}

/* One payload more of tag t, from this run on. */
static void put(const struct world *world, size_t run)
{
    char path[200];
    struct json *answer = NULL;
    struct err err;
    (void)snprintf(path, sizeof path,
                   "x/payload?tag=t&type=any&payload_url=p/%zu&major_iov=%zu&minor_iov=0"
                   "&create=true",
                   run, run);
    const struct remote_change change = {.method = "PUT",
                                         .path = path,
                                         .content_type = "application/octet-stream",
                                         .body = path,
                                         .size = strlen(path)};
    if (!remote_tell(world->remote, &change, &answer, &err))
        fail_msg("run %zu: %s", run, err.text);
    json_free(answer);
}

/* The tag's rows, by the client that a campaign uses. */
static size_t rows_now(const struct world *world)
{
    struct source_options options = {.url = world->url,
                                     .transfer = transfer_options_usual(1)};
    struct source *source = NULL;
    struct arena arena;
    struct tag tag = {.count = 0};
    struct bytes bytes;
    struct err err;
    arena_init(&arena, TAG_MEMORY);
    bytes_init(&bytes, 1000);
    if (!source_open(&options, &source, &err) ||
        !source_read_tag(source, "t", &arena, &tag, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < tag.count; i++)
        if (!source_read_payload(source, &tag.rows[i], &bytes, &err))
            fail_msg("%s", err.text);
    source_close(source);
    arena_release(&arena);
    bytes_release(&bytes);
    return tag.count;
}

static void log_is_unbroken(const struct world *world, bool json)
{
    struct bytes out;
    struct err err;
    const char *text = NULL;
    const struct show show = {.out = &out, .json = json};
    bytes_init(&out, 1 << 20);
    if (!log_show(&show, world->remote, 0, NULL, &err) ||
        !text_terminate(&out, &text, &err))
        fail_msg("%s", err.text);
    assert_non_null(strstr(text, json ? "\"hash\"" : "unbroken up to"));
    bytes_release(&out);
}

static void the_log_stays_unbroken_and_changes_are_seen(void **state)
{
    (void)state;
    struct world world = {.server = NULL};
    world_start(&world);
    for (size_t i = 0; i < JUMPS; i++) {
        atomic_store(&shift_s, jumps_s[i]);
        put(&world, i + 1);
        assert_int_equal(rows_now(&world), i + 1);
        atomic_store(&shift_s, jumps_s[(i + 3) % JUMPS]);
        log_is_unbroken(&world, i % 2 == 0);
    }
    world_end(&world);
    for (size_t i = 0; i < JUMPS; i++) { /* started at any time, it says the same */
        atomic_store(&shift_s, jumps_s[i]);
        world_start(&world);
        assert_int_equal(rows_now(&world), JUMPS);
        log_is_unbroken(&world, false);
        world_end(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tries_are_as_many_as_without_jumps, begin, end),
        cmocka_unit_test_setup_teardown(
            an_open_circuit_stays_open_and_a_closed_one_closed, begin, end),
        cmocka_unit_test_setup_teardown(the_log_stays_unbroken_and_changes_are_seen,
                                        begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
