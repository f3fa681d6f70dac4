/* mail.h - what the lead and the ranks of one world say to each other.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A letter is one MPI message: a head of fixed size and a body. In a world of one rank
 * the same letters pass between lead and rank inside the process.
 */
#ifndef SPILLWAY_WORKER_MAIL_H
#define SPILLWAY_WORKER_MAIL_H

#include "base/digest.h"
#include "worker/frame.h"

enum mail_kind {
    MAIL_ALIVE = 1, /* both ways, every second */
    MAIL_READY,     /* to the lead: an executor started; release id and fingerprint */
    MAIL_REPORT,    /* to the lead: packed report of `attempt` */
    MAIL_DROPPED,   /* to the lead: `attempt` is not at work (any more) */
    MAIL_BROKEN,    /* to the lead: no executor starts here; the body says why */
    MAIL_TASK,      /* to a rank: a packed task */
    MAIL_DROP,      /* to a rank: the lease of `attempt` is gone, stop it */
    MAIL_DRAIN,     /* to a rank: finish the segment at work and report; body of one byte,
                     * 1: at once, without that segment */
    MAIL_WANT,      /* to the lead: `attempt` wants a blob; body as in FRAME_WANT */
    MAIL_BLOB,      /* to a rank: the answer, {u8 found, sha256, bytes} */
    MAIL_END        /* to a rank: end; body of one byte, 1: MPI_Finalize is safe */
};

#define MAIL_HEAD  25u
#define MAIL_LIMIT (FRAME_LIMIT + MAIL_HEAD)

struct mail {
    enum mail_kind kind;
    uint64_t attempt;
    uint64_t token;      /* MAIL_TASK */
    int64_t duration_ns; /* MAIL_TASK */
    const uint8_t *body;
    size_t size;
};

/* A packed mail on its way; on the heap. `peer` is the rank of the other end. */
struct letter {
    struct letter *next;
    int peer;
    size_t size;
    uint8_t data[];
};

struct letter *letter_new(int peer, const struct mail *mail);

/* Room for `size` bytes to be received. */
struct letter *letter_blank(int peer, size_t size);

/* The body is borrowed from the letter. */
bool letter_open(const struct letter *letter, struct mail *mail, struct err *err);

/* First in, first out. Owns the letters. */
struct post {
    struct letter *first;
    struct letter *last;
};

void post_add(struct post *post, struct letter *letter);

/* NULL when empty; the caller frees the letter. */
struct letter *post_take(struct post *post);
void post_release(struct post *post);

#endif
