/* apply.c - carries out the core's commands inside one catalog transaction.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/apply.h"

#include <stdio.h>
#include <stdlib.h>

#include "coordinator/apply_merge.h"
#include "coordinator/part.h"
#include "coordinator/tasks.h"
#include "coordinator/twins.h"

/* One attempt of 4096 segments. */
#define APPLY_ARENA ((size_t)1 << 20)

static bool get_attempt(struct catalog_txn *txn, uint64_t number, struct arena *arena,
                        struct attempt *attempt, struct err *err)
{
    enum lookup found = catalog_get_attempt(txn, number, arena, attempt, err);
    if (found == LOOKUP_ABSENT)
        return err_set(err, E_CATALOG_DAMAGED, "attempt %llu is not in the catalog",
                       (unsigned long long)number);
    return found == LOOKUP_FOUND;
}

/* What is gone is read from the catalog: the book may be ahead of a transaction that was
 * given up. */
static bool forget_steps(struct book *book, struct catalog_txn *txn,
                         const struct core_command *command, struct owed *owed,
                         struct err *err)
{
    struct plan_state known;
    struct plan_state *state = &book->states[command->segment];
    if (!catalog_get_states(txn, book->campaign.id, command->segment, 1, &known, err))
        return false;
    if ((command->steps & STEP_RECO) != 0) {
        state->reco_product = 0;
        if (!part_forget(txn, &known.reco_product, &owed->collect, err))
            return false;
    }
    if ((command->steps & STEP_SELECT) != 0) {
        state->select_product = 0;
        return part_forget(txn, &known.select_product, &owed->collect, err);
    }
    return true;
}

static bool apply_state(struct book *book, struct catalog_txn *txn,
                        const struct core_command *command, struct owed *owed,
                        struct err *err)
{
    if (command->steps != 0 && !forget_steps(book, txn, command, owed, err))
        return false;
    struct plan_state *state = &book->states[command->segment];
    struct plan_state next = command->state;
    next.reco_product = state->reco_product;
    next.select_product = state->select_product;
    *state = next;
    return catalog_put_state(txn, book->campaign.id, command->segment, state, err);
}

static bool apply_lease(struct book *book, struct catalog_txn *txn,
                        struct exchange *exchange, const struct core_command *command,
                        int64_t wall_s, struct err *err)
{
    bug_if(exchange == NULL || exchange->task_count == SYNC_TASKS);
    const uint32_t *segments = command->segments;
    uint32_t count = command->segment_count;
    if (command->task_kind == TASK_MERGE) {
        segments = &command->group;
        count = 1;
    }
    struct attempt attempt = {.number = command->attempt,
                              .token = command->token,
                              .campaign = book->campaign.id,
                              .state = ATTEMPT_LEASED,
                              .kind = command->task_kind,
                              .steps = command->steps,
                              .pilot = exchange->sync.pilot,
                              .segments = segments,
                              .segment_count = count,
                              .blamed = UINT32_MAX,
                              .start_s = wall_s};
    memcpy(attempt.host, exchange->host, sizeof attempt.host);
    return catalog_put_attempt(txn, &attempt, err) &&
           task_build(book, txn, command, &exchange->arena,
                      &exchange->tasks[exchange->task_count++], err);
}

/* What a report brings, while it is committed. */
struct commit {
    struct book *book;
    struct catalog_txn *txn;
    const struct report *report;
    struct owed *owed;
};

/* What one step made of the segments of a report, to be put together. */
struct step_sets {
    struct product_set *sets;
    uint32_t **numbers;     /* where the number of each goes */
    struct product *copies; /* of products that are not neighbours in their result */
    uint32_t count, copied;
};

static void sets_init(struct step_sets *sets, const struct report *report, uint32_t count)
{
    size_t products = 0;
    for (uint32_t i = 0; i < count; i++)
        products += report->segments[i].product_count;
    *sets = (struct step_sets){.sets = mem_grow(NULL, count, sizeof *sets->sets),
                               .numbers = mem_grow(NULL, count, sizeof *sets->numbers),
                               .copies = mem_grow(NULL, products, sizeof *sets->copies)};
}

static void sets_release(struct step_sets *sets)
{
    free(sets->sets);
    free(sets->numbers);
    free(sets->copies);
}

