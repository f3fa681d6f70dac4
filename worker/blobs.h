/* blobs.h - the lead hands blobs of conditions to the nodes: read once, sent to each.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One executor of a node asks for a blob (it holds the lock of the node's cache), its
 * rank passes the wish on to the lead, and here a thread reads the blob from the store or
 * (heal.h) its mirrors, through a cache of the lead's own. Storage that hangs stops
 * neither the hand-out of tasks nor life signs. Every wish gets one answer, be it "none":
 * the executor then goes to the store itself.
 */
#ifndef SPILLWAY_WORKER_BLOBS_H
#define SPILLWAY_WORKER_BLOBS_H

#include "base/log.h"
#include "worker/mail.h"

/* A blob read a moment ago is wanted by all nodes: not more than one start of a campaign
 * needs. */
#define BLOBS_CACHE ((uint64_t)1 << 30)

struct blobs;

/* `cache`: folder of the node; what is read is kept in its folder "lead". What a mirror
 * had to give goes to `log`, which the thread has for itself (NULL: nobody is told).
 * `authorities`, `log`: borrowed until blobs_free. */
struct blobs *blobs_new(const char *cache, const char *authorities, struct log *log);

/* Ends the thread when what it reads is read. */
void blobs_free(struct blobs *blobs);

/* A MAIL_WANT; owns it. */
void blobs_ask(struct blobs *blobs, struct letter *want);

/* An answer (MAIL_BLOB) to its asker. NULL: none is ready. The caller frees it. */
struct letter *blobs_take(struct blobs *blobs);

#endif
