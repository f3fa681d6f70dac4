/* retry_rule_test.c - which rule decides, how limits grow, how a rule reads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/retry_rule.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void the_built_in_table_decides_by_kind_then_by_signal(void **state)
{
    (void)state;

    static const struct {
        uint16_t code;
        int32_t signal;
        enum retry_action action;
    } rows[] = {{E_RAW_HEADER, 0, RETRY_QUARANTINE},
                {E_MANIFEST, SIGSEGV, RETRY_QUARANTINE},
                {E_WORKER_CRASH, SIGKILL, RETRY_FAIL},
                {E_WORKER_MEMORY, SIGABRT, RETRY_SMALLER},
                {E_DISK_FULL, 0, RETRY_AGAIN},
                {E_DISK_FULL, SIGBUS, RETRY_FAIL},
                {E_WORKER_KILLED, SIGKILL, RETRY_AGAIN},
                {E_NONE, SIGSEGV, RETRY_FAIL},
                {E_NONE, 0, RETRY_AGAIN},
                {65000, 0, RETRY_AGAIN}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct retry_facts facts = {rows[i].code, rows[i].signal, ""};
        struct retry_decision decision = retry_decide(NULL, 0, &facts);
        assert_int_equal(decision.action, rows[i].action);
        assert_true(decision.rule > RETRY_BUILT_IN);
        assert_int_equal(retry_rule_at(NULL, 0, decision.rule)->action, rows[i].action);
        assert_int_equal(decision.passive, 0);
    }
    assert_null(retry_rule_at(NULL, 0, 0));
    assert_null(retry_rule_at(NULL, 0, 1));
    assert_null(retry_rule_at(NULL, 0, RETRY_BUILT_IN));
    assert_null(retry_rule_at(NULL, 0, RETRY_BUILT_IN + 7));
}

static void the_first_rule_that_fits_decides_and_a_passive_one_is_noted(void **state)
{
    (void)state;
    static const struct retry_rule rules[] = {
        {.code = E_DISK_FULL, .text = "scratch", .action = RETRY_ELSEWHERE},
        {.kind = ERR_STORAGE, .passive = true, .action = RETRY_QUARANTINE},
        {.kind = ERR_STORAGE, .passive = true, .action = RETRY_FAIL},
        {.code = E_DISK_FULL, .action = RETRY_AGAIN},
        {.crash = true, .action = RETRY_QUARANTINE}};

    static const struct {
        struct retry_facts facts;
        uint16_t rule, passive;
    } rows[] = {{{E_DISK_FULL, 0, "no space on /scratch"}, 1, 0},
                {{E_DISK_FULL, 0, "no space"}, 4, 2},
                {{E_DISK_READ, 0, "scratch"}, RETRY_BUILT_IN + 6, 2},
                {{E_RAW_HEADER, SIGSEGV, ""}, 5, 0},
                {{E_RAW_HEADER, SIGTERM, ""}, RETRY_BUILT_IN + 1, 0}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct retry_decision decision = retry_decide(rules, 5, &rows[i].facts);
        assert_int_equal(decision.rule, rows[i].rule);
        assert_int_equal(decision.passive, rows[i].passive);
        assert_int_equal(decision.action, retry_rule_at(rules, 5, decision.rule)->action);
    }
}

static void the_pieces_of_a_text_stand_in_the_message_in_their_order(void **state)
{
    (void)state;

    static const struct {
        const char *pattern, *text;
        bool fits;
    } rows[] = {{"", "", true},
                {"", "x", true},
                {"*", "", true},
                {"a", "", false},
                {"bad", "std::bad_alloc", true},
                {"std*alloc", "std::bad_alloc", true},
                {"alloc*std", "std::bad_alloc", false},
                {"a*a", "a", false},
                {"a*a", "aa", true},
                {"*a**b*", "xaxbx", true},
                {"ab*abc", "ababc", true},
                {"[a-z]?", "a1", false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct retry_rule rule = {.action = RETRY_AGAIN};
        memcpy(rule.text, rows[i].pattern, strlen(rows[i].pattern) + 1);
        const struct retry_facts facts = {E_NONE, 0, rows[i].text};
        assert_int_equal(retry_rule_fits(&rule, &facts), rows[i].fits);
    }
}

static void a_limit_grows_by_its_factor_up_to_its_end_and_then_not(void **state)
{
    (void)state;
    const struct retry_rule rule = {
        .action = RETRY_MEMORY, .percent = 150, .up_to = 5000};
    uint8_t sixteenths = 0;
    static const uint64_t limits[] = {2400, 3600, 5000};
    for (size_t i = 0; i < 3; i++) {
        assert_true(retry_raise(&rule, 1600, &sixteenths));
        assert_int_equal(retry_raised(1600, sixteenths), limits[i]);
    }
    assert_false(retry_raise(&rule, 1600, &sixteenths));
    assert_int_equal(retry_raised(1600, 0), 1600);
    assert_int_equal(retry_raised(1607, 0), 1607);
    sixteenths = 0;
    assert_false(retry_raise(&rule, 0, &sixteenths));
    assert_false(retry_raise(&rule, 5000, &sixteenths));
    assert_int_equal(sixteenths, 0);
    /* However small the factor, each time is more: it ends. */
    const struct retry_rule slow = {.percent = 0, .up_to = UINT64_MAX};
    uint32_t times = 0;
    while (retry_raise(&slow, 1 << 20, &sixteenths))
        times++;
    assert_int_equal(times, 255 - 16);
}

static void a_rule_reads_as_one_line(void **state)
{
    (void)state;

    static const struct {
        struct retry_rule rule;
        const char *text;
    } rows[] = {
        {{.kind = ERR_RESOURCE,
          .text = "bad*alloc",
          .passive = true,
          .action = RETRY_MEMORY,
          .percent = 150,
          .up_to = (uint64_t)4096 << 20},
         "class resource, text \"bad*alloc\" -> more_memory, 150 % up to 4096 MB, "
         "passive"},
        {{.code = E_DISK_FULL,
          .crash = true,
          .action = RETRY_AGAIN,
          .delayed = true,
          .delay_ns = 7000000000},
         "code E_DISK_FULL, crash -> retry after 7 s"},
        {{.action = RETRY_TIME, .percent = 200, .up_to = 60000000000},
         "anything -> more_time, 200 % up to 60 s"}};
    struct err err;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes out;
        bytes_init(&out, 4096);
        assert_true(retry_rule_text(&rows[i].rule, &out, &err));
        assert_int_equal(out.size, strlen(rows[i].text));
        assert_memory_equal(out.data, rows[i].text, out.size);
        bytes_release(&out);
    }
    for (unsigned i = RETRY_FAIL; i < RETRY_ACTIONS; i++) {
        enum retry_action action;
        assert_true(retry_action_from(retry_action_name((enum retry_action)i), &action));
        assert_int_equal(action, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_table_decides_by_kind_then_by_signal),
        cmocka_unit_test(the_first_rule_that_fits_decides_and_a_passive_one_is_noted),
        cmocka_unit_test(the_pieces_of_a_text_stand_in_the_message_in_their_order),
        cmocka_unit_test(a_limit_grows_by_its_factor_up_to_its_end_and_then_not),
        cmocka_unit_test(a_rule_reads_as_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
