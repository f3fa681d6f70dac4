/* journal_line.c - writing and reading lines of a journal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/journal_line.h"

#include <string.h>

#include "base/digest.h"
#include "base/text.h"

#define CHECK_SIZE  10u /* " #" and eight digits */
#define NUMBER_SIZE 21u /* a gap and the digits of UINT64_MAX */

void journal_writer_init(struct journal_writer *writer, size_t limit)
{
    *writer = (struct journal_writer){.failed = false};
    bytes_init(&writer->out, limit);
}

void journal_writer_release(struct journal_writer *writer)
{
    bytes_release(&writer->out);
}

static void keep(struct journal_writer *writer, bool done)
{
    writer->failed = writer->failed || !done;
}

void journal_begin(struct journal_writer *writer, const char *name)
{
    writer->start = writer->out.size;
    keep(writer, text_add(&writer->out, name, &writer->err));
}

/* A plan has millions of them: one copy of known size into the buffer. */
void journal_number(struct journal_writer *writer, uint64_t number)
{
    char word[2 * NUMBER_SIZE] = {0};
    uint8_t *place;
    size_t at = NUMBER_SIZE;
    do {
        word[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    word[--at] = ' ';
    bool room = bytes_reserve(&writer->out, NUMBER_SIZE, &place, &writer->err);
    keep(writer, room);
    if (!room)
        return;
    memcpy(place, word + at, NUMBER_SIZE);
    writer->out.size += NUMBER_SIZE - at;
}

void journal_text(struct journal_writer *writer, const char *text)
{
    keep(writer, text_add(&writer->out, " ", &writer->err));
    keep(writer, text[0] == 0 || strcmp(text, "-") == 0
                     ? text_add(&writer->out, "-", &writer->err)
                     : text_add_percent(&writer->out, text, &writer->err));
}

static void check_make(const void *line, size_t size, char check[CHECK_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint32_t sum = adler32_add(ADLER32_START, line, size);
    memcpy(check, " #", 2);
    for (unsigned i = 0; i < 8; i++)
        check[2 + i] = digits[sum >> (28 - 4 * i) & 15];
}

void journal_end(struct journal_writer *writer)
{
    char check[CHECK_SIZE + 1];
    if (writer->failed)
        return;
    check_make(writer->out.data + writer->start, writer->out.size - writer->start, check);
    check[CHECK_SIZE] = '\n';
    keep(writer, bytes_append(&writer->out, check, sizeof check, &writer->err));
}

bool journal_written(const struct journal_writer *writer, struct err *err)
{
    if (writer->failed)
        *err = writer->err;
    return !writer->failed;
}

static bool check_is_right(const char *line, size_t size)
{
    char wanted[CHECK_SIZE];
    if (size <= CHECK_SIZE)
        return false;
    size_t length = size - CHECK_SIZE;
    check_make(line, length, wanted);
    return memcmp(line + length, wanted, CHECK_SIZE) == 0;
}

/* One word of at most size - 1 characters; "" at the end of the line. */
static void word_take(struct journal_reader *reader, char *out, size_t size)
{
    size_t length = 0;
    while (reader->word < reader->end && *reader->word == ' ')
        reader->word++;
    while (reader->word + length < reader->end && reader->word[length] != ' ')
        length++;
    if (length >= size) {
        reader->broken = true;
        length = 0;
    }
    memcpy(out, reader->word, length);
    out[length] = 0;
    reader->word += length;
}

bool journal_next(struct journal_reader *reader, char name[16])
{
    if (reader->at >= reader->size)
        return false;
    const char *line = reader->data + reader->at;
    const char *newline = memchr(line, '\n', reader->size - reader->at);
    if (newline == NULL || memchr(line, 0, (size_t)(newline - line)) != NULL ||
        !check_is_right(line, (size_t)(newline - line)))
        return false;
    reader->word = line;
    reader->end = newline - CHECK_SIZE;
    reader->at += (size_t)(newline - line) + 1;
    reader->line++;
    word_take(reader, name, 16);
    return true;
}

uint64_t journal_take(struct journal_reader *reader, uint64_t maximum)
{
    char word[24];
    struct err ignored;
    uint64_t number = 0;
    word_take(reader, word, sizeof word);
    if (!text_to_u64(word, maximum, &number, &ignored)) {
        reader->broken = true;
        return 0;
    }
    return number;
}

/* The character that "%XY" stands for; false when it stands for none. */
static bool percent_take(const char *code, char *out)
{
    struct err ignored;
    uint8_t byte;
    char digits[3] = {0}; /* text_from_hex wants small letters */
    if (code[0] != '%' || code[1] == 0 || code[2] == 0)
        return false;
    digits[0] = (char)(code[1] | 0x20);
    digits[1] = (char)(code[2] | 0x20);
    if (!text_from_hex(digits, &byte, 1, &ignored))
        return false;
    memcpy(out, &byte, 1);
    return true;
}

void journal_take_text(struct journal_reader *reader, char *out, size_t size)
{
    char word[2048];
    size_t length = 0;
    word_take(reader, word, sizeof word);
    if (strcmp(word, "-") == 0)
        word[0] = 0;
    for (const char *c = word; *c != 0 && length + 1 < size; length++) {
        bool coded = percent_take(c, &out[length]);
        if (!coded)
            out[length] = *c;
        c += coded ? 3 : 1;
    }
    out[length] = 0;
}

bool journal_more(const struct journal_reader *reader)
{
    return reader->word < reader->end;
}
