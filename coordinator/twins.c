/* twins.c - one product a key, also when several campaigns want it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/twins.h"

#include <stdlib.h>

/* One product set. */
#define TWINS_ARENA ((size_t)4 << 20)

static void twin_add(struct twins *twins, const struct twin *twin)
{
    if (twins->count == twins->room) {
        twins->room = twins->room == 0 ? 1024 : 2 * twins->room;
        twins->list = mem_grow(twins->list, twins->room, sizeof *twins->list);
    }
    twins->list[twins->count++] = *twin;
}

static int twin_compare(const void *a, const void *b)
{
    const struct twin *left = a;
    const struct twin *right = b;
    int keys = memcmp(left->key.bytes, right->key.bytes, SHA256_SIZE);
    if (keys != 0)
        return keys;
    return (left->campaign > right->campaign) - (left->campaign < right->campaign);
}

static bool get_plan(struct catalog_txn *txn, const struct campaign *campaign,
                     uint32_t number, struct plan_segment *plan, struct err *err)
{
    enum lookup found = catalog_get_plan_segment(txn, campaign->id, number, plan, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED,
                       "campaign %s: plan segment %u is not in the catalog",
                       campaign->name, number);
    return found == LOOKUP_FOUND;
}

/* The keys without products of one campaign. */
static bool add_open(struct twins *twins, struct catalog_txn *txn,
                     const struct campaign *campaign, uint32_t place, struct err *err)
{
    for (uint32_t i = 0; i < campaign->segment_count; i++) {
        struct plan_segment plan;
        struct plan_state state;
        if (!catalog_get_states(txn, campaign->id, i, 1, &state, err))
            return false;
        if (segment_state_is_final((enum segment_state)state.state))
            continue;
        if (!get_plan(txn, campaign, i, &plan, err))
            return false;
        struct twin twin = {.campaign = place, .segment = i};
        if (state.reco_product == 0 && !sha256_is_zero(&plan.reco_key)) {
            twin.key = plan.reco_key;
            twin.step = STEP_RECO;
            twin_add(twins, &twin);
        }
        if (state.select_product == 0 && !sha256_is_zero(&plan.select_key)) {
            twin.key = plan.select_key;
            twin.step = STEP_SELECT;
            twin_add(twins, &twin);
        }
    }
    return true;
}

static void twins_sort(struct twins *twins)
{
    if (twins->count > 0)
        qsort(twins->list, twins->count, sizeof *twins->list, twin_compare);
}

uint32_t twins_find(const struct twins *twins, const struct sha256 *key)
{
    if (twins == NULL)
        return UINT32_MAX;
    uint32_t low = 0;
    uint32_t high = twins->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(twins->list[middle].key.bytes, key->bytes, SHA256_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < twins->count && sha256_equal(&twins->list[low].key, key);
    return found ? low : UINT32_MAX;
}

static void note(struct twins *twins, const struct sha256 *key, uint32_t product)
{
    uint32_t at = product == 0 ? UINT32_MAX : twins_find(twins, key);
    for (; at < twins->count && sha256_equal(&twins->list[at].key, key); at++)
        twins->list[at].product = product;
}

/* What a campaign has under the open keys. */
static bool note_products(struct twins *twins, struct catalog_txn *txn,
                          const struct campaign *campaign, struct err *err)
{
    for (uint32_t i = 0; i < campaign->segment_count; i++) {
        struct plan_segment plan;
        struct plan_state state;
        if (!catalog_get_states(txn, campaign->id, i, 1, &state, err))
            return false;
        if (state.reco_product == 0 && state.select_product == 0)
            continue;
        if (!get_plan(txn, campaign, i, &plan, err))
            return false;
        note(twins, &plan.reco_key, state.reco_product);
        note(twins, &plan.select_key, state.select_product);
    }
    return true;
}

/* A task that is at work on it finds the product when it reports. */
static bool adopt_one(struct catalog_txn *txn, const struct campaign *campaign,
                      const struct twin *twin, struct err *err)
{
    struct plan_state state;
    if (!catalog_get_states(txn, campaign->id, twin->segment, 1, &state, err))
        return false;
    if (state.state == SEGMENT_LEASED)
        return true;
    if (twin->step == STEP_RECO)
        state.reco_product = twin->product;
    else
        state.select_product = twin->product;
    if (state.select_product != 0 &&
        (state.reco_product != 0 || !campaign->recipe.reconstruct))
        state.state = SEGMENT_COMMITTED;
    return catalog_put_state(txn, campaign->id, twin->segment, &state, err);
}

static bool adopt_all(const struct twins *twins, struct catalog_txn *txn,
                      const struct campaign *campaigns, uint64_t *found, struct err *err)
{
    for (uint32_t i = 0; i < twins->count; i++) {
        const struct twin *twin = &twins->list[i];
        if (twin->product == 0)
            continue;
        if (!adopt_one(txn, &campaigns[twin->campaign], twin, err))
            return false;
        *found += 1;
    }
    return true;
}

/* Over all campaigns of the catalog; nothing to look for when there is one only. */
static bool note_all(struct twins *twins, struct catalog_txn *txn, struct err *err)
{
    struct campaign campaign = {.id = 0};
    for (;;) {
        enum lookup found = catalog_next_campaign(txn, campaign.id + 1, &campaign, err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT;
        if (!note_products(twins, txn, &campaign, err))
            return false;
    }
}

static bool is_alone(struct catalog_txn *txn, bool *alone, struct err *err)
{
    struct campaign campaign;
    enum lookup found = catalog_next_campaign(txn, 1, &campaign, err);
    if (found == LOOKUP_FOUND)
        found = catalog_next_campaign(txn, campaign.id + 1, &campaign, err);
    *alone = found == LOOKUP_ABSENT;
    return found != LOOKUP_FAILED;
}

bool twins_adopt(struct catalog_txn *txn, const char *const *names, uint32_t count,
                 uint64_t *found, struct err *err)
{
    struct twins twins = {.count = 0};
    bool alone;
    *found = 0;
    if (!is_alone(txn, &alone, err))
        return false;
    if (alone)
        return true;
    struct campaign *campaigns = mem_new(count, sizeof *campaigns);
    bool done = true;
    for (uint32_t i = 0; done && i < count; i++) {
        enum lookup lookup = catalog_get_campaign(txn, names[i], &campaigns[i], err);
        if (lookup == LOOKUP_ABSENT)
            err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", names[i]);
        done = lookup == LOOKUP_FOUND && add_open(&twins, txn, &campaigns[i], i, err);
    }
    twins_sort(&twins);
    done = done && (twins.count == 0 || note_all(&twins, txn, err)) &&
           adopt_all(&twins, txn, campaigns, found, err);
    free(campaigns);
    free(twins.list);
    return done;
}

/* Only keys of two or more campaigns stay. */
static void keep_shared(struct twins *twins)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < twins->count;) {
        uint32_t end = i + 1;
        while (end < twins->count &&
               sha256_equal(&twins->list[end].key, &twins->list[i].key))
            end++;
        bool shared = twins->list[i].campaign != twins->list[end - 1].campaign;
        for (; i < end; i++)
            if (shared)
                twins->list[kept++] = twins->list[i];
    }
    twins->count = kept;
}

