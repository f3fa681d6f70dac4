/* digest_test.c - published vectors of sha256 (FIPS 180-4) and Adler-32 (RFC 1950).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *text;
    const char *hex;
} sha256_rows[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void sha256_gives_the_published_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sha256_rows); i++) {
        char hex[SHA256_HEX];
        struct sha256 hash = sha256_of(sha256_rows[i].text, strlen(sha256_rows[i].text));
        sha256_to_hex(&hash, hex);
        assert_string_equal(hex, sha256_rows[i].hex);
    }
}

static void md5_gives_the_published_values(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"", "d41d8cd98f00b204e9800998ecf8427e"},
                                          {"abc", "900150983cd24fb0d6963f7d28e17f72"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char hex[MD5_HEX];
        assert_true(md5_hex(rows[i][0], strlen(rows[i][0]), hex));
        assert_string_equal(hex, rows[i][1]);
    }
}

static void a_stream_may_be_fed_in_any_pieces_and_used_again(void **state)
{
    (void)state;
    char piece[997];
    memset(piece, 'a', sizeof piece);
    struct sha256_stream *stream = sha256_new();
    for (int round = 0; round < 2; round++) {
        sha256_start(stream);
        size_t left = 1000000;
        for (size_t size = 0; left > 0; size = size % sizeof piece + 1) {
            size_t now = size < left ? size : left;
            sha256_add(stream, piece, now);
            left -= now;
        }
        char hex[SHA256_HEX];
        struct sha256 hash = sha256_end(stream);
        sha256_to_hex(&hash, hex);
        assert_string_equal(
            hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
    sha256_free(stream);
    sha256_free(NULL);
}

static void a_hash_is_read_back_from_its_text(void **state)
{
    (void)state;
    struct sha256 hash = {0};
    struct sha256 again;
    struct err err;
    assert_true(sha256_is_zero(&hash));
    assert_true(sha256_from_hex(sha256_rows[1].hex, &hash, &err));
    assert_false(sha256_is_zero(&hash));
    again = sha256_of("abc", 3);
    assert_true(sha256_equal(&hash, &again));
    again.bytes[31] ^= 1;
    assert_false(sha256_equal(&hash, &again));
    assert_false(sha256_from_hex("ba78", &hash, &err));
    assert_false(sha256_from_hex("", &hash, &err));
}

static void adler32_gives_the_published_values(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        uint32_t adler;
    } rows[] = {{"", 0x00000001},
                {"a", 0x00620062},
                {"abc", 0x024d0127},
                {"message digest", 0x29750586},
                {"Wikipedia", 0x11e60398}};

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(adler32_add(ADLER32_START, rows[i].text, strlen(rows[i].text)),
                         rows[i].adler);
}

/* The definition, without any of the shortcuts of a library. */
/* Pages of an RNTuple file that ROOT's readers accept. */
static void xxh3_gives_the_checksums_of_known_pages(void **state)
{
    static const struct {
        const char *hex;
        size_t size;
        uint64_t hash;
    } rows[] = {{"0000c03f000000c0", 8, UINT64_C(0x28521d0357d6f77e)},
                {"1a0e00001a0e0000", 8, UINT64_C(0xdd168ebedae8b551)},
                {"0000803f", 4, UINT64_C(0xf87b05471331b3ae)}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t page[8];
        struct err err;
        assert_true(text_from_hex(rows[i].hex, page, rows[i].size, &err));
        assert_true(xxh3_of(page, rows[i].size) == rows[i].hash);
    }
}

static uint32_t adler32_slow(const uint8_t *data, size_t size)
{
    uint32_t a = 1;
    uint32_t b = 0;
    for (size_t i = 0; i < size; i++) {
        a = (a + data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static void adler32_does_not_depend_on_the_pieces(void **state)
{
    (void)state;
    static uint8_t data[100000];
    memset(data, 0xff, sizeof data);
    uint32_t adler = ADLER32_START;
    size_t size = 0;
    for (size_t at = 0; at < sizeof data; at += size) {
        size = 1 + at % 9001;
        if (size > sizeof data - at)
            size = sizeof data - at;
        adler = adler32_add(adler, data + at, size);
    }
    assert_int_equal(adler, adler32_slow(data, sizeof data));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_values),
        cmocka_unit_test(md5_gives_the_published_values),
        cmocka_unit_test(a_stream_may_be_fed_in_any_pieces_and_used_again),
        cmocka_unit_test(a_hash_is_read_back_from_its_text),
        cmocka_unit_test(adler32_gives_the_published_values),
        cmocka_unit_test(xxh3_gives_the_checksums_of_known_pages),
        cmocka_unit_test(adler32_does_not_depend_on_the_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
