/* text.c - building and reading canonical text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool text_add(struct bytes *out, const char *text, struct err *err)
{
    return bytes_append(out, text, strlen(text), err);
}

/* Tried in the room that is there; mostly it is enough. */
bool text_addf(struct bytes *out, struct err *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    size_t room = out->capacity - out->size;
    uint8_t *place = out->data == NULL ? NULL : out->data + out->size;
    int length = vsnprintf((char *)place, place == NULL ? 0 : room, format, arguments);
    va_end(arguments);
    bool done = length >= 0;
    if (done && (place == NULL || (size_t)length >= room)) {
        done = bytes_reserve(out, (size_t)length + 1, &place, err);
        if (done)
            (void)vsnprintf((char *)place, (size_t)length + 1, format, again);
    }
    if (done)
        out->size += (size_t)length;
    va_end(again);
    return done;
}

static bool percent_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("-_.~/:+", c) != NULL);
}

bool text_add_percent(struct bytes *out, const char *text, struct err *err)
{
    static const char digits[] = "0123456789ABCDEF";
    for (const char *c = text; *c != 0; c++) {
        unsigned char byte = (unsigned char)*c;
        char coded[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        bool plain = percent_plain(byte);
        if (!bytes_append(out, plain ? c : coded, plain ? 1 : 3, err))
            return false;
    }
    return true;
}

bool text_add_hex(struct bytes *out, const uint8_t *data, size_t size, struct err *err)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *place;
    if (!bytes_reserve(out, 2 * size, &place, err))
        return false;
    for (size_t i = 0; i < size; i++) {
        place[2 * i] = (uint8_t)digits[data[i] >> 4];
        place[2 * i + 1] = (uint8_t)digits[data[i] & 15];
    }
    out->size += 2 * size;
    return true;
}

bool text_add_u64(struct bytes *out, uint64_t value, struct err *err)
{
    char text[20];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return bytes_append(out, text + at, sizeof text - at, err);
}

bool text_add_bits(struct bytes *out, double value, struct err *err)
{
    if (isnan(value))
        return err_set(err, E_NUMBER, "NaN has no place in a canonical text");
    double positive_zero = value == 0.0 ? 0.0 : value;
    uint64_t bits;
    memcpy(&bits, &positive_zero, sizeof bits);
    uint8_t big_endian[8];
    be64_store(big_endian, bits);
    return text_add_hex(out, big_endian, sizeof big_endian, err);
}

/* A positive double m x 2^-shift as decimal digits; whole numbers of 128 bits hold all
 * that is compared, since m < 2^53 and powers below 10^21 are used, so nothing rounds. */
struct decimal {
    uint64_t mantissa;
    unsigned shift;
    int exponent;    /* of ten, of the first digit */
    uint64_t digits; /* of the decimal number, */
    int places;      /* so many of them behind the point */
};

typedef unsigned __int128 wide;

#define DECIMAL_LEAST 1e-4 /* below it and from MOST on numbers have exponents */
#define DECIMAL_MOST  1e10

static const double powers_after[] = {1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3,
                                      1e4,  1e5,  1e6,  1e7, 1e8, 1e9};

/* Up to 10^20: 17 digits of what begins four places behind the point. */
static wide power_of_ten(int exponent)
{
    static const uint64_t powers[] = {1,
                                      10,
                                      100,
                                      1000,
                                      10000,
                                      100000,
                                      1000000,
                                      10000000,
                                      100000000,
                                      1000000000,
                                      10000000000,
                                      100000000000,
                                      1000000000000,
                                      10000000000000,
                                      100000000000000,
                                      1000000000000000,
                                      10000000000000000,
                                      100000000000000000,
                                      1000000000000000000,
                                      10000000000000000000u};
    return exponent < 20 ? powers[exponent] : (wide)powers[exponent - 10] * powers[10];
}

/* Rounds to `count` significant digits, ties to even; true when they read back as the
 * double: nearer to it than half a step to the next one (or just as near, and even). */
