/* conditions_test.c - intervals, manifests and ladders against brute force.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The brute force asks the rule of the conditions service for every single moment: the
 * greatest start at or before it decides; when that interval has ended, nothing is valid.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/text.h"
#include "conditions/coverage.h"
#include "conditions/effective.h"
#include "conditions/interval.h"

#define RUNS      6
#define SPILLS    5
#define INTERVALS 8
#define ROUNDS    3000

static uint64_t seed_of_this_run(void)
{
    const char *text = getenv("PROPERTY_SEED");
    uint64_t seed = 20180605;
    struct err err;
    if (text)
        (void)text_to_u64(text, UINT64_MAX, &seed, &err);
    printf("PROPERTY_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static int64_t below(struct random *random, uint64_t limit)
{
    return (int64_t)random_below(random, limit);
}

static int by_start(const void *a, const void *b)
{
    const struct interval *left = a;
    const struct interval *right = b;
    return moment_compare(left->start, right->start);
}

/* Sorted, different starts, ends anywhere behind them (or open). */
static size_t some_intervals(struct random *random, struct interval *out)
{
    size_t wanted = (size_t)below(random, INTERVALS + 1), count = 0;
    struct interval drawn[INTERVALS];
    for (size_t i = 0; i < wanted; i++) {
        drawn[i].start =
            (struct moment){below(random, RUNS + 2) - 1, below(random, SPILLS)};
        drawn[i].end = (struct moment){below(random, RUNS + 2), below(random, SPILLS)};
        if (below(random, 4) == 0)
            drawn[i].end = MOMENT_OPEN;
    }
    qsort(drawn, wanted, sizeof *drawn, by_start);
    for (size_t i = 0; i < wanted; i++) {
        bool again =
            count > 0 && moment_compare(out[count - 1].start, drawn[i].start) == 0;
        if (!again && !interval_is_empty(drawn[i]))
            out[count++] = drawn[i];
    }
    return count;
}

static size_t valid_at(const struct interval *intervals, size_t count,
                       struct moment moment)
{
    size_t best = INTERVAL_GAP;
    for (size_t i = 0; i < count; i++) {
        if (moment_compare(intervals[i].start, moment) <= 0)
            best = i;
    }
    return best != INTERVAL_GAP && interval_holds(intervals[best], moment) ? best
                                                                           : INTERVAL_GAP;
}

static void check_tiling(struct interval window, const struct interval_piece *pieces,
                         size_t count)
{
    assert_int_equal(moment_compare(pieces[0].interval.start, window.start), 0);
    assert_int_equal(moment_compare(pieces[count - 1].interval.end, window.end), 0);
    for (size_t i = 0; i < count; i++) {
        assert_false(interval_is_empty(pieces[i].interval));
        if (i > 0)
            assert_int_equal(
                moment_compare(pieces[i - 1].interval.end, pieces[i].interval.start), 0);
    }
}

static size_t index_at(const struct interval_piece *pieces, size_t count,
                       struct moment moment)
{
    for (size_t i = 0; i < count; i++) {
        if (interval_holds(pieces[i].interval, moment))
            return pieces[i].index;
    }
    fail_msg("no piece holds %lld.%lld", (long long)moment.run, (long long)moment.spill);
    return INTERVAL_GAP;
}

static void pieces_tile_the_window_and_agree_with_the_service(void **state)
{
    (void)state;
    struct random random = {.state = seed_of_this_run()};
    for (int round = 0; round < ROUNDS; round++) {
        struct interval intervals[INTERVALS];
        struct interval_piece pieces[2 * INTERVALS + 1];
        size_t count = some_intervals(&random, intervals);
        uint32_t first = (uint32_t)below(&random, RUNS);
        uint32_t last = first + (uint32_t)below(&random, RUNS);
        struct interval window = interval_of_runs(first, last);
        size_t made = interval_cut(window, intervals, count, pieces);
        assert_true(made >= 1 && made <= 2 * count + 1);
        check_tiling(window, pieces, made);
        for (int64_t run = first; run <= last; run++) {
            for (int64_t spill = 0; spill < SPILLS; spill++) {
                struct moment moment = {run, spill};
                assert_int_equal(index_at(pieces, made, moment),
                                 valid_at(intervals, count, moment));
            }
        }
    }
}