/* The products of one step; all have the key of the plan: exchange_check() looked. */
static struct product_set set_of(struct step_sets *sets,
                                 const struct segment_result *result, bool reco)
{
    const struct product *products = result->products;
    struct product *copies = sets->copies + sets->copied;
    uint32_t count = 0, first = 0, last = 0;
    for (uint32_t i = 0; i < result->product_count; i++) {
        if (stream_is_reco(products[i].stream) != reco)
            continue;
        first = count++ == 0 ? i : first;
        last = i;
    }
    struct product_set set = {.products = products + first, .count = count};
    if (count == 0)
        return set;
    set.key = products[first].key;
    if (last - first + 1 == count)
        return set;
    for (uint32_t i = first; i <= last; i++)
        if (stream_is_reco(products[i].stream) == reco)
            sets->copies[sets->copied++] = products[i];
    set.products = copies;
    return set;
}

/* A key that another campaign made meanwhile keeps its product. */
static bool set_is_known(const struct commit *commit, const struct product_set *set,
                         uint32_t *number, struct err *err)
{
    const struct twins *twins = commit->book->twins;
    uint32_t twin = twins_find(twins, &set->key);
    if (twin == UINT32_MAX)
        return true;
    number_list_add(&commit->owed->made, twin);
    return twins_product(twins, commit->txn, twin, commit->book, number, err);
}

static bool sets_add(const struct commit *commit, const struct segment_result *result,
                     bool reco, struct step_sets *sets, struct err *err)
{
    struct plan_state *state = &commit->book->states[result->index];
    uint32_t *number = reco ? &state->reco_product : &state->select_product;
    struct product_set set = set_of(sets, result, reco);
    uint32_t known = 0;
    if (set.count == 0)
        return true;
    if (!set_is_known(commit, &set, &known, err))
        return false;
    if (known != 0) {
        *number = known;
        return true;
    }
    sets->sets[sets->count] = set;
    sets->numbers[sets->count++] = number;
    return true;
}

static bool commit_step(const struct commit *commit, uint32_t count, bool reco,
                        struct err *err)
{
    struct step_sets sets;
    uint32_t first = 0;
    sets_init(&sets, commit->report, count);
    bool done = true;
    for (uint32_t i = 0; done && i < count; i++)
        done = sets_add(commit, &commit->report->segments[i], reco, &sets, err);
    done =
        done && catalog_put_product_sets(commit->txn, sets.sets, sets.count, &first, err);
    for (uint32_t i = 0; done && i < sets.count; i++)
        *sets.numbers[i] = first + i;
    sets_release(&sets);
    return done;
}

static bool apply_commit(const struct commit *commit, uint32_t count, struct err *err)
{
    const struct report *report = commit->report;
    const struct book *book = commit->book;
    uint32_t parts = count > 0 ? report->part_count : 0;
    for (uint32_t i = 0; i < parts; i++) {
        struct file_record file = {.campaign = book->campaign.id,
                                   .state = FILE_PART,
                                   .size = report->parts[i].size};
        (void)snprintf(file.name, sizeof file.name, "%s", report->parts[i].file);
        if (!catalog_put_file(commit->txn, &file, err))
            return false;
    }
    if (count > 0 && (!commit_step(commit, count, true, err) ||
                      !commit_step(commit, count, false, err)))
        return false;
    /* Parts of which nothing was taken. */
    for (uint32_t i = 0; book->twins != NULL && i < parts; i++)
        if (!part_collect(commit->txn, report->parts[i].file, &commit->owed->collect,
                          err))
            return false;
    return true;
}

/* The report that a command follows from, NULL when there is none. */
static const struct report *report_of(const struct exchange *exchange,
                                      const struct core_command *command)
{
    if (exchange == NULL || command->report == UINT32_MAX)
        return NULL;
    bug_if(command->report >= exchange->sync.report_count);
    return &exchange->sync.reports[command->report];
}

static bool apply_end(struct catalog_txn *txn, struct exchange *exchange,
                      const struct core_command *command, int64_t wall_s, struct err *err)
{
    struct arena arena;
    struct attempt attempt;
    arena_init(&arena, APPLY_ARENA);
    bool done = get_attempt(txn, command->attempt, &arena, &attempt, err);
    if (done) {
        attempt.state = command->attempt_state;
        attempt.end_s = wall_s;
        attempt.committed = command->count;
        attempt.decision = command->decision;
        const struct report *report = report_of(exchange, command);
        if (report != NULL) {
            exchange->decisions[command->report] = command->decision;
            (void)snprintf(attempt.host, sizeof attempt.host, "%s", report->host);
            attempt.failure = report->failure;
            attempt.blamed = report->blamed;
            attempt.signal = report->signal;
            attempt.wall_ns = report->wall_ns;
            attempt.cpu_ns = report->cpu_ns;
            attempt.bytes_read = report->bytes_read;
            attempt.bytes_written = report->bytes_written;
            attempt.peak_memory_bytes = report->peak_memory_bytes;
        }
        done = catalog_put_attempt(txn, &attempt, err);
    }
    arena_release(&arena);
    return done;
}

