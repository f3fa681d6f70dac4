/* frame_test.c - frames arrive whole however the pipe cuts them, or are refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/frame.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    int pipe[2];
    struct frame_reader reader;
    struct bytes out;
};

static void start(struct fixture *fixture)
{
    assert_int_equal(pipe(fixture->pipe), 0);
    assert_int_equal(fcntl(fixture->pipe[0], F_SETFL, O_NONBLOCK), 0);
    frame_reader_init(&fixture->reader);
    bytes_init(&fixture->out, 1 << 20);
}

static void stop(struct fixture *fixture)
{
    (void)close(fixture->pipe[0]);
    (void)close(fixture->pipe[1]);
    frame_reader_release(&fixture->reader);
    bytes_release(&fixture->out);
}

static void send_bytes(struct fixture *fixture, const void *data, size_t size)
{
    struct err err;
    bool ended = false;
    assert_int_equal(write(fixture->pipe[1], data, size), (ssize_t)size);
    assert_true(frame_reader_fill(&fixture->reader, fixture->pipe[0], &ended, &err));
    assert_false(ended);
}

static void frames_come_whole_byte_by_byte(void **state)
{
    struct fixture fixture;
    struct frame frame;
    struct err err;
    uint8_t segment[4] = {5, 0, 0, 0};
    (void)state;
    start(&fixture);
    for (int i = 0; i < 3; i++) {
        assert_true(frame_pack(&fixture.out, FRAME_PROGRESS, segment, 4, &err));
        assert_true(frame_pack(&fixture.out, FRAME_REPORT, "report", 6, &err));
    }
    uint32_t frames = 0;
    for (size_t i = 0; i < fixture.out.size; i++) {
        send_bytes(&fixture, fixture.out.data + i, 1);
        if (frame_reader_next(&fixture.reader, &frame, &err) != LOOKUP_FOUND)
            continue;
        assert_int_equal(frame.kind, frames % 2 == 0 ? FRAME_PROGRESS : FRAME_REPORT);
        assert_memory_equal(frame.body, frames % 2 == 0 ? (void *)segment : "report",
                            frame.size);
        frames++;
    }
    assert_int_equal(frames, 6);
    stop(&fixture);
}

/* Looking once more after less than was asked for is a system call that finds nothing. */
static void an_emptied_pipe_is_not_read_again(void **state)
{
    struct fixture fixture;
    struct err err;
    bool ended = false;
    (void)state;
    start(&fixture);
    assert_int_equal(write(fixture.pipe[1], "some", 4), 4);
    assert_int_equal(close(fixture.pipe[1]), 0);
    assert_true(frame_reader_fill(&fixture.reader, fixture.pipe[0], &ended, &err));
    assert_int_equal(fixture.reader.buffer.size, 4);
    assert_false(ended);
    assert_true(frame_reader_fill(&fixture.reader, fixture.pipe[0], &ended, &err));
    assert_true(ended);
    stop(&fixture);
}

static void what_is_no_frame_is_refused(void **state)
{
    static const struct {
        uint32_t size;
        uint8_t kind;
    } heads[] = {{0, 0},
                 {0, 9},
                 {3, FRAME_PROGRESS},
                 {63, FRAME_READY},
                 {FRAME_LIMIT + 1, FRAME_REPORT}};

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct fixture fixture;
        struct frame frame;
        struct err err;
        uint8_t head[5];
        start(&fixture);
        le32_store(head, heads[i].size);
        head[4] = heads[i].kind;
        send_bytes(&fixture, head, sizeof head);
        assert_int_equal(frame_reader_next(&fixture.reader, &frame, &err), LOOKUP_FAILED);
        assert_int_equal(err.code, E_WORKER_FRAME);
        stop(&fixture);
    }
}

static void a_task_is_whole_or_an_error(void **state)
{
    struct fixture fixture;
    struct bytes task;
    struct err err;
    (void)state;
    start(&fixture);
    bytes_init(&task, 1 << 20);
    assert_int_equal(fcntl(fixture.pipe[0], F_SETFL, 0), 0);
    assert_true(frame_pack_task(&fixture.out, "task", 4, &err));
    assert_int_equal(write(fixture.pipe[1], fixture.out.data, 8), 8);
    assert_int_equal(frame_read_task(fixture.pipe[0], &task, &err), LOOKUP_FOUND);
    assert_int_equal(task.size, 4);
    assert_memory_equal(task.data, "task", 4);
    assert_int_equal(write(fixture.pipe[1], fixture.out.data, 6), 6);
    (void)close(fixture.pipe[1]);
    assert_int_equal(frame_read_task(fixture.pipe[0], &task, &err), LOOKUP_FAILED);
    assert_int_equal(frame_read_task(fixture.pipe[0], &task, &err), LOOKUP_ABSENT);
    bytes_release(&task);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_whole_byte_by_byte),
        cmocka_unit_test(an_emptied_pipe_is_not_read_again),
        cmocka_unit_test(what_is_no_frame_is_refused),
        cmocka_unit_test(a_task_is_whole_or_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
