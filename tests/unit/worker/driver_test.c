/* driver_test.c - whatever becomes of an executor, its task gets one report.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The executor is this program itself: it misbehaves as its argument says.
 */
#include "worker/worker_rank.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "proto/wire.h"

#define FAKE      "--fake"
#define SECOND_NS ((int64_t)1000000000)
#define PATIENCE  (20 * SECOND_NS)

/* The executor's side. */

static void say(enum frame_kind kind, const void *body, size_t size)
{
    struct bytes out;
    struct err err;
    bytes_init(&out, 1 << 20);
    if (!frame_pack(&out, kind, body, size, &err) ||
        write(STDOUT_FILENO, out.data, out.size) != (ssize_t)out.size)
        exit(9);
    bytes_release(&out);
}

static void say_report(uint64_t attempt)
{
    struct report report = {
        .attempt = attempt, .token = 77, .status = REPORT_DONE, .blamed = UINT32_MAX};
    struct bytes packed;
    struct err err;
    bytes_init(&packed, 1 << 20);
    if (!wire_report_pack(&report, &packed, &err))
        exit(9);
    say(FRAME_REPORT, packed.data, packed.size);
    bytes_release(&packed);
}

static void told_late(int number)
{
    (void)number; /* it ends the pause */
}

static void misbehave(const char *how)
{
    if (strcmp(how, "segv") == 0) {
        (void)signal(SIGSEGV, SIG_DFL);
        (void)raise(SIGSEGV);
    } else if (strcmp(how, "kill") == 0)
        (void)raise(SIGKILL);
    else if (strcmp(how, "bus") == 0) {
        (void)signal(SIGBUS, SIG_DFL);
        (void)raise(SIGBUS);
    } else if (strcmp(how, "memory") == 0) {
        (void)fputs("out of memory: 1 x 4 bytes\n", stderr);
        (void)signal(SIGABRT, SIG_DFL);
        abort();
    } else if (strcmp(how, "exit") == 0)
        exit(3);
    else if (strcmp(how, "late") == 0) {
        struct sigaction action = {.sa_handler = told_late};
        (void)sigaction(SIGUSR2, &action, NULL);
    } else if (strcmp(how, "deaf") == 0) {
        (void)signal(SIGUSR2, SIG_IGN);
        for (;;)
            (void)pause();
    } else if (strcmp(how, "garbage") == 0)
        (void)!write(STDOUT_FILENO, "this is no frame", 16);
    (void)pause();
}

/* "good" answers, "first" all but attempt 1. */
static int fake_main(const char *how)
{
    static const uint8_t ready[FRAME_READY_SIZE] = {1, 2, 3};
    uint8_t segment[4];
    struct bytes task;
    struct err err;
    if (strcmp(how, "early") == 0)
        return 5;
    bytes_init(&task, 1 << 20);
    say(FRAME_READY, ready, sizeof ready);
    while (frame_read_task(STDIN_FILENO, &task, &err) == LOOKUP_FOUND) {
        if (strcmp(how, "drain") == 0)
            break;
        le32_store(segment, 41);
        say(FRAME_PROGRESS, segment, sizeof segment);
        bool first = strcmp(how, "first") == 0;
        if (strcmp(how, "good") != 0 && (!first || le64_load(task.data) == 1))
            misbehave(how);
        say_report(le64_load(task.data));
    }
    bytes_release(&task);
    return 0;
}

/* The rank's side. */

struct fixture {
    struct driver driver;
    const char *argv[4];
    char log_path[64];
    struct arena arena;
    struct report report;
};

static void start(struct fixture *fixture, const char *how)
{
    struct err err;
    fixture->argv[0] = "/proc/self/exe";
    fixture->argv[1] = FAKE;
    fixture->argv[2] = how;
    fixture->argv[3] = NULL;
    (void)snprintf(fixture->log_path, sizeof fixture->log_path, "/tmp/driver_test.%ld",
                   (long)getpid());
    arena_init(&fixture->arena, 1 << 20);
    assert_true(driver_init(&fixture->driver, fixture->argv, fixture->log_path, &err));
}

