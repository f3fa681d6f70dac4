/* served.c - one executor that does task after task, as for a worker rank.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/served.h"

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

void served_start(struct served *served, const char *program)
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
        posix_spawn(&served->pid, program, &actions, NULL, words.taken, environ) != 0)
        fail(program);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(in[0]);
    (void)close(out[1]);
    served->tasks = in[1];
    served->frames = out[0];
    if (fcntl(served->frames, F_SETFL, O_NONBLOCK) != 0)
        fail("pipe");
    frame_reader_init(&served->reader);
    bytes_init(&served->framed, FRAME_LIMIT + 16);
}

/* There is no lead here that could have a blob: the executor goes to the store itself. */
static void want_answer(struct served *served, const struct frame *want)
{
    uint8_t nothing[FRAME_ANSWER_HEAD] = {0};
    struct err err = {.text = "a question without a hash"};
    measure_must(want->size >= SHA256_SIZE, &err);
    memcpy(nothing + 1, want->body, SHA256_SIZE);
    bytes_clear(&served->framed);
    measure_must(frame_pack_task(&served->framed, nothing, sizeof nothing, &err) &&
                     disk_write(served->tasks, "pipe", served->framed.data,
                                served->framed.size, &err),
                 &err);
}

/* Waits for the report. */
static struct frame report_await(struct served *served)
{
    struct pollfd ready = {.fd = served->frames, .events = POLLIN};
    struct frame frame;
    struct err err = {.text = "the executor ended"};
    bool ended = false;
    for (;;) {
        enum lookup found = frame_reader_next(&served->reader, &frame, &err);
        measure_must(found != LOOKUP_FAILED, &err);
        if (found == LOOKUP_FOUND && frame.kind == FRAME_REPORT)
            return frame;
        if (found == LOOKUP_FOUND && frame.kind == FRAME_WANT)
            want_answer(served, &frame);
        if (found == LOOKUP_FOUND)
            continue;
        measure_must(!ended, &err);
        if (poll(&ready, 1, -1) < 0 && errno != EINTR)
            fail("poll");
        measure_must(frame_reader_fill(&served->reader, served->frames, &ended, &err),
                     &err);
    }
}

void served_do(struct served *served, const struct bytes *task, struct arena *arena,
               struct report *report)
{
    struct err err;
    bytes_clear(&served->framed);
    measure_must(frame_pack_task(&served->framed, task->data, task->size, &err) &&
                     disk_write(served->tasks, "pipe", served->framed.data,
                                served->framed.size, &err),
                 &err);
    struct frame frame = report_await(served);
    measure_must(wire_report_unpack(frame.body, frame.size, arena, report, &err), &err);
    measure_must(report->status == REPORT_DONE, &report->failure);
}

double served_end(struct served *served)
{
    struct rusage usage;
    int status;
    (void)close(served->tasks);
    if (wait4(served->pid, &status, 0, &usage) != served->pid || status != 0)
        fail("the executor failed");
    (void)close(served->frames);
    frame_reader_release(&served->reader);
    bytes_release(&served->framed);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
