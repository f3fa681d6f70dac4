/* bearer.h - the bearer token that the grid's tools leave for this user.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The order of WLCG's Bearer Token Discovery: $BEARER_TOKEN, the file $BEARER_TOKEN_FILE,
 * $XDG_RUNTIME_DIR/bt_u<uid>, /tmp/bt_u<uid>. The first place that has one decides; one
 * that cannot be used is an error and never a reason to look further. Only mains read
 * the environment, so the values come in.
 */
#ifndef SPILLWAY_TRANSFER_BEARER_H
#define SPILLWAY_TRANSFER_BEARER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define BEARER_TOKEN ((size_t)16 << 10) /* a JWT has 1 to 4 kB; servers take 8 to 16 */
#define BEARER_PLACE 256

/* Texts are borrowed; NULL or "" for a variable that is not set. */
struct bearer_places {
    const char *token;   /* $BEARER_TOKEN */
    const char *file;    /* $BEARER_TOKEN_FILE */
    const char *runtime; /* $XDG_RUNTIME_DIR */
    uint32_t uid;        /* of the user whose token it must be */
};

struct bearer {
    char token[BEARER_TOKEN]; /* only letters, digits and "-._~+/=" */
    char place[BEARER_PLACE]; /* where it was found, for messages: never the token */
};

/* ABSENT: none of the places has a token. FAILED with E_BEARER: the one found is no
 * token, or its file is not a regular file of this user (or root) that nobody else can
 * read. Links are followed only for $BEARER_TOKEN_FILE, which the user chose. */
enum lookup bearer_find(const struct bearer_places *places, struct bearer *bearer,
                        struct err *err);

/* For a refusal: puts behind the text of `err` that the token of `place` has expired,
 * when it says so itself (the "exp" of a JWT, which is not verified here). */
void bearer_blame(const char *token, const char *place, int64_t now_s, struct err *err);

#endif