static void stop(struct fixture *fixture)
{
    driver_release(&fixture->driver);
    arena_release(&fixture->arena);
    (void)unlink(fixture->log_path);
}

static void submit(struct fixture *fixture, uint64_t attempt, int64_t duration_ns)
{
    uint8_t data[64];
    le64_store(data, attempt);
    driver_submit(&fixture->driver,
                  &(struct driver_task){attempt, 77, duration_ns, data, sizeof data},
                  clock_now_ns());
}

/* Steps until there is news of this kind. */
static void await(struct fixture *fixture, enum driver_news wanted)
{
    struct err err;
    int64_t end_ns = clock_now_ns() + PATIENCE;
    while (clock_now_ns() < end_ns) {
        enum driver_news news = driver_step(&fixture->driver, clock_now_ns());
        if (news == wanted) {
            const struct bytes *report = &fixture->driver.report;
            if (news == DRIVER_REPORT)
                assert_true(wire_report_unpack(report->data, report->size,
                                               &fixture->arena, &fixture->report, &err));
            return;
        }
        if (news == DRIVER_NOTHING)
            clock_sleep_ns(100000);
    }
    fail_msg("nothing came");
}

static void each_death_is_told_by_its_cause(void **state)
{
    static const struct {
        const char *how;
        enum err_code code;
        enum err_kind kind;
        uint32_t blamed;
        int signal;
    } cases[] = {{"segv", E_WORKER_CRASH, ERR_PAYLOAD, 41, SIGSEGV},
                 {"kill", E_WORKER_KILLED, ERR_NODE, 41, SIGKILL},
                 {"bus", E_WORKER_MAPPED, ERR_STORAGE, 41, SIGBUS},
                 {"memory", E_WORKER_MEMORY, ERR_RESOURCE, 41, SIGABRT},
                 {"exit", E_WORKER_CRASH, ERR_PAYLOAD, 41, 0},
                 {"garbage", E_WORKER_FRAME, ERR_PROTOCOL, 41, 0},
                 {"early", E_WORKER_START, ERR_NODE, UINT32_MAX, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        start(&fixture, cases[i].how);
        submit(&fixture, 1000 + i, 0);
        await(&fixture, DRIVER_REPORT);
        const struct report *report = &fixture.report;
        assert_int_equal(report->attempt, 1000 + i);
        assert_int_equal(report->token, 77);
        assert_int_equal(report->status, REPORT_FAILED);
        assert_int_equal(report->failure.code, cases[i].code);
        assert_int_equal(report->failure.kind, cases[i].kind);
        assert_int_equal(report->blamed, cases[i].blamed);
        assert_int_equal(report->signal, cases[i].signal);
        assert_int_equal(report->segment_count, 0);
        stop(&fixture);
    }
}

static void a_good_executor_does_task_after_task(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, "good");
    driver_wake(&fixture.driver, clock_now_ns());
    await(&fixture, DRIVER_READY);
    assert_int_equal(fixture.driver.release.bytes[2], 3);
    pid_t pid = 0;
    for (uint64_t attempt = 1; attempt <= 50; attempt++) {
        submit(&fixture, attempt, SECOND_NS * 60);
        await(&fixture, DRIVER_REPORT);
        assert_int_equal(fixture.report.attempt, attempt);
        assert_int_equal(fixture.report.status, REPORT_DONE);
        assert_true(pid == 0 || pid == fixture.driver.pid);
        pid = fixture.driver.pid;
    }
    stop(&fixture);
}

