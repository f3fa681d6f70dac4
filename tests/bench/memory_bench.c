/* memory_bench.c - peak memory of one executor after ten times as many events.
 * SPDX-License-Identifier: Apache-2.0
 *
 * memory_bench AREA CAMPAIGN EXECUTOR: the segments of the campaign in three tasks of one
 * executor: a fifth of the first chunk, its rest, the second chunk. The peak is the
 * executor's own (getrusage), as its reports tell it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/wait.h>

#include "base/disk.h"
#include "tests/bench/chain.h"
#include "tests/bench/measure.h"
#include "worker/frame.h"

#define MEGABYTE 1e6

struct executor {
    pid_t pid;
    int tasks, frames;
    struct frame_reader reader;
    struct bytes task, framed;
};

static void fail(const char *what)
{
    struct err err;
    measure_must(err_errno(&err, E_PROCESS, errno, "%s", what), &err);
}

static void executor_start(struct executor *executor, char *program)
{
    int in[2], out[2];
    char serve[] = "--serve";
    char *words[] = {program, serve, NULL};
    posix_spawn_file_actions_t actions;
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
        posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO) != 0 ||
        posix_spawn(&executor->pid, program, &actions, NULL, words, environ) != 0)
        fail(program);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(in[0]);
    (void)close(out[1]);
    executor->tasks = in[1];
    executor->frames = out[0];
    if (fcntl(executor->frames, F_SETFL, O_NONBLOCK) != 0)
        fail("pipe");
    frame_reader_init(&executor->reader);
    bytes_init(&executor->task, FRAME_LIMIT);
    bytes_init(&executor->framed, FRAME_LIMIT + 16);
}

static void executor_end(struct executor *executor)
{
    int status;
    (void)close(executor->tasks);
    if (waitpid(executor->pid, &status, 0) != executor->pid || status != 0)
        fail("the executor failed");
    (void)close(executor->frames);
    frame_reader_release(&executor->reader);
    bytes_release(&executor->task);
    bytes_release(&executor->framed);
}

/* There is no lead here that could have a blob: the executor goes to the store itself. */
static void want_answer(struct executor *executor, const struct frame *want)
{
    uint8_t nothing[FRAME_ANSWER_HEAD] = {0};
    struct err err = {.text = "a question without a hash"};
    measure_must(want->size >= SHA256_SIZE, &err);
    memcpy(nothing + 1, want->body, SHA256_SIZE);
    bytes_clear(&executor->framed);
    measure_must(frame_pack_task(&executor->framed, nothing, sizeof nothing, &err) &&
                     disk_write(executor->tasks, "pipe", executor->framed.data,
                                executor->framed.size, &err),
                 &err);
}

/* Waits for the report. */
static struct frame report_await(struct executor *executor)
{
    struct pollfd ready = {.fd = executor->frames, .events = POLLIN};
    struct frame frame;
    struct err err = {.text = "the executor ended"};
    bool ended = false;
    for (;;) {
        enum lookup found = frame_reader_next(&executor->reader, &frame, &err);
        measure_must(found != LOOKUP_FAILED, &err);
        if (found == LOOKUP_FOUND && frame.kind == FRAME_REPORT)
            return frame;
        if (found == LOOKUP_FOUND && frame.kind == FRAME_WANT)
            want_answer(executor, &frame);
        if (found == LOOKUP_FOUND)
            continue;
        measure_must(!ended, &err);
        if (poll(&ready, 1, -1) < 0 && errno != EINTR)
            fail("poll");
        measure_must(frame_reader_fill(&executor->reader, executor->frames, &ended, &err),
                     &err);
    }
}

/* Does these segments; returns the peak so far and adds the events. */
static double task_do(struct executor *executor, struct chain *chain,
                      const struct chain_chunk *chunk, uint32_t first, uint64_t *events)
{
    struct report report;
    struct err err;
    uint32_t last = first == 0 ? (chunk->count + 4) / 5 : chunk->count;
    chain_task(chain, chunk->segments + first, last - first, &executor->task);
    bytes_clear(&executor->framed);
    measure_must(frame_pack_task(&executor->framed, executor->task.data,
                                 executor->task.size, &err) &&
                     disk_write(executor->tasks, "pipe", executor->framed.data,
                                executor->framed.size, &err),
                 &err);
    struct frame frame = report_await(executor);
    measure_must(wire_report_unpack(frame.body, frame.size, &chain->arena, &report, &err),
                 &err);
    measure_must(report.status == REPORT_DONE, &report.failure);
    for (uint32_t i = 0; i < report.segment_count; i++)
        *events += report.segments[i].seen.count;
    return (double)report.peak_memory_bytes / MEGABYTE;
}

int main(int count, char **words)
{
    struct executor executor;
    struct chain chain;
    struct chain_chunk chunk;
    struct pairs pairs = {.count = 0};
    struct err err = {.text = "memory_bench AREA CAMPAIGN EXECUTOR"};
    char parts[4200];
    uint64_t few = 0, all = 0;
    measure_must(count == 4, &err);
    chain_open(&chain, words[1], words[2]);
    executor_start(&executor, words[3]);
    measure_must(chain_chunk(&chain, 0, &chunk), &err);
    double early = task_do(&executor, &chain, &chunk, 0, &few);
    all = few;
    double late = task_do(&executor, &chain, &chunk, (chunk.count + 4) / 5, &all);
    for (uint32_t place = 1; chain_chunk(&chain, place, &chunk); place++) {
        (void)task_do(&executor, &chain, &chunk, 0, &all);
        late = task_do(&executor, &chain, &chunk, (chunk.count + 4) / 5, &all);
    }
    executor_end(&executor);
    pairs_add(&pairs, late, early);
    pairs_print(&pairs, "memory", "MB");
    (void)printf("# memory: peak after %" PRIu64 " and after %" PRIu64 " events\n", all,
                 few);
    (void)snprintf(parts, sizeof parts, "%s/parts", chain.book.campaign.store);
    measure_remove(parts);
    chain_close(&chain);
    return 0;
}
