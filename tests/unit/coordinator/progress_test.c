/* progress_test.c - what the progress line says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "coordinator/progress.h"

static struct status status_with(uint32_t committed, uint32_t quarantined)
{
    struct status status;
    memset(&status, 0, sizeof status);
    status.campaign.segment_count = 200;
    status.by_state[SEGMENT_COMMITTED] = committed;
    status.by_state[SEGMENT_QUARANTINED] = quarantined;
    return status;
}

static void estimate_follows_from_the_speed_since_the_start_of_this_run(void **state)
{
    (void)state;
    struct progress progress = {.done_at_start = 50};
    struct status status = status_with(100, 0);
    char line[256];
    /* 50 segments in 100 s, 100 are left. */
    progress_line(&progress, &status, (int64_t)100 * 1000000000, line, sizeof line);
    assert_non_null(strstr(line, " 50% 100/200 segments"));
    assert_non_null(strstr(line, "ETA 3m21s"));
    assert_null(strstr(line, "quarantined"));
}

static void an_interval_stands_beside_it_when_there_is_a_history(void **state)
{
    (void)state;
    struct progress progress = {.done_at_start = 0};
    char line[256];
    for (uint32_t i = 0; i <= 20; i++)
        eta_add(&progress.history, 10.0 * i, 5 * i);
    struct status status = status_with(105, 0);
    progress_line(&progress, &status, (int64_t)210 * 1000000000, line, sizeof line);
    assert_non_null(strstr(line, "ETA 3m11s (90 %: "));
}

static void nothing_done_yet_means_no_estimate(void **state)
{
    (void)state;
    struct progress progress = {.done_at_start = 100};
    struct status status = status_with(100, 0);
    char line[256];
    progress_line(&progress, &status, (int64_t)100 * 1000000000, line, sizeof line);
    assert_non_null(strstr(line, "ETA -"));
}

static void quarantined_segments_are_named(void **state)
{
    (void)state;
    struct progress progress = {.done_at_start = 0};
    struct status status = status_with(10, 7);
    char line[256];
    progress_line(&progress, &status, 1, line, sizeof line);
    assert_non_null(strstr(line, "7 quarantined"));
}

static void a_paused_campaign_says_so_instead_of_an_estimate(void **state)
{
    (void)state;
    struct progress progress = {.done_at_start = 0};
    struct status status = status_with(10, 0);
    char line[256];
    status.orders = (struct orders){
        .hold = CORE_PAUSED,
        .held = {.kind = ORDER_PAUSE, .who = "ann", .reason = "beam time"}};
    progress_line(&progress, &status, 1, line, sizeof line);
    assert_non_null(strstr(line, "10/200 segments"));
    assert_non_null(strstr(line, ", paused by ann: beam time"));
    assert_null(strstr(line, "ETA"));
}

static void all_segments_done_means_merging(void **state)
{
    (void)state;
    struct progress progress = {.done_at_start = 0};
    struct status status = status_with(200, 0);
    char line[256];
    progress_line(&progress, &status, 1, line, sizeof line);
    assert_non_null(strstr(line, "100% 200/200"));
    assert_non_null(strstr(line, "merging"));
}

static void a_campaign_without_segments_is_done(void **state)
{
    (void)state;
    struct progress progress = {.done_at_start = 0};
    struct status status = status_with(0, 0);
    char line[256];
    status.campaign.segment_count = 0;
    progress_line(&progress, &status, 1, line, sizeof line);
    assert_non_null(strstr(line, "100% 0/0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimate_follows_from_the_speed_since_the_start_of_this_run),
        cmocka_unit_test(an_interval_stands_beside_it_when_there_is_a_history),
        cmocka_unit_test(nothing_done_yet_means_no_estimate),
        cmocka_unit_test(quarantined_segments_are_named),
        cmocka_unit_test(a_paused_campaign_says_so_instead_of_an_estimate),
        cmocka_unit_test(all_segments_done_means_merging),
        cmocka_unit_test(a_campaign_without_segments_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
