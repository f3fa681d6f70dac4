/* body.h - bytes of an answer that a cache and any number of answers share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * They never change. The last owner frees them; any thread.
 */
#ifndef SPILLWAY_COORDINATOR_BODY_H
#define SPILLWAY_COORDINATOR_BODY_H

#include "base/bytes.h"

struct body;

/* Takes the memory of `bytes`, which is empty afterwards. */
struct body *body_new(struct bytes *bytes);
struct body *body_ref(struct body *body);
void body_unref(struct body *body); /* NULL is fine */

const uint8_t *body_data(const struct body *body);
size_t body_size(const struct body *body);

/* The memory that it takes. */
size_t body_held(const struct body *body);

#endif