/* Else it stands still while its rank looks for letters and lets others run. */
static void a_free_executor_has_its_task_at_once(void **state)
{
    struct fixture fixture;
    struct driver *driver = &fixture.driver;
    (void)state;
    start(&fixture, "hang");
    driver_wake(driver, clock_now_ns());
    await(&fixture, DRIVER_READY);
    int64_t now_ns = clock_now_ns();
    submit(&fixture, 1, SECOND_NS * 60);
    assert_int_equal(driver->state, DRIVER_BUSY);
    assert_int_equal(driver->sent, driver->sending.size);
    assert_true(driver->deadline_ns >= now_ns + SECOND_NS * 60);
    while (driver->at_work != 41) {
        assert_int_equal(driver_step(driver, clock_now_ns()), DRIVER_NOTHING);
        clock_sleep_ns(100000);
    }
    stop(&fixture);
}

static void a_dead_executor_is_replaced_for_the_next_task(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, "good");
    submit(&fixture, 1, 0);
    await(&fixture, DRIVER_REPORT);
    pid_t first = fixture.driver.pid;
    assert_true(first >
                0); /* else what it said was taken before it was known who it is */
    assert_int_equal(kill(first, SIGKILL), 0);
    submit(&fixture, 2, 0);
    await(&fixture, DRIVER_REPORT);
    if (fixture.report.status == REPORT_FAILED) { /* it died with the task in hand */
        assert_int_equal(fixture.report.failure.code, E_WORKER_KILLED);
        submit(&fixture, 3, 0);
        await(&fixture, DRIVER_REPORT);
    }
    assert_int_equal(fixture.report.status, REPORT_DONE);
    assert_int_not_equal(fixture.driver.pid, first);
    stop(&fixture);
}

static void a_killed_fork_server_costs_only_the_attempt(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, "hang");
    submit(&fixture, 1, 0);
    while (fixture.driver.at_work != 41) {
        assert_int_not_equal(driver_step(&fixture.driver, clock_now_ns()), DRIVER_REPORT);
        clock_sleep_ns(100000);
    }
    pid_t executor = fixture.driver.pid;
    assert_true(executor > 0);
    assert_int_equal(kill(fixture.driver.server.pid, SIGKILL), 0);
    await(&fixture, DRIVER_REPORT);
    assert_int_equal(fixture.report.failure.code, E_WORKER_KILLED);
    assert_int_equal(fixture.report.blamed, 41);
    fixture.argv[2] = "good";
    submit(&fixture, 2, 0);
    await(&fixture, DRIVER_REPORT);
    assert_int_equal(fixture.report.status, REPORT_DONE);
    /* The first executor died with its server. */
    int64_t end_ns = clock_now_ns() + PATIENCE;
    while (kill(executor, 0) == 0 && clock_now_ns() < end_ns)
        clock_sleep_ns(1000000);
    assert_int_not_equal(kill(executor, 0), 0);
    stop(&fixture);
}

/* Else the lead waits for it for ever: it hands out nothing before a rank is ready. */
static void a_fork_server_that_dies_during_the_start_is_replaced(void **state)
{
    struct fixture fixture;
    struct worker_rank rank;
    (void)state;
    start(&fixture, "good");
    assert_int_equal(kill(fixture.driver.server.pid, SIGSTOP), 0);
    worker_rank_init(&rank, &fixture.driver, 0, clock_now_ns());
    assert_int_equal(kill(fixture.driver.server.pid, SIGKILL), 0);
    int64_t end_ns = clock_now_ns() + PATIENCE;
    while (!rank.ready && clock_now_ns() < end_ns) {
        if (!worker_rank_step(&rank, clock_now_ns()))
            clock_sleep_ns(100000);
        for (struct letter *letter; (letter = post_take(&rank.outbox)) != NULL;)
            free(letter);
    }
    assert_true(rank.ready);
    assert_false(rank.broken);
    stop(&fixture);
}

static void no_progress_within_the_limit_is_a_timeout(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, "hang");
    submit(&fixture, 1, SECOND_NS / 5);
    await(&fixture, DRIVER_REPORT);
    assert_int_equal(fixture.report.failure.code, E_WORKER_TIMEOUT);
    assert_int_equal(fixture.report.failure.kind, ERR_PAYLOAD);
    assert_int_equal(fixture.report.blamed, 41);
    stop(&fixture);
}