/* A part that holds committed products (the prefix of a failed attempt) stays. */
static bool remove_part(struct catalog_txn *txn, const struct sha256 *key, uint64_t token,
                        struct owed *owed, struct err *err)
{
    char name[PRODUCT_FILE];
    struct file_record file;
    part_name(key, token, name);
    enum lookup found = catalog_get_file(txn, name, &file, err);
    if (found == LOOKUP_ABSENT)
        name_list_add(&owed->remove, name);
    return found != LOOKUP_FAILED;
}

/* Every file that this attempt may have written: names follow from keys and token. */
static bool apply_collect(struct book *book, struct catalog_txn *txn, uint64_t number,
                          struct owed *owed, struct err *err)
{
    struct arena arena;
    struct attempt attempt;
    struct plan_segment plan;
    arena_init(&arena, APPLY_ARENA);
    bool done = get_attempt(txn, number, &arena, &attempt, err);
    if (done && attempt.kind == TASK_MERGE)
        done = remove_part(txn, &book->groups[attempt.segments[0]].key, attempt.token,
                           owed, err);
    else if (done)
        done = catalog_get_plan_segment(txn, book->campaign.id, attempt.segments[0],
                                        &plan, err) == LOOKUP_FOUND &&
               remove_part(txn, &plan.reco_key, attempt.token, owed, err) &&
               remove_part(txn, &plan.select_key, attempt.token, owed, err);
    arena_release(&arena);
    return done;
}

static void apply_verdict(struct exchange *exchange, const struct core_command *command)
{
    bug_if(exchange == NULL || command->report >= exchange->sync.report_count);
    struct sync_verdict *verdict = &exchange->verdicts[command->report];
    verdict->attempt = command->attempt;
    verdict->verdict = command->verdict;
    (void)snprintf(verdict->text, sizeof verdict->text, "%s",
                   command->text == NULL ? "" : command->text);
}

static bool apply_one(struct book *book, struct catalog_txn *txn,
                      struct exchange *exchange, const struct core_command *command,
                      int64_t wall_s, struct owed *owed, struct err *err)
{
    switch (command->kind) {
    case COMMAND_STATE:
        return apply_state(book, txn, command, owed, err);
    case COMMAND_LEASE:
        return apply_lease(book, txn, exchange, command, wall_s, err);
    case COMMAND_COMMIT:
        bug_if(exchange == NULL);
        /* What a merge made is taken over with COMMAND_GROUP. */
        if (command->task_kind == TASK_MERGE)
            return true;
        return apply_commit(
            &(struct commit){book, txn, &exchange->sync.reports[command->report], owed},
            command->count, err);
    case COMMAND_END:
        return apply_end(txn, exchange, command, wall_s, err);
    case COMMAND_COLLECT:
        return apply_collect(book, txn, command->attempt, owed, err);
    case COMMAND_VERDICT:
        apply_verdict(exchange, command);
        return true;
    case COMMAND_LOST:
        if (exchange->lost_count < SYNC_HELD)
            exchange->lost[exchange->lost_count++] = command->attempt;
        return true;
    case COMMAND_UNKNOWN:
        exchange->unknown = true;
        return true;
    case COMMAND_FINISH:
        exchange->drain = ++exchange->finished == exchange->asked;
        return true;
    case COMMAND_CUT:
        number_list_add(&owed->cut, command->unit);
        return true;
    case COMMAND_GROUP:
        return apply_group(book, txn, report_of(exchange, command), command, owed, err);
    case COMMAND_PUBLISH:
        number_list_add(&owed->publish, command->group);
        return true;
    case COMMAND_COMPLETE:
        owed->complete = true;
        owed->stuck = command->stuck;
        return true;
    }
    unreachable();
}

bool apply_commands(struct book *book, struct catalog_txn *txn, struct exchange *exchange,
                    const struct core_commands *commands, int64_t wall_s,
                    struct owed *owed, struct err *err)
{
    for (uint32_t i = 0; i < commands->count; i++)
        if (!apply_one(book, txn, exchange, &commands->list[i], wall_s, owed, err))
            return false;
    return true;
}
