/* catalog_kill_test.c - kill -9 of the owner at any moment: nothing acknowledged is lost.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A child commits segments of a plan one group after the other, on a map so small that it
 * grows meanwhile, and says on a pipe which are committed. It is killed at a random
 * moment, the catalog is opened and checked, and the next child goes on.
 */
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/random.h"
#include "tests/unit/catalog/world.h"

#define SEGMENTS 3000u
#define KILLS    40

static const struct chunk_id chunk_id = {.run = 5, .builder = 1, .number = 1};

static struct sha256 key_of_segment(uint32_t number)
{
    return (struct sha256){{1, (uint8_t)number, (uint8_t)(number >> 8)}};
}

static void segment_plan(struct catalog_txn *txn, uint32_t number)
{
    const struct plan_segment planned = {.id = {.chunk = chunk_id, .ordinal = number},
                                         .spill = number,
                                         .select_key = key_of_segment(number)};
    const struct plan_state state = {.state = SEGMENT_READY};
    struct err err = {0};
    must(catalog_put_plan_segment(txn, 1, number, &planned, &err), &err);
    must(catalog_put_state(txn, 1, number, &state, &err), &err);
}

static void plan_make(struct world *world)
{
    struct segment *segments = mem_new(SEGMENTS, sizeof *segments);
    const struct run run = run_unknown(5);
    const struct chunk chunk = {
        .id = chunk_id, .size = SEGMENTS, .scanned = true, .segments = SEGMENTS};
    struct campaign campaign = {.name = "c", .segment_count = SEGMENTS};
    struct err err = {0};
    for (uint32_t i = 0; i < SEGMENTS; i++)
        segments[i] = (struct segment){.id = {.chunk = chunk_id, .ordinal = i},
                                       .spill = i,
                                       .offset = i,
                                       .length = 1};
    struct catalog_txn *txn = begin(world);
    must(catalog_put_run(txn, &run, &err), &err);
    must(catalog_put_chunk(txn, &chunk, &err), &err);
    must(catalog_put_segments(txn, &chunk_id, segments, SEGMENTS, &err), &err);
    must(catalog_put_campaign(txn, &campaign, &err), &err);
    for (uint32_t i = 0; i < SEGMENTS; i++)
        segment_plan(txn, i);
    commit(txn);
    free(segments);
}

static bool segment_commit(struct catalog_txn *txn, uint32_t number, const char *file,
                           struct err *err)
{
    struct product product = {.key = key_of_segment(number), .stream = "summary"};
    const struct product_set set = {.key = product.key, .products = &product, .count = 1};
    struct plan_state state = {.state = SEGMENT_COMMITTED};
    (void)snprintf(product.place.file, sizeof product.place.file, "%s", file);
    if (!catalog_put_products(txn, &set, &state.select_product, err))
        return false;
    return catalog_put_state(txn, 1, number, &state, err);
}

/* One transaction: a lease, a part, its segments, the end of the lease. */
static bool group_commit(struct catalog *catalog, const uint32_t *numbers, uint32_t count,
                         struct err *err)
{
    struct catalog_txn *txn;
    struct file_record file = {.campaign = 1, .size = 10};
    struct attempt attempt = {.campaign = 1, .segments = numbers, .segment_count = count};
    if (!catalog_begin(catalog, &txn, err))
        return false;
    (void)snprintf(file.name, sizeof file.name, "parts/%08u", numbers[0] * 7919u);
    bool done = catalog_last_attempt(txn, &attempt.number, err);
    attempt.number++;
    done = done && catalog_put_attempt(txn, &attempt, err) &&
           catalog_put_file(txn, &file, err);
    for (uint32_t i = 0; done && i < count; i++)
        done = segment_commit(txn, numbers[i], file.name, err);
    attempt.state = ATTEMPT_COMMITTED;
    attempt.committed = count;
    done = done && catalog_put_attempt(txn, &attempt, err);
    if (done)
        return catalog_commit(txn, err);
    catalog_abort(txn);
    return false;
}

/* The child: never returns. */
static void writer(const char *folder, uint32_t first, int acknowledge)
{
    struct catalog *catalog;
    struct err err = {0};
    if (!catalog_open_sized(folder, CATALOG_WRITE, SMALL_MAP, &catalog, &err))
        _exit(2);
    for (uint32_t next = first; next < SEGMENTS;) {
        uint32_t numbers[4];
        uint32_t count = 1 + next % 4 < SEGMENTS - next ? 1 + next % 4 : SEGMENTS - next;
        for (uint32_t i = 0; i < count; i++)
            numbers[i] = next + i;
        while (!group_commit(catalog, numbers, count, &err))
            if (err.code != E_CATALOG_GROW)
                _exit(3);
        next += count;
        if (write(acknowledge, &next, sizeof next) != (ssize_t)sizeof next)
            _exit(4);
    }
    for (;;)
        (void)pause();
}

/* Starts a writer, kills it after some acknowledgements; what it acknowledged last. */
static uint32_t kill_one(struct world *world, uint32_t first, struct random *random)
{
    int ends[2], status;
    uint32_t acknowledged = first;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        writer(world->folder, first, ends[1]);
    (void)close(ends[1]);
    for (uint64_t wait = random_below(random, 15); wait > 0; wait--)
        if (read(ends[0], &acknowledged, sizeof acknowledged) <= 0)
            break;
    int64_t moment = clock_now_ns() + (int64_t)random_below(random, 4000000);
    while (clock_now_ns() < moment)
        continue; /* a random moment of opening, writing, committing */
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(ends[0], &acknowledged, sizeof acknowledged) > 0)
        continue;
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return acknowledged;
}

/* Number of the first segment that is not committed; behind it none may be. */
static uint32_t first_open(struct world *world)
{
    struct plan_state *states = mem_new(SEGMENTS, sizeof *states);
    struct err err = {0};
    struct bytes report;
    uint64_t faults = 0;
    bytes_init(&report, 1 << 16);
    struct catalog_txn *txn = begin(world);
    must(catalog_get_states(txn, 1, 0, SEGMENTS, states, &err), &err);
    must(catalog_check(txn, &report, &faults, &err), &err);
    if (faults != 0)
        fail_msg("%.*s", (int)report.size, (const char *)report.data);
    catalog_abort(txn);
    uint32_t first = 0;
    while (first < SEGMENTS && states[first].state == SEGMENT_COMMITTED)
        first++;
    for (uint32_t i = first; i < SEGMENTS; i++)
        assert_int_equal(states[i].state, SEGMENT_READY);
    bytes_release(&report);
    free(states);
    return first;
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
    struct world *world = *state;
    struct random random = {.state = 20260102};
    uint32_t first = 0;
    plan_make(world);
    for (int i = 0; i < KILLS && first < SEGMENTS; i++) {
        catalog_close(world->catalog);
        world->catalog = NULL;
        uint32_t acknowledged = kill_one(world, first, &random);
        reopen(world);
        first = first_open(world);
        assert_true(first >= acknowledged);
    }
    print_message("%u segments committed over %d kills\n", first, KILLS);
    assert_true(first > KILLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(what_was_acknowledged_survives_kill_9),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
