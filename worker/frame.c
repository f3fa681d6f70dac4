/* frame.c - lengths first: messages over pipes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/frame.h"

#include <errno.h>
#include <unistd.h>

#define FRAME_HEAD 5u
#define READ_PIECE ((size_t)65536) /* what a pipe holds by default */

bool frame_pack(struct bytes *out, enum frame_kind kind, const void *body, size_t size,
                struct err *err)
{
    if (size > FRAME_LIMIT)
        return err_set(err, E_LIMIT, "a frame of %zu bytes, %zu are allowed", size,
                       FRAME_LIMIT);
    uint8_t head[FRAME_HEAD];
    le32_store(head, (uint32_t)size);
    head[4] = (uint8_t)kind;
    return bytes_append(out, head, sizeof head, err) &&
           bytes_append(out, body, size, err);
}

size_t frame_want_pack(const struct frame_want *want, uint8_t body[FRAME_WANT_LIMIT])
{
    size_t store = strlen(want->store) + 1;
    size_t mirrors = strlen(want->mirrors);
    memcpy(body, want->hash.bytes, SHA256_SIZE);
    memcpy(body + SHA256_SIZE, want->store, store);
    memcpy(body + SHA256_SIZE + store, want->mirrors, mirrors);
    return SHA256_SIZE + store + mirrors;
}

bool frame_want_open(const uint8_t *body, size_t size, struct frame_want *want)
{
    if (size <= SHA256_SIZE || size > FRAME_WANT_LIMIT)
        return false;
    const uint8_t *store = body + SHA256_SIZE;
    const uint8_t *end = memchr(store, 0, size - SHA256_SIZE);
    if (end == NULL || end == store || end - store >= TASK_URL)
        return false;
    size_t mirrors = (size_t)(body + size - (end + 1));
    if (mirrors >= TASK_MIRRORS || memchr(end + 1, 0, mirrors) != NULL)
        return false;
    *want = (struct frame_want){.mirrors = ""};
    memcpy(want->hash.bytes, body, SHA256_SIZE);
    memcpy(want->store, store, (size_t)(end - store));
    memcpy(want->mirrors, end + 1, mirrors);
    return true;
}

bool frame_pack_task(struct bytes *out, const void *task, size_t size, struct err *err)
{
    if (size > FRAME_LIMIT)
        return err_set(err, E_LIMIT, "a task of %zu bytes, %zu are allowed", size,
                       FRAME_LIMIT);
    uint8_t head[4];
    le32_store(head, (uint32_t)size);
    return bytes_append(out, head, sizeof head, err) &&
           bytes_append(out, task, size, err);
}

/* Exactly `size` bytes; `first` is the start of a task, where an end or a signal is no
 * error. */
static enum lookup read_whole(int fd, uint8_t *out, size_t size, bool first,
                              struct err *err)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, out + done, size - done);
        if (n > 0) {
            done += (size_t)n;
            continue;
        }
        if (first && done == 0 && (n == 0 || errno == EINTR))
            return LOOKUP_ABSENT;
        if (n < 0 && errno == EINTR)
            continue;
        err_set(err, E_WORKER_FRAME, "the pipe ended inside a task, %zu of %zu bytes",
                done, size);
        return LOOKUP_FAILED;
    }
    return LOOKUP_FOUND;
}

static enum lookup read_message(int fd, bool first, struct bytes *task, struct err *err)
{
    uint8_t head[4];
    enum lookup found = read_whole(fd, head, sizeof head, first, err);
    if (found != LOOKUP_FOUND)
        return found;
    size_t size = le32_load(head);
    if (size > FRAME_LIMIT) {
        err_set(err, E_WORKER_FRAME, "a task of %zu bytes, %zu are allowed", size,
                FRAME_LIMIT);
        return LOOKUP_FAILED;
    }
    uint8_t *place;
    bytes_clear(task);
    if (!bytes_reserve(task, size, &place, err))
        return LOOKUP_FAILED;
    found = read_whole(fd, place, size, false, err);
    if (found == LOOKUP_FOUND)
        task->size = size;
    return found;
}

enum lookup frame_read_task(int fd, struct bytes *task, struct err *err)
{
    return read_message(fd, true, task, err);
}

bool frame_read_answer(int fd, struct bytes *answer, struct err *err)
{
    return read_message(fd, false, answer, err) == LOOKUP_FOUND;
}

void frame_reader_init(struct frame_reader *reader)
{
    *reader = (struct frame_reader){.taken = 0};
    bytes_init(&reader->buffer, FRAME_LIMIT + FRAME_HEAD + READ_PIECE);
}

void frame_reader_release(struct frame_reader *reader)
{
    bytes_release(&reader->buffer);
    reader->taken = 0;
}

void frame_reader_clear(struct frame_reader *reader)
{
    bytes_clear(&reader->buffer);
    reader->taken = 0;
}

bool frame_reader_fill(struct frame_reader *reader, int fd, bool *ended, struct err *err)
{
    struct bytes *buffer = &reader->buffer;
    if (reader->taken > 0) {
        memmove(buffer->data, buffer->data + reader->taken, buffer->size - reader->taken);
        buffer->size -= reader->taken;
        reader->taken = 0;
    }
    while (buffer->size < FRAME_LIMIT + FRAME_HEAD) {
        uint8_t *place;
        if (!bytes_reserve(buffer, READ_PIECE, &place, err))
            return false;
        ssize_t n = read(fd, place, READ_PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n < 0)
            return err_errno(err, E_PROCESS, errno, "pipe of the executor");
        if (n == 0) {
            *ended = true;
            return true;
        }
        buffer->size += (size_t)n;
        if ((size_t)n < READ_PIECE) /* the pipe is empty now */
            return true;
    }
    return true;
}

enum lookup frame_reader_next(struct frame_reader *reader, struct frame *frame,
                              struct err *err)
{
    if (reader->buffer.size - reader->taken < FRAME_HEAD)
        return LOOKUP_ABSENT;
    const uint8_t *head = reader->buffer.data + reader->taken;
    size_t size = le32_load(head);
    uint8_t kind = head[4];
    bool good = size <= FRAME_LIMIT && kind >= FRAME_READY && kind <= FRAME_WANT &&
                (kind != FRAME_READY || size == FRAME_READY_SIZE) &&
                (kind != FRAME_PROGRESS || size == 4) &&
                (kind != FRAME_WANT || (size > SHA256_SIZE && size <= FRAME_WANT_LIMIT));
    if (!good) {
        err_set(err, E_WORKER_FRAME, "the executor sent kind %u with %zu bytes", kind,
                size);
        return LOOKUP_FAILED;
    }
    if (reader->buffer.size - reader->taken < FRAME_HEAD + size)
        return LOOKUP_ABSENT;
    *frame = (struct frame){(enum frame_kind)kind, head + FRAME_HEAD, size};
    reader->taken += FRAME_HEAD + size;
    return LOOKUP_FOUND;
}
