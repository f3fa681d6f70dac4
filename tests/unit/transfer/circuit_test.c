/* circuit_test.c - five failures open it, one probe at a time, the state is the node's.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/circuit.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND_NS ((int64_t)1000000000)
#define START_NS  (1000 * SECOND_NS)

static void open_it(struct circuit *circuit, int64_t now_ns)
{
    for (unsigned i = 0; i < CIRCUIT_FAILURES; i++) {
        assert_int_equal(circuit_ask(circuit, now_ns), 0);
        circuit_note(circuit, false, now_ns);
    }
}

static void it_opens_after_five_failures_in_a_row_and_not_before(void **state)
{
    (void)state;
    struct circuit circuit = {0};
    for (unsigned i = 0; i < 3 * CIRCUIT_FAILURES; i++) {
        assert_int_equal(circuit_ask(&circuit, START_NS), 0);
        circuit_note(&circuit, i % CIRCUIT_FAILURES == 0, START_NS);
    }
    open_it(&(struct circuit){0}, START_NS);
    circuit = (struct circuit){0};
    open_it(&circuit, START_NS);
    assert_int_equal(circuit_ask(&circuit, START_NS), 30 * SECOND_NS);
    assert_int_equal(circuit_ask(&circuit, START_NS + 29 * SECOND_NS), SECOND_NS);
}

static void one_process_probes_and_the_pause_doubles_to_ten_minutes(void **state)
{
    (void)state;
    struct circuit circuit = {0};
    static const int64_t pauses_s[] = {30, 60, 120, 240, 480, 600, 600};
    int64_t now_ns = START_NS;
    open_it(&circuit, now_ns);
    for (size_t i = 0; i < sizeof pauses_s / sizeof *pauses_s; i++) {
        int64_t pause_ns = pauses_s[i] * SECOND_NS;
        assert_int_equal(circuit_ask(&circuit, now_ns), pause_ns);
        now_ns += pause_ns;
        assert_int_equal(circuit_ask(&circuit, now_ns), 0);        /* the probe */
        assert_int_equal(circuit_ask(&circuit, now_ns), pause_ns); /* nobody else */
        circuit_note(&circuit, false, now_ns);
    }
    now_ns += 600 * SECOND_NS;
    assert_int_equal(circuit_ask(&circuit, now_ns), 0);
    circuit_note(&circuit, true, now_ns);
    assert_int_equal(circuit_ask(&circuit, now_ns), 0);
    assert_int_equal(circuit.failures, 0);
}

/* A thousand tries that were under way must not make the pause a thousand times longer.
 */
static void failures_of_tries_under_way_do_not_lengthen_the_pause(void **state)
{
    (void)state;
    struct circuit circuit = {0};
    open_it(&circuit, START_NS);
    for (int i = 0; i < 1000; i++)
        circuit_note(&circuit, false, START_NS + SECOND_NS);
    assert_int_equal(circuit_ask(&circuit, START_NS + SECOND_NS), 29 * SECOND_NS);
}

/* A probe whose process was killed: after one more pause somebody else tries. */
static void a_lost_probe_and_a_clock_of_another_boot_end(void **state)
{
    (void)state;
    struct circuit circuit = {0};
    open_it(&circuit, START_NS);
    int64_t now_ns = START_NS + 30 * SECOND_NS;
    assert_int_equal(circuit_ask(&circuit, now_ns), 0);
    assert_int_equal(circuit_ask(&circuit, now_ns + 30 * SECOND_NS), 0);
    circuit = (struct circuit){0};
    open_it(&circuit, 1000000 * SECOND_NS);
    assert_int_equal(circuit_ask(&circuit, SECOND_NS), 0); /* the node started again */
}

static char folder[64];

