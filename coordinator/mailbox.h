/* mailbox.h - hands exchanges from the server's threads to the one that decides.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Thread-safe. Exchanges come out in the order in which they went in.
 */
#ifndef SPILLWAY_COORDINATOR_MAILBOX_H
#define SPILLWAY_COORDINATOR_MAILBOX_H

#include "coordinator/exchange.h"

struct mailbox;

struct mailbox *mailbox_new(void);

/* Frees what is still inside; the requests must have been answered. */
void mailbox_free(struct mailbox *mailbox);
void mailbox_put(struct mailbox *mailbox, struct exchange *exchange);

/* Waits until something is there or `wait_ns` has passed; then, when something is there,
 * up to `gather_ns` more for a larger batch, but no longer once there is plenty. Fills
 * `list` with at most `capacity` exchanges and gives their number. */
uint32_t mailbox_take(struct mailbox *mailbox, int64_t wait_ns, int64_t gather_ns,
                      struct exchange **list, uint32_t capacity);

#endif