bool twins_load(struct twins *twins, struct catalog_txn *txn, struct book **books,
                uint32_t count, struct err *err)
{
    *twins = (struct twins){.book_count = count};
    if (count < 2)
        return true;
    twins->books = mem_new(count, sizeof(struct book *));
    for (uint32_t i = 0; i < count; i++) {
        twins->books[i] = books[i];
        books[i]->twins = twins;
        if (!add_open(twins, txn, &books[i]->campaign, i, err))
            return false;
    }
    twins_sort(twins);
    keep_shared(twins);
    return true;
}

void twins_release(struct twins *twins)
{
    for (uint32_t i = 0; twins->books != NULL && i < twins->book_count; i++)
        twins->books[i]->twins = NULL;
    free(twins->books);
    free(twins->list);
    *twins = (struct twins){.count = 0};
}

static uint32_t *product_at(struct plan_state *state, uint32_t step)
{
    return step == STEP_RECO ? &state->reco_product : &state->select_product;
}

/* The book may be ahead of a transaction that was given up: the catalog decides. */
static bool is_there(struct catalog_txn *txn, uint32_t number, const struct sha256 *key,
                     bool *there, struct err *err)
{
    struct arena arena;
    struct product_set set;
    arena_init(&arena, TWINS_ARENA);
    enum lookup found = catalog_get_products(txn, number, &arena, &set, err);
    *there = found == LOOKUP_FOUND && sha256_equal(&set.key, key);
    arena_release(&arena);
    return found != LOOKUP_FAILED;
}

bool twins_product(const struct twins *twins, struct catalog_txn *txn, uint32_t twin,
                   const struct book *maker, uint32_t *number, struct err *err)
{
    const struct sha256 *key = &twins->list[twin].key;
    *number = 0;
    for (uint32_t i = twin;
         *number == 0 && i < twins->count && sha256_equal(&twins->list[i].key, key);
         i++) {
        const struct twin *other = &twins->list[i];
        struct book *book = twins->books[other->campaign];
        uint32_t product = *product_at(&book->states[other->segment], other->step);
        bool there = false;
        if (book == maker || product == 0)
            continue;
        if (!is_there(txn, product, key, &there, err))
            return false;
        *number = there ? product : 0;
    }
    return true;
}

static uint32_t made_product(const struct twins *twins, uint32_t twin,
                             const struct book *maker)
{
    const struct sha256 *key = &twins->list[twin].key;
    for (uint32_t i = twin; i < twins->count && sha256_equal(&twins->list[i].key, key);
         i++) {
        const struct twin *one = &twins->list[i];
        uint32_t product =
            *product_at(&twins->books[one->campaign]->states[one->segment], one->step);
        if (twins->books[one->campaign] == maker && product != 0)
            return product;
    }
    return 0;
}

void twins_claim(const struct twins *twins, const struct number_list *made,
                 const struct book *maker, struct book *other, uint32_t step,
                 struct number_list *segments)
{
    for (uint32_t m = 0; m < made->count; m++) {
        uint32_t first = made->numbers[m];
        uint32_t product = made_product(twins, first, maker);
        for (uint32_t i = first;
             product != 0 && i < twins->count &&
             sha256_equal(&twins->list[i].key, &twins->list[first].key);
             i++) {
            const struct twin *twin = &twins->list[i];
            struct plan_state *state = &other->states[twin->segment];
            if (twins->books[twin->campaign] != other || twin->step != step ||
                *product_at(state, step) != 0 ||
                (state->state != SEGMENT_READY && state->state != SEGMENT_PLANNED))
                continue;
            *product_at(state, step) = product;
            number_list_add(segments, twin->segment);
        }
    }
}
