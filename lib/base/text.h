/* text.h - building and reading canonical text.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Texts are built into `struct bytes`, which carries the limit. Numbers are written and
 * read in the C locale and exactly: a double is 16 hexadecimal digits of its bits in
 * canonical texts (-0 becomes 0, NaN is refused) and shortest round-trip decimal in
 * texts for people.
 */
#ifndef SPILLWAY_BASE_TEXT_H
#define SPILLWAY_BASE_TEXT_H

#include "base/bytes.h"

bool text_add(struct bytes *out, const char *text, struct err *err);
bool text_addf(struct bytes *out, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Percent-encodes everything but letters, digits and "-_.~/:+". */
bool text_add_percent(struct bytes *out, const char *text, struct err *err);
bool text_add_hex(struct bytes *out, const uint8_t *data, size_t size, struct err *err);

/* 16 hexadecimal digits of the bits; NaN is refused with E_NUMBER. */
bool text_add_bits(struct bytes *out, double value, struct err *err);

/* As %u does, in a tenth of the time: for texts with many numbers. */
bool text_add_u64(struct bytes *out, uint64_t value, struct err *err);

/* Fewest decimal digits that read back as the same double ("0.1", "100", "1e+300"). */
bool text_add_real(struct bytes *out, double value, struct err *err);

/* The text so far with a NUL behind it that does not count as size. */
bool text_terminate(struct bytes *out, const char **text, struct err *err);

/* Copies with a bound and always terminates; false (E_LIMIT) when it does not fit. */
bool text_copy(char *out, size_t size, const char *text, struct err *err);

/* The whole text must be one number in the range; no sign, space or trailing bytes. */
bool text_to_u64(const char *text, uint64_t maximum, uint64_t *value, struct err *err);
bool text_to_i64(const char *text, int64_t minimum, int64_t maximum, int64_t *value,
                 struct err *err);

/* A finite double in decimal or C99 hexadecimal form. */
bool text_to_real(const char *text, double *value, struct err *err);
bool text_from_hex(const char *text, uint8_t *out, size_t size, struct err *err);

/* Letters, digits and "_.-", not starting with '.' or '-', 1 to `maximum` characters:
 * safe as a file name and in every text format. */
bool text_is_name(const char *text, size_t maximum);

#endif