static bool decimal_round(struct decimal *decimal, int count)
{
    decimal->places = count - 1 - decimal->exponent;
    wide power = power_of_ten(decimal->places);
    wide exact = decimal->mantissa * power; /* times 2^shift */
    wide half = (wide)1 << decimal->shift >> 1;
    wide rest = exact & (((wide)1 << decimal->shift) - 1);
    uint64_t down = (uint64_t)(exact >> decimal->shift);
    bool up = rest > half || (rest == half && (down & 1) != 0);
    decimal->digits = down + up;
    wide off = up ? ((wide)1 << decimal->shift) - rest : rest;
    /* The step below a power of two is half of the one above it. */
    bool narrow = !up && decimal->mantissa == (uint64_t)1 << 52;
    wide twice = narrow ? 4 * off : 2 * off;
    return twice < power || (twice == power && (decimal->mantissa & 1) == 0);
}

/* The fewest digits that read back as `value`. When up to 15 do (DBL_DIG), then they are
 * what rounding to 15 gives; else it takes 16 or 17. */
static void decimal_make(double value, struct decimal *decimal)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    decimal->mantissa = (bits & (((uint64_t)1 << 52) - 1)) | (uint64_t)1 << 52;
    decimal->shift = 1075u - (unsigned)(bits >> 52); /* 1023 + 52 */
    decimal->exponent = -4;
    for (size_t i = 0; i < sizeof powers_after / sizeof *powers_after; i++)
        decimal->exponent += value >= powers_after[i];
    int count = DBL_DIG;
    while (!decimal_round(decimal, count) && count < 17)
        count++;
}

static bool decimal_add(struct bytes *out, double value, struct err *err)
{
    char text[40];
    struct decimal decimal;
    size_t at = sizeof text;
    decimal_make(fabs(value), &decimal);
    for (; decimal.places >= 8 && decimal.digits % 100000000 == 0; decimal.places -= 8)
        decimal.digits /= 100000000; /* most have few digits */
    for (; decimal.places > 0 && decimal.digits % 10 == 0; decimal.places--)
        decimal.digits /= 10;
    for (int place = 0; place <= decimal.places || decimal.digits > 0; place++) {
        if (place == decimal.places && place > 0)
            text[--at] = '.';
        text[--at] = (char)('0' + decimal.digits % 10);
        decimal.digits /= 10;
    }
    if (value < 0)
        text[--at] = '-';
    return bytes_append(out, text + at, sizeof text - at, err);
}

bool text_add_real(struct bytes *out, double value, struct err *err)
{
    char buffer[100];
    int digits = 1;
    if (fabs(value) >= DECIMAL_LEAST && fabs(value) < DECIMAL_MOST)
        return decimal_add(out, value, err);
    do {
        (void)snprintf(buffer, sizeof buffer, "%.*g", digits, value);
    } while (strtod(buffer, NULL) != value && ++digits <= 17);
    return text_add(out, buffer, err);
}

bool text_terminate(struct bytes *out, const char **text, struct err *err)
{
    uint8_t *place;
    if (!bytes_reserve(out, 1, &place, err))
        return false;
    *place = 0;
    *text = (const char *)out->data;
    return true;
}

bool text_copy(char *out, size_t size, const char *text, struct err *err)
{
    size_t length = strlen(text);
    if (length >= size)
        return err_set(err, E_LIMIT, "\"%.40s...\" has %zu characters, %zu are allowed",
                       text, length, size - 1);
    memcpy(out, text, length + 1);
    return true;
}

bool text_to_u64(const char *text, uint64_t maximum, uint64_t *value, struct err *err)
{
    uint64_t result = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        uint64_t digit = (uint64_t)(*c - '0');
        if (result > (UINT64_MAX - digit) / 10)
            break;
        result = result * 10 + digit;
    }
    if (c == text || *c != 0 || result > maximum)
        return err_set(err, E_NUMBER,
                       "\"%.40s\" is not a whole number from 0 to %" PRIu64, text,
                       maximum);
    *value = result;
    return true;
}