/* A manifest of two types from random intervals; payload i has the hash of i % 3, so
 * that neighbours are often equal. */
static void fill(struct manifest *manifest, const char *type,
                 const struct interval *intervals, size_t count)
{
    struct interval_piece pieces[2 * INTERVALS + 1];
    struct err err = {0};
    size_t made = interval_cut(interval_of_runs(manifest->first_run, manifest->last_run),
                               intervals, count, pieces);
    for (size_t i = 0; i < made; i++) {
        struct manifest_entry entry = {.interval = pieces[i].interval,
                                       .gap = pieces[i].index == INTERVAL_GAP};
        uint8_t payload = (uint8_t)(pieces[i].index % 3);
        assert_true(text_copy(entry.type, sizeof entry.type, type, &err));
        if (!entry.gap) {
            entry.hash = sha256_of(&payload, 1);
            entry.size = payload;
        }
        if (!manifest_add(manifest, &entry, &err))
            fail_msg("%s", err.text);
    }
}

static void check_lookup(const struct manifest *manifest, const char *type,
                         const struct interval *intervals, size_t count)
{
    for (uint32_t run = manifest->first_run; run <= manifest->last_run; run++) {
        for (uint32_t spill = 0; spill < SPILLS; spill++) {
            size_t index = valid_at(intervals, count, (struct moment){run, spill});
            const struct manifest_entry *entry = manifest_at(manifest, type, run, spill);
            assert_non_null(entry);
            assert_int_equal(entry->gap, index == INTERVAL_GAP);
            if (!entry->gap)
                assert_int_equal(entry->size, index % 3);
        }
    }
    assert_null(manifest_at(manifest, type, manifest->last_run + 1, 0));
    assert_null(manifest_at(manifest, "zz", manifest->first_run, 0));
}

static void check_round_trip(const struct manifest *manifest)
{
    struct bytes once, twice;
    struct manifest back;
    struct err err = {0};
    bytes_init(&once, 1 << 20);
    bytes_init(&twice, 1 << 20);
    assert_true(manifest_write(manifest, &once, &err));
    if (!manifest_parse(once.data, once.size, "own", &back, &err))
        fail_msg("%s\n%.*s", err.text, (int)once.size, (char *)once.data);
    assert_true(manifest_write(&back, &twice, &err));
    assert_int_equal(once.size, twice.size);
    assert_memory_equal(once.data, twice.data, once.size);
    manifest_release(&back);
    bytes_release(&once);
    bytes_release(&twice);
}

static void check_coverage(const struct manifest *manifest, const char *type)
{
    struct coverage_run runs[2 * RUNS];
    size_t count = 0, gaps = 0;
    bool whole = true;
    struct bytes report;
    struct err err = {0};
    for (uint32_t run = manifest->first_run; run <= manifest->last_run; run++) {
        runs[count++] = (struct coverage_run){run, 0, SPILLS - 1};
        for (uint32_t spill = 0; spill < SPILLS; spill++)
            whole = whole && !manifest_at(manifest, type, run, spill)->gap;
    }
    struct coverage wanted = {&type, 1, runs, count};
    bytes_init(&report, 1 << 16);
    assert_true(coverage_report(manifest, &wanted, &report, &gaps, &err));
    assert_int_equal(gaps == 0, whole);
    assert_int_equal(report.size == 0, whole);
    bytes_release(&report);
}

static void a_manifest_answers_like_the_service_and_survives_its_text(void **state)
{
    (void)state;
    struct random random = {.state = seed_of_this_run() + 1};
    for (int round = 0; round < ROUNDS / 3; round++) {
        struct interval a[INTERVALS], b[INTERVALS];
        struct manifest manifest;
        size_t a_count = some_intervals(&random, a);
        size_t b_count = some_intervals(&random, b);
        uint32_t first = (uint32_t)below(&random, RUNS);
        manifest_init(&manifest, first, first + (uint32_t)below(&random, RUNS));
        fill(&manifest, "calo_gain", a, a_count);
        fill(&manifest, "led_spill", b, b_count);
        check_lookup(&manifest, "calo_gain", a, a_count);
        check_lookup(&manifest, "led_spill", b, b_count);
        check_coverage(&manifest, "led_spill");
        check_round_trip(&manifest);
        manifest_release(&manifest);
    }
}

