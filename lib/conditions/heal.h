/* heal.h - a blob of a store by its hash; one that is gone or damaged, from a mirror.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Mirrors are the other sources that the campaign file names. What the store does not
 * have, or has with other bytes, comes from the first of them that has it under this
 * hash, and is put back into the store for all others: whatever a hash names may come
 * from anywhere. A Spillway service has payloads under x/blob, a snapshot inside of it, a
 * folder where a tag says their sha256, and any store, or data of a service, below it.
 * Rows that planning made of a table are only in stores.
 */
#ifndef SPILLWAY_CONDITIONS_HEAL_H
#define SPILLWAY_CONDITIONS_HEAL_H

#include "base/bytes.h"
#include "base/digest.h"

#define HEAL_PATIENCE_S 10u /* for one mirror that does not answer */

/* Texts are borrowed. */
struct heal {
    const char *store;                          /* absolute folder */
    const char *mirrors;                        /* URLs, a line each; "": none */
    const char *circuits;                       /* as in transfer_options */
    const char *authorities;                    /* as in transfer_options */
    void (*told)(void *user, const char *text); /* what a mirror gave and why, as the
                                                 * keys of a log; NULL: nobody is told */
    void *user;
};

/* Appends the bytes to `out`, verified. When no mirror helps the code is that of the
 * store: E_CONDITIONS_FETCH when the store is there and the blob is not, E_PAYLOAD_HASH
 * when its bytes are others, else what reading it gave. */
bool heal_fetch(const struct heal *heal, const struct sha256 *hash, struct bytes *out,
                struct err *err);

#endif