bool text_to_i64(const char *text, int64_t minimum, int64_t maximum, int64_t *value,
                 struct err *err)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    char *end = NULL;
    errno = 0;
    long long result = strtoll(text, &end, 10);
    bool plain = digits[0] >= '0' && digits[0] <= '9';
    if (!plain || errno != 0 || *end != 0 || result < minimum || result > maximum)
        return err_set(err, E_NUMBER,
                       "\"%.40s\" is not a whole number from %" PRId64 " to %" PRId64,
                       text, minimum, maximum);
    *value = result;
    return true;
}

/* The double nearest to digits / power; of two as near the even one. `digits` is not 0;
 * the quotient has 63 bits or more, and 54 are kept: those of a double and half a step.
 */
static double ratio_round(uint64_t digits, wide power)
{
    int shift = 63 + __builtin_clzll(digits);
    wide exact = (wide)digits << shift;
    wide quotient = exact / power;
    uint64_t high = (uint64_t)(quotient >> 64);
    int bits = high != 0 ? 128 - __builtin_clzll(high)
                         : 64 - __builtin_clzll((uint64_t)quotient);
    int drop = bits - 54;
    uint64_t kept = (uint64_t)(quotient >> drop);
    bool rest = quotient * power != exact || (quotient & (((wide)1 << drop) - 1)) != 0;
    uint64_t mantissa = kept >> 1;
    mantissa += (kept & 1) != 0 && (rest || (mantissa & 1) != 0);
    return ldexp((double)mantissa, drop + 1 - shift);
}

#define DECIMAL_DIGITS 19 /* fit into 64 bits */

/* A plain decimal number, as payloads are full of; the bits that strtod gives. false: for
 * strtod. */
static bool decimal_read(const char *text, double *value)
{
    bool negative = text[0] == '-', point = false;
    uint64_t digits = 0, power = 1;
    int count = 0;
    for (const char *c = text + negative; *c != 0; c++) {
        if (*c == '.' && !point) {
            point = true;
            continue;
        }
        if (*c < '0' || *c > '9' || count == DECIMAL_DIGITS)
            return false;
        digits = 10 * digits + (uint64_t)(*c - '0');
        power *= point ? 10 : 1;
        count++;
    }
    if (count == 0)
        return false;
    /* Where both are exact doubles one division rounds once. */
    double size = 0;
    if (count <= DBL_DIG)
        size = (double)digits / (double)power;
    else if (digits != 0)
        size = ratio_round(digits, power);
    *value = negative ? -size : size;
    return true;
}

bool text_to_real(const char *text, double *value, struct err *err)
{
    char *end = NULL;
    if (decimal_read(text, value))
        return true;
    bool begins = text[0] != 0 && strchr("+-.0123456789", text[0]) != NULL;
    double result = begins ? strtod(text, &end) : 0.0;
    if (!begins || end == text || *end != 0 || !isfinite(result))
        return err_set(err, E_NUMBER, "\"%.40s\" is not a finite number", text);
    *value = result;
    return true;
}

/* 16 when it is no digit. */
static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

bool text_from_hex(const char *text, uint8_t *out, size_t size, struct err *err)
{
    bool good = strlen(text) == 2 * size;
    for (size_t i = 0; good && i < 2 * size; i++)
        good = hex_digit(text[i]) < 16;
    if (!good)
        return err_set(err, E_NUMBER, "\"%.80s\" is not %zu hexadecimal digits", text,
                       2 * size);
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return true;
}

bool text_is_name(const char *text, size_t maximum)
{
    size_t length = strlen(text);
    if (length == 0 || length > maximum || text[0] == '.' || text[0] == '-')
        return false;
    for (const char *c = text; *c != 0; c++)
        if (!percent_plain((unsigned char)*c) || strchr("~/:+", *c) != NULL)
            return false;
    return true;
}