/* A random LED table, one channel, amplitude = 1000 * run + spill + 1. */
static void write_led(struct random *random, bool has[RUNS][SPILLS], struct bytes *text)
{
    struct err err = {0};
    assert_true(text_add(text,
                         "spillway-table 1\ntype led_spill\nsource ours\nsynthetic no\n"
                         "columns run:count spill:count detector:name x:count y:count "
                         "amplitude_counts:real\n",
                         &err));
    for (unsigned run = 0; run < RUNS; run++) {
        for (unsigned spill = 0; spill < SPILLS; spill++) {
            has[run][spill] = below(random, 4) == 0;
            if (has[run][spill])
                assert_true(text_addf(text, &err, "%u %u ECAL0 0 0 %u\n", run, spill,
                                      1000 * run + spill + 1));
        }
    }
    assert_true(text_add(text, "end\n", &err));
}

/* The ladder, said in another way: -1 for no value. */
static int64_t expected_amplitude(bool has[RUNS][SPILLS], unsigned run, unsigned spill,
                                  enum fallback *level)
{
    for (unsigned back = 0; back < 4; back++) {
        if (spill > back && has[run][spill - back]) {
            *level = (enum fallback)back;
            return 1000 * run + spill - back + 1;
        }
    }
    *level = has[run][0] ? FALLBACK_RUN_MEAN : FALLBACK_NEAREST_RUN;
    for (unsigned away = 0; away < RUNS; away++) {
        if (run >= away && has[run - away][0])
            return 1000 * (run - away) + 1;
        if (run + away < RUNS && has[run + away][0])
            return 1000 * (run + away) + 1;
    }
    *level = FALLBACK_NONE;
    return -1;
}

static void check_value(const struct spill_table *table, bool has[RUNS][SPILLS],
                        unsigned run, unsigned spill)
{
    struct effective_request request = {.run = run, .spill = spill};
    struct effective value;
    struct bytes row;
    struct err err = {0};
    char line[64];
    enum fallback level = FALLBACK_NONE;
    int64_t amplitude = expected_amplitude(has, run, spill, &level);
    bytes_init(&row, EFFECTIVE_ROW);
    request.allow_nearest_run = level == FALLBACK_NEAREST_RUN;
    request.allow_none = level == FALLBACK_NONE;
    if (!effective_of_spill(table, &request, &row, &value, &err))
        fail_msg("run %u spill %u: %s", run, spill, err.text);
    assert_int_equal(value.level, level);
    struct sha256 hash = sha256_of(row.data, row.size);
    assert_true(sha256_equal(&hash, &value.value));
    (void)snprintf(line, sizeof line, "ECAL0 0 0 %lld\n", (long long)amplitude);
    assert_int_equal(memmem(row.data, row.size, line, strlen(line)) != NULL,
                     amplitude >= 0);
    if (level >= FALLBACK_NEAREST_RUN) {
        request.allow_nearest_run = request.allow_none = false;
        assert_false(effective_of_spill(table, &request, &row, &value, &err));
        assert_int_equal(err.code, E_EFFECTIVE);
    }
    bytes_release(&row);
}

static void the_ladder_finds_what_a_search_by_hand_finds(void **state)
{
    (void)state;
    struct random random = {.state = seed_of_this_run() + 2};
    for (int round = 0; round < ROUNDS / 10; round++) {
        bool has[RUNS][SPILLS];
        struct bytes text;
        struct spill_table *table = NULL;
        struct err err = {0};
        bytes_init(&text, 65536);
        write_led(&random, has, &text);
        if (!spill_table_new(payload_type_find("led_spill"), &text, "led", &table, &err))
            fail_msg("%s", err.text);
        for (unsigned run = 0; run < RUNS; run++) {
            for (unsigned spill = 1; spill < SPILLS; spill++)
                check_value(table, has, run, spill);
        }
        spill_table_free(table);
        bytes_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_tile_the_window_and_agree_with_the_service),
        cmocka_unit_test(a_manifest_answers_like_the_service_and_survives_its_text),
        cmocka_unit_test(the_ladder_finds_what_a_search_by_hand_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
