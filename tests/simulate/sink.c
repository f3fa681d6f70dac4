/* sink.c - buffered writing of one file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/sink.h"

#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"

#define SINK_FLUSH ((size_t)1 << 20)
#define SINK_LIMIT ((size_t)128 << 20) /* one event of 64 MiB more than the flush */

bool sink_open(struct sink *sink, const char *path, struct err *err)
{
    struct sink made = {.fd = -1, .adler32 = ADLER32_START};
    if (!text_copy(made.path, sizeof made.path, path, err) ||
        !disk_create(path, &made.fd, err))
        return false;
    bytes_init(&made.waiting, SINK_LIMIT);
    *sink = made;
    return true;
}

static bool sink_flush(struct sink *sink, struct err *err)
{
    sink->adler32 = adler32_add(sink->adler32, sink->waiting.data, sink->waiting.size);
    if (!disk_write(sink->fd, sink->path, sink->waiting.data, sink->waiting.size, err))
        return false;
    bytes_clear(&sink->waiting);
    return true;
}

bool sink_add(struct sink *sink, const void *data, size_t size, struct err *err)
{
    if (!bytes_append(&sink->waiting, data, size, err))
        return err_wrap(err, "%s", sink->path);
    sink->size += size;
    return sink->waiting.size < SINK_FLUSH || sink_flush(sink, err);
}

bool sink_close(struct sink *sink, struct err *err)
{
    bool done = sink_flush(sink, err) && disk_close(sink->fd, sink->path, err);
    if (done)
        sink->fd = -1;
    sink_release(sink);
    return done;
}

void sink_release(struct sink *sink)
{
    if (sink->fd >= 0)
        (void)close(sink->fd);
    sink->fd = -1;
    bytes_release(&sink->waiting);
}
