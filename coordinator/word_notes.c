/* word_notes.c - texts by word.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/word_notes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#define NOTE_TEXT  256
#define NOTE_LIMIT ((size_t)2 << 30) /* 16 million words of the largest event */

void word_notes_init(struct word_notes *notes, size_t words)
{
    *notes =
        (struct word_notes){.at = mem_new(words + 1, sizeof *notes->at), .count = words};
    bytes_init(&notes->text, NOTE_LIMIT);
}

void word_notes_release(struct word_notes *notes)
{
    free(notes->at);
    bytes_release(&notes->text);
    *notes = (struct word_notes){.at = NULL};
}

void word_note(struct word_notes *notes, size_t word, const char *format, ...)
{
    char text[NOTE_TEXT];
    va_list list;
    if (word >= notes->count || notes->failed)
        return;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const char *old = "";
    uint8_t *place;
    size_t size = strlen(text) + 1;
    if (notes->at[word] != 0)
        old = (const char *)notes->text.data + (notes->at[word] - 1);
    size_t before = strlen(old);
    if (!bytes_reserve(&notes->text, before + 2 + size, &place, &notes->err)) {
        notes->failed = true;
        return;
    }
    if (before > 0) { /* reserving may have moved it */
        memcpy(place, notes->text.data + (notes->at[word] - 1), before);
        memcpy(place + before, "; ", 2);
        before += 2;
    }
    memcpy(place + before, text, size);
    notes->at[word] = (uint32_t)notes->text.size + 1;
    notes->text.size += before + size;
}

bool word_notes_print(const struct word_notes *notes, const uint8_t *data,
                      struct bytes *out, struct err *err)
{
    if (notes->failed) {
        *err = notes->err;
        return false;
    }
    for (size_t i = 0; i < notes->count; i++) {
        const char *text =
            notes->at[i] == 0 ? "-" : (const char *)notes->text.data + (notes->at[i] - 1);
        if (!text_addf(out, err, "%8zu  %08" PRIx32 "  %s\n", 4 * i,
                       le32_load(data + 4 * i), text))
            return false;
    }
    return true;
}
