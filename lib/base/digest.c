/* digest.c - the only door to OpenSSL's digests and xxHash.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#ifdef __x86_64__ /* picks AVX2 or AVX-512 where there is: four times as fast */
#    include <xxh_x86dispatch.h>
#else
#    include <xxhash.h>
#endif

#include "base/bytes.h"
#include "base/text.h"

struct sha256_stream {
    EVP_MD_CTX *context;
    bool chosen; /* the context knows its digest: choosing takes longer than a block */
};

/* OpenSSL fails when it has no memory, at its first use also for its own set-up. */
static void must_work(bool works)
{
    if (!works)
        mem_exhausted("OpenSSL's sha256");
}

struct sha256_stream *sha256_new(void)
{
    struct sha256_stream *stream = mem_new(1, sizeof *stream);
    stream->context = EVP_MD_CTX_new();
    must_work(stream->context != NULL);
    sha256_start(stream);
    return stream;
}

void sha256_free(struct sha256_stream *stream)
{
    if (stream == NULL)
        return;
    EVP_MD_CTX_free(stream->context);
    free(stream);
}

void sha256_start(struct sha256_stream *stream)
{
    const EVP_MD *digest = stream->chosen ? NULL : EVP_sha256();
    must_work(EVP_DigestInit_ex(stream->context, digest, NULL) == 1);
    stream->chosen = true;
}

void sha256_add(struct sha256_stream *stream, const void *data, size_t size)
{
    must_work(EVP_DigestUpdate(stream->context, data, size) == 1);
}

struct sha256 sha256_end(struct sha256_stream *stream)
{
    struct sha256 hash;
    must_work(EVP_DigestFinal_ex(stream->context, hash.bytes, NULL) == 1);
    return hash;
}

struct sha256 sha256_of(const void *data, size_t size)
{
    struct sha256 hash;
    must_work(EVP_Digest(data, size, hash.bytes, NULL, EVP_sha256(), NULL) == 1);
    return hash;
}

bool sha256_equal(const struct sha256 *a, const struct sha256 *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool sha256_is_zero(const struct sha256 *hash)
{
    static const struct sha256 zero;
    return sha256_equal(hash, &zero);
}

void sha256_to_hex(const struct sha256 *hash, char out[SHA256_HEX])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof hash->bytes; i++) {
        out[2 * i] = digits[hash->bytes[i] >> 4];
        out[2 * i + 1] = digits[hash->bytes[i] & 15];
    }
    out[SHA256_HEX - 1] = 0;
}

bool sha256_from_hex(const char *text, struct sha256 *hash, struct err *err)
{
    return text_from_hex(text, hash->bytes, sizeof hash->bytes, err);
}

bool md5_hex(const void *data, size_t size, char out[MD5_HEX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_Digest(data, size, hash, &length, EVP_md5(), NULL) != 1 || length != 16)
        return false;
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
    out[MD5_HEX - 1] = 0;
    return true;
}

uint64_t xxh3_of(const void *data, size_t size)
{
    return XXH3_64bits(data, size);
}