static void processes_of_a_node_count_together(void **state)
{
    (void)state;
    struct circuit own[3] = {{0}};
    struct circuit_place places[3];
    for (size_t i = 0; i < 3; i++)
        places[i] = (struct circuit_place){folder, "http://h:80", &own[i]};
    places[2].server = "http://other:80";
    for (unsigned i = 0; i < CIRCUIT_FAILURES; i++)
        circuit_place_note(&places[i % 2], false, START_NS);
    assert_int_equal(circuit_place_ask(&places[0], START_NS), 30 * SECOND_NS);
    assert_int_equal(circuit_place_ask(&places[1], START_NS), 30 * SECOND_NS);
    assert_int_equal(circuit_place_ask(&places[2], START_NS), 0);
    assert_int_equal(circuit_place_ask(&places[1], START_NS + 30 * SECOND_NS), 0);
    assert_int_equal(circuit_place_ask(&places[0], START_NS + 30 * SECOND_NS),
                     30 * SECOND_NS);
    circuit_place_note(&places[1], true, START_NS + 31 * SECOND_NS);
    assert_int_equal(circuit_place_ask(&places[0], START_NS + 31 * SECOND_NS), 0);
}

/* Whatever stands in the folder, a try is never refused because of nonsense, and what
 * is foreign is not followed. */
static void a_damaged_state_and_a_foreign_file_count_as_closed(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "\n",
                                        "9 9 9\n",
                                        "5 30000000000\n",
                                        "5 30000000000 99999999999999999999\n",
                                        "-1 1 1\n",
                                        "5 99999999999999 1030000000000\n",
                                        "\xff\xfe"};
    struct circuit own = {0};
    struct circuit_place place = {folder, "http://damaged:80", &own};
    char before[128] = "";
    char line[192];
    circuit_place_note(&place, false, START_NS); /* makes the file */
    (void)snprintf(line, sizeof line, "ls -t %s | head -1", folder);
    FILE *list = popen(line, "r");
    assert_non_null(list);
    assert_non_null(fgets(before, sizeof before, list));
    assert_int_equal(pclose(list), 0);
    before[strcspn(before, "\n")] = '\0';
    (void)snprintf(line, sizeof line, "%s/%s", folder, before);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *file = fopen(line, "w");
        assert_non_null(file);
        (void)fputs(texts[i], file);
        assert_int_equal(fclose(file), 0);
        if (circuit_place_ask(&place, START_NS) != 0)
            fail_msg("text %zu", i);
    }
    assert_int_equal(unlink(line), 0);
    assert_int_equal(symlink("/dev/null", line), 0);
    for (unsigned i = 0; i < CIRCUIT_FAILURES; i++)
        circuit_place_note(&place, false, START_NS);
    assert_int_equal(own.failures, CIRCUIT_FAILURES); /* for itself */
}

static void without_a_folder_each_counts_for_itself(void **state)
{
    (void)state;
    static const char *const folders[] = {NULL, "/proc/none", "/dev/null"};
    for (size_t i = 0; i < 3; i++) {
        struct circuit own = {0};
        struct circuit_place place = {folders[i], "http://h:80", &own};
        for (unsigned n = 0; n < CIRCUIT_FAILURES; n++)
            circuit_place_note(&place, false, START_NS);
        assert_int_equal(circuit_place_ask(&place, START_NS), 30 * SECOND_NS);
    }
}

static int folder_make(void **state)
{
    (void)state;
    memcpy(folder, "/tmp/circuit_test.XXXXXX", 25);
    return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **state)
{
    (void)state;
    char line[96];
    (void)snprintf(line, sizeof line, "rm -r %s", folder);
    FILE *run = popen(line, "r");
    return run ? pclose(run) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_after_five_failures_in_a_row_and_not_before),
        cmocka_unit_test(one_process_probes_and_the_pause_doubles_to_ten_minutes),
        cmocka_unit_test(failures_of_tries_under_way_do_not_lengthen_the_pause),
        cmocka_unit_test(a_lost_probe_and_a_clock_of_another_boot_end),
        cmocka_unit_test(processes_of_a_node_count_together),
        cmocka_unit_test(a_damaged_state_and_a_foreign_file_count_as_closed),
        cmocka_unit_test(without_a_folder_each_counts_for_itself),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
