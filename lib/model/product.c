/* product.c - names of parts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/product.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

bool stream_is_reco(const char *stream)
{
    /* Asked for each product of each report: most are told by their first letter. */
    return (stream[0] == 'r' && strcmp(stream, "reco") == 0) ||
           (stream[0] == 'h' && strcmp(stream, "hist") == 0);
}

void part_name(const struct sha256 *first_key, uint64_t token, char out[PRODUCT_FILE])
{
    char hex[SHA256_HEX];
    sha256_to_hex(first_key, hex);
    (void)snprintf(out, PRODUCT_FILE, "parts/%.2s/%s.%016" PRIx64, hex, hex, token);
}

bool part_name_token(const char *name, uint64_t *token)
{
    const char *dot = strrchr(name, '.');
    uint8_t bytes[8];
    struct err err;
    if (dot == NULL || !text_from_hex(dot + 1, bytes, sizeof bytes, &err))
        return false;
    *token = be64_load(bytes);
    return true;
}
