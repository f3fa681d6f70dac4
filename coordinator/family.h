/* family.h - a campaign and its amendments: who answers for which run.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plan is frozen, so an amendment is a small campaign of its own, NAME+1, NAME+2 ...,
 * over the runs that it changes. Text "family/NAME" of the catalog holds a line of JSON a
 * step, oldest first and only added: an amendment puts a new campaign before the one that
 * answered for its runs, a rollback takes the last one away. Who, when and why are in it.
 */
#ifndef SPILLWAY_COORDINATOR_FAMILY_H
#define SPILLWAY_COORDINATOR_FAMILY_H

#include "catalog/catalog.h"
#include "coordinator/orders.h"
#include "coordinator/select.h"

#define FAMILY_STEPS 1000u

struct family_step {
    bool rollback;
    char member[CAMPAIGN_NAME]; /* the new campaign; "" of a rollback */
    struct run_range *runs;     /* owned */
    uint32_t run_count;
    char who[ORDER_WHO];
    char reason[ORDER_REASON];
    int64_t wall_s;
};

struct family {
    char base[CAMPAIGN_NAME];
    struct family_step *steps;
    uint32_t count;
};

/* NAME of NAME+2. */
void family_base(const char *campaign, char base[CAMPAIGN_NAME]);

/* The family of a campaign or amendment; without steps when it has none. Release it also
 * after a failure. */
bool family_load(struct family *family, struct catalog_txn *txn, const char *campaign,
                 struct err *err);
void family_release(struct family *family);

/* The member that answers for a run; borrowed. */
const char *family_answer(const struct family *family, uint32_t run);

/* The one that did before the amendment that answers now; NULL: it was never amended. */
const char *family_before(const struct family *family, uint32_t run);

bool family_is(const struct family *family, const char *campaign, uint32_t run);

/* Whether a member that is not complete is paused; *order is what said so, else empty. */
bool family_paused(const struct family *family, struct catalog_txn *txn,
                   struct order *order, bool *paused, struct err *err);

/* For one question. */
bool family_answers(struct catalog_txn *txn, const char *campaign, uint32_t run,
                    bool *answers, struct err *err);

/* Adds a step to family/BASE. */
bool family_add(struct catalog_txn *txn, const char *base, const struct family_step *step,
                struct err *err);

/* "5001-5003,5007". */
bool family_runs_text(const struct run_range *runs, uint32_t count, struct bytes *out,
                      struct err *err);

/* A growing list of runs; neighbours in number share a range. */
void family_runs_add(struct run_range **runs, uint32_t *count, uint32_t run);
bool family_runs_have(const struct run_range *runs, uint32_t count, uint32_t run);

/* Each given campaign, followed by its amendments; names in a list of the caller's, which
 * frees it. E_LIMIT above `most`. */
bool family_expand(struct catalog_txn *txn, const char *const *names, uint32_t count,
                   uint32_t most, char (**members)[CAMPAIGN_NAME], uint32_t *member_count,
                   struct err *err);

#endif
