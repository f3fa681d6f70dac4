/* huffman.h - the code of compressed MSADC samples, both ways.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table is text of the map: a line a symbol, "value code" with the code as zeros and
 * ones, the first bit read first. Data are a stream of bits, low bits of a word first.
 * No table of the experiment is public.
 */
#ifndef SPILLWAY_RAW_HUFFMAN_H
#define SPILLWAY_RAW_HUFFMAN_H

#include "base/bytes.h"

#define HUFFMAN_SYMBOLS 4096u /* samples and their differences, modulo 4096 */
#define HUFFMAN_BITS    32u   /* longest code */

struct huffman {
    uint32_t code[HUFFMAN_SYMBOLS];  /* first bit in bit 0 */
    uint8_t length[HUFFMAN_SYMBOLS]; /* 0: the symbol has no code */
    int32_t (
        *nodes)[2]; /* by bit: 0 no code, above 0 a node, below 0 minus symbol minus 1 */
    uint32_t node_count, node_room;
};

/* E_MAP_LINE with the line in the text: no number and code, a symbol or code twice, a
 * code that is the beginning of another one. */
bool huffman_read(const char *text, size_t size, struct huffman *huffman,
                  struct err *err);
void huffman_release(struct huffman *huffman);

/* A position in a stream of bits. */
struct bit_reader {
    const uint8_t *words;
    uint64_t at, end; /* in bits */
};

/* The next `count` bits, at most 32; false at the end of the stream. */
bool bits_take(struct bit_reader *reader, uint32_t count, uint32_t *value);

/* The next symbol; false when there is none of this code, or the stream ends. */
bool huffman_take(const struct huffman *huffman, struct bit_reader *reader,
                  uint32_t *symbol);

/* Words in the making. */
struct bit_writer {
    struct bytes *words;
    uint64_t held;
    uint32_t held_bits; /* below 32 between calls */
    uint64_t total;     /* bits so far */
};

bool bits_put(struct bit_writer *writer, uint32_t value, uint32_t count, struct err *err);

/* Ends the last word with zeros. */
bool bits_end(struct bit_writer *writer, struct err *err);

#endif
