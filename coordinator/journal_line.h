/* journal_line.h - lines of a journal: words and numbers, each line with its checksum.
 * SPDX-License-Identifier: Apache-2.0
 *
 * "NAME NUMBER NUMBER ... #ADLER32\n": numbers are decimal, a text is percent-encoded and
 * "-" when empty. A line that was cut short or changed is seen by its checksum.
 */
#ifndef SPILLWAY_COORDINATOR_JOURNAL_LINE_H
#define SPILLWAY_COORDINATOR_JOURNAL_LINE_H

#include "base/bytes.h"

/* A failed append is remembered and told by journal_written. */
struct journal_writer {
    struct bytes out;
    size_t start; /* of the line */
    bool failed;
    struct err err;
};

void journal_writer_init(struct journal_writer *writer, size_t limit);
void journal_writer_release(struct journal_writer *writer);
void journal_begin(struct journal_writer *writer, const char *name);
void journal_number(struct journal_writer *writer, uint64_t number);
void journal_text(struct journal_writer *writer, const char *text);
void journal_end(struct journal_writer *writer);
bool journal_written(const struct journal_writer *writer, struct err *err);

/* Reads lines of a text in memory, in place. */
struct journal_reader {
    const char *data;
    size_t size;
    size_t at;        /* of the next line */
    const char *word; /* the rest of the line */
    const char *end;
    uint64_t line; /* from 1 */
    bool broken;   /* a word was missing or no number of its range */
};

/* The next line whose checksum is right; false at the end and at the first one that is
 * not whole. `name` gets its first word. */
bool journal_next(struct journal_reader *reader, char name[16]);

/* 0, and broken, when the next word is no number up to `maximum`. */
uint64_t journal_take(struct journal_reader *reader, uint64_t maximum);

/* Broken when it does not fit. */
void journal_take_text(struct journal_reader *reader, char *out, size_t size);
bool journal_more(const struct journal_reader *reader);

#endif
