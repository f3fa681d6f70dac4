/* huffman_fuzz.c - any text as a code table; what has a code comes back through bits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/huffman.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void symbols_check(const struct huffman *huffman)
{
    struct bytes words;
    struct err err;
    bytes_init(&words, 1 << 20);
    struct bit_writer writer = {.words = &words};
    for (uint32_t i = 0; i < HUFFMAN_SYMBOLS; i++)
        if (huffman->length[i] > 0)
            bug_if(!bits_put(&writer, huffman->code[i], huffman->length[i], &err));
    bug_if(!bits_end(&writer, &err));
    struct bit_reader reader = {.words = words.data, .end = writer.total};
    for (uint32_t i = 0; i < HUFFMAN_SYMBOLS; i++) {
        uint32_t symbol = HUFFMAN_SYMBOLS;
        if (huffman->length[i] > 0)
            bug_if(!huffman_take(huffman, &reader, &symbol) || symbol != i);
    }
    bytes_release(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct huffman huffman;
    struct err err;
    if (!huffman_read((const char *)data, size, &huffman, &err))
        return 0;
    symbols_check(&huffman);
    huffman_release(&huffman);
    return 0;
}
