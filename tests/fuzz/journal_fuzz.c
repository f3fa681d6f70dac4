/* journal_fuzz.c - any lines as a journal: decided again, or refused, never a crash.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each line gets its checksum here, or hardly any would come through.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "coordinator/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void line_add(struct journal_writer *writer, const char *line, size_t size)
{
    char text[4096];
    if (size >= sizeof text || memchr(line, 0, size) != NULL)
        return;
    memcpy(text, line, size);
    text[size] = 0;
    journal_begin(writer, text);
    journal_end(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal_writer writer;
    struct journal_state *state;
    struct replayed replayed;
    struct bytes out;
    struct campaign_policy other = {.lease_ns = 1};
    struct err err = {.text = ""};
    journal_writer_init(&writer, (size_t)1 << 20);
    bytes_init(&out, (size_t)1 << 20);
    for (size_t at = 0; at < size;) {
        const char *line = (const char *)data + at;
        const char *end = memchr(line, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - line);
        line_add(&writer, line, length);
        at += length + 1;
    }
    enum lookup found =
        journal_state_read((const char *)writer.out.data, writer.out.size, &state, &err);
    if (found != LOOKUP_FOUND) {
        bug_if(found == LOOKUP_FAILED && err.code != E_JOURNAL);
    } else {
        if (!replay_journal(state, &other, &replayed, &out, &err))
            bug_if(err.text[0] == 0);
        journal_state_free(state);
    }
    bytes_release(&out);
    journal_writer_release(&writer);
    return 0;
}
