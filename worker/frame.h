/* frame.h - messages between a rank and its executor over pipes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * To the executor: {u32 length, task}. From it: {u32 length of the body, u8 kind, body}.
 * All numbers little endian. The executor speaks first, with FRAME_READY; then for each
 * task any number of FRAME_PROGRESS and one FRAME_REPORT. A FRAME_WANT is answered, in
 * the form of a task: {u8 found, sha256, bytes}.
 */
#ifndef SPILLWAY_WORKER_FRAME_H
#define SPILLWAY_WORKER_FRAME_H

#include "base/bytes.h"
#include "base/digest.h"
#include "model/task.h"

/* A task or report of the largest size that the codec allows. */
#define FRAME_LIMIT ((size_t)64 << 20)

enum frame_kind {
    FRAME_READY = 1,    /* release id, fingerprint: 2 x 32 bytes */
    FRAME_PROGRESS = 2, /* u32 plan number of the segment begun */
    FRAME_REPORT = 3,   /* a packed report */
    FRAME_WANT = 4      /* a blob: struct frame_want */
};

#define FRAME_READY_SIZE  64u
#define FRAME_ANSWER_HEAD 33u /* found, sha256 */
#define FRAME_WANT_LIMIT  (SHA256_SIZE + TASK_URL + TASK_MIRRORS)

/* Appends one frame of the executor. */
bool frame_pack(struct bytes *out, enum frame_kind kind, const void *body, size_t size,
                struct err *err);

/* A blob of a store: {sha256, store, NUL, mirrors}. */
struct frame_want {
    struct sha256 hash;
    char store[TASK_URL];
    char mirrors[TASK_MIRRORS]; /* as in a task */
};

/* The size of the body. */
size_t frame_want_pack(const struct frame_want *want, uint8_t body[FRAME_WANT_LIMIT]);

/* false: it is none. */
bool frame_want_open(const uint8_t *body, size_t size, struct frame_want *want);

/* Appends one task as the executor reads it. */
bool frame_pack_task(struct bytes *out, const void *task, size_t size, struct err *err);

/* Reads a task from a blocking pipe into `task` (emptied first). ABSENT: the pipe ended
 * before its first byte, or a signal came while nothing was read yet. */
enum lookup frame_read_task(int fd, struct bytes *task, struct err *err);

/* Reads the answer to a FRAME_WANT; signals do not end it. */
bool frame_read_answer(int fd, struct bytes *answer, struct err *err);

/* Frames of the executor as they come in, from a pipe that does not block. */
struct frame_reader {
    struct bytes buffer;
    size_t taken;
};

struct frame {
    enum frame_kind kind;
    const uint8_t *body; /* borrowed until the next fill */
    size_t size;
};

void frame_reader_init(struct frame_reader *reader);
void frame_reader_release(struct frame_reader *reader);
void frame_reader_clear(struct frame_reader *reader);

/* Reads what is there. *ended is set at the end of the pipe. */
bool frame_reader_fill(struct frame_reader *reader, int fd, bool *ended, struct err *err);

/* FAILED: no frame of ours. */
enum lookup frame_reader_next(struct frame_reader *reader, struct frame *frame,
                              struct err *err);

#endif
