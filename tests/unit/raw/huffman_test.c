/* huffman_test.c - code tables and streams of bits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/huffman.h"
#include "tests/unit/raw/made.h"

static bool read_text(const char *text, struct huffman *huffman, struct err *err)
{
    return huffman_read(text, strlen(text), huffman, err);
}

static void a_table_is_read_as_it_is_written_in_maps(void **state)
{
    (void)state;
    struct huffman huffman;
    struct err err;
    assert_true(read_text("\n0\t0\n1\t10\r\n  4095   110  \n\n2\t111", &huffman, &err));
    assert_int_equal(huffman.length[0], 1);
    assert_int_equal(huffman.length[1], 2);
    assert_int_equal(huffman.code[1], 1); /* the first bit is the lowest */
    assert_int_equal(huffman.length[4095], 3);
    assert_int_equal(huffman.code[4095], 3);
    assert_int_equal(huffman.length[3], 0);
    huffman_release(&huffman);
}

static void bad_tables_are_refused_with_the_line(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"0 0\n1 0", "line 2 "},  /* a code twice */
        {"0 0\n0 1", "line 2 "},  /* a symbol twice */
        {"0 01\n1 0", "line 2 "}, /* the beginning of another code */
        {"0 0\n1 01", "line 2 "}, /* it continues another code */
        {"0", "line 1 "},         /* no code */
        {"0 2", "line 1 "},       /* not of bits */
        {"4096 0", "line 1 "},    /* no symbol */
        {"-1 0", "line 1 "},
        {"0x10 0", "line 1 "},
        {"0 0 0", "line 1 "},                                   /* a word too many */
        {"\n\n0 000000000000000000000000000000000", "line 3 "}, /* 33 bits */
        {"00000000000000000000000000000000000000000000000000 0", "line 1 "},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct huffman huffman;
        struct err err;
        assert_false(read_text(cases[i].text, &huffman, &err));
        assert_int_equal(err.code, E_MAP_LINE);
        assert_non_null(strstr(err.text, cases[i].line));
    }
}

static void symbols_come_back_through_a_stream(void **state)
{
    (void)state;
    static const uint32_t symbols[] = {7, 0, 0, 1, 7, 7, 1, 0, 7};
    struct huffman huffman;
    struct bytes words;
    struct err err;
    uint32_t symbol, value;
    bytes_init(&words, 1 << 10);
    assert_true(
        read_text("0 0\n1 10\n7 11111111111111111111111111111111", &huffman, &err));
    struct bit_writer writer = {.words = &words};
    assert_true(bits_put(&writer, 0x155, 9, &err));
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        assert_true(bits_put(&writer, huffman.code[symbols[i]],
                             huffman.length[symbols[i]], &err));
    uint64_t total = writer.total;
    assert_true(bits_end(&writer, &err));
    assert_int_equal(words.size, (total + 31) / 32 * 4);
    struct bit_reader reader = {.words = words.data, .end = total};
    assert_true(bits_take(&reader, 9, &value));
    assert_int_equal(value, 0x155);
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        assert_true(huffman_take(&huffman, &reader, &symbol));
        assert_int_equal(symbol, symbols[i]);
    }
    assert_false(huffman_take(&huffman, &reader, &symbol));
    assert_false(bits_take(&reader, 1, &value));
    bytes_release(&words);
    huffman_release(&huffman);
}

static void a_code_that_is_not_in_the_table_is_an_end(void **state)
{
    (void)state;
    static const uint8_t words[4] = {0x01, 0, 0, 0};
    struct huffman huffman;
    struct err err;
    uint32_t symbol;
    assert_true(read_text("3 0\n", &huffman, &err));
    struct bit_reader reader = {.words = words, .end = 32};
    assert_false(huffman_take(&huffman, &reader, &symbol));
    huffman_release(&huffman);
    assert_true(read_text("", &huffman, &err));
    reader.at = 0;
    assert_false(huffman_take(&huffman, &reader, &symbol));
    huffman_release(&huffman);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_read_as_it_is_written_in_maps),
        cmocka_unit_test(bad_tables_are_refused_with_the_line),
        cmocka_unit_test(symbols_come_back_through_a_stream),
        cmocka_unit_test(a_code_that_is_not_in_the_table_is_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
