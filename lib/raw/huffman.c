/* huffman.c - code tables and streams of bits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/huffman.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"

#define WORD_LENGTH 40 /* of a line of the table, with the NUL */

/* Copies the next word of the line; its length, 0 at the end, WORD_LENGTH if too long. */
static size_t word_take(const char *line, size_t size, size_t *at, char word[WORD_LENGTH])
{
    size_t start, length;
    while (*at < size && (line[*at] == ' ' || line[*at] == '\t' || line[*at] == '\r'))
        (*at)++;
    start = *at;
    while (*at < size && line[*at] != ' ' && line[*at] != '\t' && line[*at] != '\r')
        (*at)++;
    length = *at - start;
    if (length >= WORD_LENGTH)
        return WORD_LENGTH;
    memcpy(word, line + start, length);
    word[length] = '\0';
    return length;
}

static uint32_t node_new(struct huffman *huffman)
{
    if (huffman->node_count == huffman->node_room) {
        huffman->node_room = huffman->node_room == 0 ? 64 : 2 * huffman->node_room;
        huffman->nodes =
            mem_grow(huffman->nodes, huffman->node_room, sizeof *huffman->nodes);
    }
    huffman->nodes[huffman->node_count][0] = 0;
    huffman->nodes[huffman->node_count][1] = 0;
    return huffman->node_count++;
}

/* Puts a code into the tree; false when it is, begins or continues another one. */
static bool code_plant(struct huffman *huffman, uint32_t symbol)
{
    uint32_t node = 0, length = huffman->length[symbol], code = huffman->code[symbol];
    for (uint32_t i = 0; i + 1 < length; i++) {
        uint32_t bit = code >> i & 1;
        if (huffman->nodes[node][bit] < 0)
            return false;
        if (huffman->nodes[node][bit] == 0) {
            uint32_t child = node_new(huffman); /* may move the nodes */
            huffman->nodes[node][bit] = (int32_t)child;
        }
        node = (uint32_t)huffman->nodes[node][bit];
    }
    int32_t *leaf = &huffman->nodes[node][code >> (length - 1) & 1];
    if (*leaf != 0)
        return false;
    *leaf = -(int32_t)symbol - 1;
    return true;
}

/* One line that is not empty. */
static bool line_take(struct huffman *huffman, const char *line, size_t size)
{
    char value_text[WORD_LENGTH], code_text[WORD_LENGTH], more[WORD_LENGTH];
    size_t at = 0;
    uint64_t symbol;
    struct err ignored;
    size_t value_length = word_take(line, size, &at, value_text);
    size_t length = word_take(line, size, &at, code_text);
    if (value_length == WORD_LENGTH || length == 0 || length > HUFFMAN_BITS ||
        word_take(line, size, &at, more) != 0 ||
        !text_to_u64(value_text, HUFFMAN_SYMBOLS - 1, &symbol, &ignored) ||
        huffman->length[symbol] != 0 || strspn(code_text, "01") != length)
        return false;
    for (size_t i = 0; i < length; i++)
        huffman->code[symbol] |= (code_text[i] == '1' ? 1u : 0u) << i;
    huffman->length[symbol] = (uint8_t)length;
    return code_plant(huffman, (uint32_t)symbol);
}

static bool is_empty(const char *line, size_t size)
{
    char word[WORD_LENGTH];
    size_t at = 0;
    return word_take(line, size, &at, word) == 0;
}

bool huffman_read(const char *text, size_t size, struct huffman *huffman, struct err *err)
{
    uint32_t line = 1;
    *huffman = (struct huffman){.node_count = 0};
    (void)node_new(huffman);
    for (size_t at = 0; at < size; line++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - text) - at;
        if (!is_empty(text + at, length) && !line_take(huffman, text + at, length)) {
            huffman_release(huffman);
            return err_set(err, E_MAP_LINE,
                           "line %" PRIu32 " of the Huffman table: \"%.*s\" is no new "
                           "symbol with a code of its own",
                           line, (int)(length < 60 ? length : 60), text + at);
        }
        at += length + 1;
    }
    return true;
}

void huffman_release(struct huffman *huffman)
{
    free(huffman->nodes);
    *huffman = (struct huffman){.node_count = 0};
}

bool bits_take(struct bit_reader *reader, uint32_t count, uint32_t *value)
{
    uint64_t at = reader->at, bits = 0;
    if (count > reader->end - at)
        return false;
    for (uint32_t i = 0; i < count; i++, at++)
        bits |= (uint64_t)(reader->words[at / 8] >> at % 8 & 1) << i;
    reader->at = at;
    *value = (uint32_t)bits;
    return true;
}

bool huffman_take(const struct huffman *huffman, struct bit_reader *reader,
                  uint32_t *symbol)
{
    int32_t node = 0;
    do {
        uint32_t bit;
        if (!bits_take(reader, 1, &bit))
            return false;
        node = huffman->nodes[node][bit];
    } while (node > 0);
    *symbol = (uint32_t)(-node - 1);
    return node < 0;
}

bool bits_put(struct bit_writer *writer, uint32_t value, uint32_t count, struct err *err)
{
    writer->held |= (uint64_t)value << writer->held_bits;
    writer->held_bits += count;
    writer->total += count;
    if (writer->held_bits < 32)
        return true;
    uint8_t place[4];
    le32_store(place, (uint32_t)writer->held);
    writer->held >>= 32;
    writer->held_bits -= 32;
    return bytes_append(writer->words, place, sizeof place, err);
}

bool bits_end(struct bit_writer *writer, struct err *err)
{
    return writer->held_bits == 0 || bits_put(writer, 0, 32 - writer->held_bits, err);
}
