/* digest.h - checksums: sha256 for identity, adler32 as storage systems keep it, XXH3 as
 * RNTuple keeps it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_BASE_DIGEST_H
#define SPILLWAY_BASE_DIGEST_H

#include "base/err.h"

#define SHA256_SIZE 32
#define SHA256_HEX  65 /* with the NUL */

struct sha256 {
    uint8_t bytes[SHA256_SIZE];
};

/* A running sha256 (OpenSSL, SHA-NI where the CPU has it). Opaque. */
struct sha256_stream;

struct sha256_stream *sha256_new(void);
void sha256_free(struct sha256_stream *stream);
void sha256_start(struct sha256_stream *stream);
void sha256_add(struct sha256_stream *stream, const void *data, size_t size);
struct sha256 sha256_end(struct sha256_stream *stream);

struct sha256 sha256_of(const void *data, size_t size);
bool sha256_equal(const struct sha256 *a, const struct sha256 *b);
bool sha256_is_zero(const struct sha256 *hash);
void sha256_to_hex(const struct sha256 *hash, char out[SHA256_HEX]);
bool sha256_from_hex(const char *text, struct sha256 *hash, struct err *err);

#define MD5_HEX 33 /* with the NUL */

/* MD5, only to compare with what older services state. false where the system forbids
 * it. */
bool md5_hex(const void *data, size_t size, char out[MD5_HEX]);

/* Adler-32 as zlib, XRootD and the tape system define it; start with ADLER32_START. */
#define ADLER32_START 1u
uint32_t adler32_add(uint32_t adler, const void *data, size_t size);

/* XXH3-64 with seed 0: pages and envelopes of RNTuple. */
uint64_t xxh3_of(const void *data, size_t size);

#endif