/* One that can still answer gives up the segment, and what it did before counts. */
static void one_that_is_told_that_it_is_late_reports_by_itself(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, "late");
    submit(&fixture, 1, SECOND_NS / 5);
    await(&fixture, DRIVER_REPORT);
    assert_int_equal(fixture.report.failure.code, E_NONE); /* its own words */
    assert_int_equal(fixture.driver.state, DRIVER_IDLE);
    stop(&fixture);
}

static void one_that_does_not_hear_it_is_killed(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, "deaf");
    submit(&fixture, 1, SECOND_NS / 5);
    while (!fixture.driver.late)
        (void)driver_step(&fixture.driver, clock_now_ns());
    /* As if the time that it has for an answer were over. */
    assert_int_equal(driver_step(&fixture.driver, clock_now_ns() + DRIVER_LATE_NS),
                     DRIVER_REPORT);
    assert_int_equal(fixture.driver.state, DRIVER_DYING);
    stop(&fixture);
}

static void a_dropped_task_gives_no_report(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, "first");
    submit(&fixture, 1, 0);
    while (fixture.driver.at_work != 41) {
        assert_int_not_equal(driver_step(&fixture.driver, clock_now_ns()), DRIVER_REPORT);
        clock_sleep_ns(100000);
    }
    driver_drop(&fixture.driver, clock_now_ns());
    submit(&fixture, 2, 0);
    await(&fixture, DRIVER_REPORT);
    assert_int_equal(fixture.report.attempt, 2);
    stop(&fixture);
}

static void a_drained_task_that_was_not_begun_is_handed_back(void **state)
{
    struct fixture fixture;
    (void)state;
    start(&fixture, "good");
    submit(&fixture, 1, 0); /* the executor is only being started */
    assert_int_equal(driver_drain(&fixture.driver, false), DRIVER_REPORT);
    stop(&fixture);
    start(&fixture, "drain"); /* it ends in order before it reads the task */
    submit(&fixture, 2, 0);
    await(&fixture, DRIVER_REPORT);
    assert_int_equal(fixture.report.status, REPORT_RETURNED);
    stop(&fixture);
}

static void a_program_that_is_not_there_fails_and_says_its_name(void **state)
{
    struct fixture fixture;
    struct err err;
    (void)state;
    start(&fixture, "good");
    driver_release(&fixture.driver);
    fixture.argv[0] = "/nonexistent/spillway-executor";
    assert_true(driver_init(&fixture.driver, fixture.argv, fixture.log_path, &err));
    driver_wake(&fixture.driver, clock_now_ns());
    await(&fixture, DRIVER_FAILED);
    assert_int_equal(fixture.driver.failure.code, E_WORKER_START);
    assert_non_null(strstr(fixture.driver.failure.text, "/nonexistent/"));
    assert_int_equal(fixture.driver.failed_starts, 1);
    stop(&fixture);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], FORK_SERVER_FLAG) == 0)
        return fork_server_main(argc, argv);
    if (argc > 2 && strcmp(argv[1], FAKE) == 0)
        return fake_main(argv[2]);
    (void)signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_death_is_told_by_its_cause),
        cmocka_unit_test(a_good_executor_does_task_after_task),
        cmocka_unit_test(a_free_executor_has_its_task_at_once),
        cmocka_unit_test(a_dead_executor_is_replaced_for_the_next_task),
        cmocka_unit_test(a_killed_fork_server_costs_only_the_attempt),
        cmocka_unit_test(a_fork_server_that_dies_during_the_start_is_replaced),
        cmocka_unit_test(no_progress_within_the_limit_is_a_timeout),
        cmocka_unit_test(one_that_is_told_that_it_is_late_reports_by_itself),
        cmocka_unit_test(one_that_does_not_hear_it_is_killed),
        cmocka_unit_test(a_dropped_task_gives_no_report),
        cmocka_unit_test(a_drained_task_that_was_not_begun_is_handed_back),
        cmocka_unit_test(a_program_that_is_not_there_fails_and_says_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
