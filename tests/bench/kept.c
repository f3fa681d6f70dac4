/* kept.c - one executor that does task after task, as for a worker rank.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include "base/disk.h"
#include "tests/bench/measure.h"

static void fail(const char *what)
{
    struct err err;
    measure_must(err_errno(&err, E_PROCESS, errno, "%s", what), &err);
}

void kept_start(struct kept *kept, const char *program)
{
    int in[2], out[2];
    const char *const given[] = {program, "--serve", NULL};
    posix_spawn_file_actions_t actions;

    union {
        const char *const *given;
        char *const *taken; /* posix_spawn changes nothing in it */
    } words = {.given = given};

    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
        posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO) != 0 ||
        posix_spawn(&kept->pid, program, &actions, NULL, words.taken, environ) != 0)
        fail(program);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(in[0]);
    (void)close(out[1]);
    kept->tasks = in[1];
    kept->frames = out[0];
    if (fcntl(kept->frames, F_SETFL, O_NONBLOCK) != 0)
        fail("pipe");
    frame_reader_init(&kept->reader);
    bytes_init(&kept->framed, FRAME_LIMIT + 16);
}

/* There is no lead here that could have a blob: the executor goes to the store itself. */
static void want_answer(struct kept *kept, const struct frame *want)
{
    uint8_t nothing[FRAME_ANSWER_HEAD] = {0};
    struct err err = {.text = "a question without a hash"};
    measure_must(want->size >= SHA256_SIZE, &err);
    memcpy(nothing + 1, want->body, SHA256_SIZE);
    bytes_clear(&kept->framed);
    measure_must(
        frame_pack_task(&kept->framed, nothing, sizeof nothing, &err) &&
            disk_write(kept->tasks, "pipe", kept->framed.data, kept->framed.size, &err),
        &err);
}

/* Waits for the report. */
static struct frame report_await(struct kept *kept)
{
    struct pollfd ready = {.fd = kept->frames, .events = POLLIN};
    struct frame frame;
    struct err err = {.text = "the executor ended"};
    bool ended = false;
    for (;;) {
        enum lookup found = frame_reader_next(&kept->reader, &frame, &err);
        measure_must(found != LOOKUP_FAILED, &err);
        if (found == LOOKUP_FOUND && frame.kind == FRAME_REPORT)
            return frame;
        if (found == LOOKUP_FOUND && frame.kind == FRAME_WANT)
            want_answer(kept, &frame);
        if (found == LOOKUP_FOUND)
            continue;
        measure_must(!ended, &err);
        if (poll(&ready, 1, -1) < 0 && errno != EINTR)
            fail("poll");
        measure_must(frame_reader_fill(&kept->reader, kept->frames, &ended, &err), &err);
    }
}

void kept_do(struct kept *kept, const struct bytes *task, struct arena *arena,
             struct report *report)
{
    struct err err;
    bytes_clear(&kept->framed);
    measure_must(
        frame_pack_task(&kept->framed, task->data, task->size, &err) &&
            disk_write(kept->tasks, "pipe", kept->framed.data, kept->framed.size, &err),
        &err);
    struct frame frame = report_await(kept);
    measure_must(wire_report_unpack(frame.body, frame.size, arena, report, &err), &err);
    measure_must(report->status == REPORT_DONE, &report->failure);
}

double kept_end(struct kept *kept)
{
    struct rusage usage;
    int status;
    (void)close(kept->tasks);
    if (wait4(kept->pid, &status, 0, &usage) != kept->pid || status != 0)
        fail("the executor failed");
    (void)close(kept->frames);
    frame_reader_release(&kept->reader);
    bytes_release(&kept->framed);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
