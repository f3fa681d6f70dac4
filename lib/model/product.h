/* product.h - what a step made of a segment, and where its bytes are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Identity is (key, stream). The bytes are a function of the key alone; the place changes
 * from a part to a published file and never back.
 */
#ifndef SPILLWAY_MODEL_PRODUCT_H
#define SPILLWAY_MODEL_PRODUCT_H

#include "base/digest.h"
#include "model/event_digest.h"
#include "model/recipe.h"

#define STREAM_NAME  64                 /* "reco", "skim.NAME"...; with the NUL */
#define STREAMS      (RECIPE_SKIMS + 4) /* of a campaign, at most */
#define PRODUCT_FILE 256                /* path below the store, with the NUL */

struct place {
    char file[PRODUCT_FILE]; /* "parts/ab/KEY.TOKEN" or "published/..." */
    uint64_t offset;
    uint64_t length;
};

struct product {
    struct sha256 key;
    char stream[STREAM_NAME];
    struct sha256 bytes_hash;   /* of the bytes at the place */
    struct event_digest events; /* of the events (not records) it holds */
    uint64_t entries;           /* events */
    struct place place;
};

/* Streams of the reco step: "reco" and "hist"; all others are of the select step. */
bool stream_is_reco(const char *stream);

/* parts/<2 hex>/<first key>.<token as 16 hexadecimal digits> */
void part_name(const struct sha256 *first_key, uint64_t token, char out[PRODUCT_FILE]);

/* The token of a part name; false when it is none. */
bool part_name_token(const char *name, uint64_t *token);

#endif
