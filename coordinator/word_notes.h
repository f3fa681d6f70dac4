/* word_notes.h - what the words of one event mean, as texts beside them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_WORD_NOTES_H
#define SPILLWAY_COORDINATOR_WORD_NOTES_H

#include "base/bytes.h"

struct word_notes {
    uint32_t *at; /* by word: place of its text plus 1, 0 none */
    size_t count; /* of words */
    struct bytes text;
    bool failed; /* a text was too much; told when printed */
    struct err err;
};

void word_notes_init(struct word_notes *notes, size_t words);
void word_notes_release(struct word_notes *notes);

/* Notes what word number `word` of the event means; a second note of a word stands behind
 * the first. A word outside of the event has no notes. */
void word_note(struct word_notes *notes, size_t word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Offset, word and meaning of each word of `data`, a line each. */
bool word_notes_print(const struct word_notes *notes, const uint8_t *data,
                      struct bytes *out, struct err *err);

#endif
