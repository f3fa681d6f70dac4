/* golden_test.c - the same digits and conditions give the same bits.
 * SPDX-License-Identifier: Apache-2.0
 *
 * On every compiler, and with the wide instruction sets of the CPU masked.
 * tests/golden/reco/columns.txt has the sha256 of every column of 300 made events. A
 * change in it is a change of the reconstruction: every key of the campaigns changes too.
 */
#include "tests/unit/reco/made.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/wait.h>

#include "base/disk.h"
#include "base/half.h"

#define EVENTS 300
#define GOLDEN "tests/golden/reco/columns.txt"
#define MASKED                                                                           \
    "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-FMA4_Usable,"             \
    "-AVX512F_Usable,-AVX2,-FMA,-FMA4,-AVX512F,-AVX_Fast_Unaligned_Load"
#define MASKED_WIDEST "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F_Usable,-AVX512F"

/* Zero to two pulses and noise of a count or two in every channel of the set-up. */
static void digits_fill(struct made *made, struct random *random)
{
    sadc_digits_clear(&made->digits);
    for (uint32_t d = 0; d < made->setup->detector_count; d++) {
        const struct setup_detector *detector = &made->setup->detectors[d];
        for (uint32_t c = 0; c < (uint32_t)detector->nx * detector->ny; c++) {
            uint16_t samples[MADE_SAMPLES];
            made_quiet(samples);
            for (int i = 0; i < MADE_SAMPLES; i++)
                samples[i] = (uint16_t)(samples[i] + random_below(random, 3));
            bool counter = detector->part == PART_COUNTER;
            /* One number a statement: the order of arguments is the compiler's. */
            double time = (counter ? 150.0 : 160.0) + fmath_gaussian(random);
            double height = 3000.0 * random_unit(random);
            double other_time = 350.0 * random_unit(random) - 50.0;
            double other_height = 2000.0 * random_unit(random);
            uint64_t dice = random_below(random, 30);
            if (counter || dice < 10)
                made_pulse(samples, time, height);
            if (dice % 10 == 0)
                made_pulse(samples, other_time, other_height);
            made_digit(made, detector->name, c, samples, MADE_SAMPLES);
        }
    }
}

static void fmath_line(FILE *out)
{
    struct random random = {.state = 5};
    uint64_t sum = 0;
    for (int i = 0; i < 5000; i++) {
        double s;
        double c;
        double x = 40.0 * random_unit(&random) - 20.0;
        fmath_sincos(x, &s, &c);
        double values[5] = {fmath_exp(x), fmath_log(fabs(x)), s, c, fmath_atan2(s, x)};
        for (int v = 0; v < 5; v++) {
            uint64_t bits;
            memcpy(&bits, &values[v], sizeof bits);
            sum = random_mix(sum + bits);
        }
    }
    (void)fprintf(out, "fmath %016llx\n", (unsigned long long)sum);
}

/* A selection from files must see what one in the same process as reconstruction does. */
static void numbers_are_what_files_hold(const struct reco_table *table)
{
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        const float *numbers = table->data[c];
        for (size_t i = 0; i < (size_t)table->rows * info->width; i++)
            if (info->encoding == RECO_HALF && half_round(numbers[i]) != numbers[i])
                fail_msg("%s: %a is not rounded", info->name, (double)numbers[i]);
    }
}

static void golden_print(FILE *out)
{
    struct made made;
    struct err err;
    struct reco_table table;
    struct event_counts counts = {0};
    struct random random = {.state = 20220815};
    made_init(&made);
    assert_true(made_calibrate(&made, &err));
    reco_table_init(&table, EVENTS);
    for (uint32_t e = 0; e < EVENTS; e++) {
        digits_fill(&made, &random);
        struct event_head head = {.run = MADE_RUN, .spill = 1, .event = e + 1, .type = 7};
        event_reconstruct(&made.calibration, &head, &made.digits, &table, &counts);
    }
    numbers_are_what_files_hold(&table);
    fmath_line(out);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        struct sha256 hash = sha256_of(table.data[c], (size_t)EVENTS * info->width *
                                                          reco_type_size(info->type));
        char hex[SHA256_HEX];
        sha256_to_hex(&hash, hex);
        (void)fprintf(out, "%s %s\n", info->name, hex);
    }
    (void)fprintf(out, "no_master %llu\n", (unsigned long long)counts.no_master);
    reco_table_release(&table);
    made_release(&made);
}

static void file_read(const char *path, struct bytes *out)
{
    struct err err;
    bytes_clear(out);
    if (!disk_read_file(path, out, &err))
        fail_msg("%s", err.text);
}

static void this_process_gives_the_golden_columns(void **state)
{
    (void)state;
    char name[] = "/tmp/spillway-golden-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    assert_non_null(out);
    golden_print(out);
    assert_int_equal(fclose(out), 0);
    struct bytes golden;
    struct bytes ours;
    bytes_init(&golden, 1 << 20);
    bytes_init(&ours, 1 << 20);
    file_read(GOLDEN, &golden);
    file_read(name, &ours);
    (void)unlink(name);
    assert_int_equal(golden.size, ours.size);
    assert_memory_equal(golden.data, ours.data, ours.size);
    bytes_release(&golden);
    bytes_release(&ours);
}

/* Runs this program again with "print" and the variable in front of the environment. */
static void child_print(const char *variable, const char *path)
{
    char *environment[512] = {NULL};
    char mask[256];
    char self[] = "/proc/self/exe";
    char word[] = "print";
    char *arguments[] = {self, word, NULL};
    (void)snprintf(mask, sizeof mask, "%s", variable);
    environment[0] = mask;
    for (int i = 0; environ[i] != NULL && i < 500; i++)
        environment[i + 1] = environ[i];
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_TRUNC, 0600), 0);
    pid_t child;
    int status;
    assert_int_equal(posix_spawn(&child, self, &actions, NULL, arguments, environment),
                     0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)posix_spawn_file_actions_destroy(&actions);
}

static void masked_cpu_gives_the_golden_columns(const char *mask)
{
    char name[] = "/tmp/spillway-golden-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    (void)close(fd);
    child_print(mask, name);
    struct bytes golden;
    struct bytes ours;
    bytes_init(&golden, 1 << 20);
    bytes_init(&ours, 1 << 20);
    file_read(GOLDEN, &golden);
    file_read(name, &ours);
    (void)unlink(name);
    assert_int_equal(golden.size, ours.size);
    assert_memory_equal(golden.data, ours.data, ours.size);
    bytes_release(&golden);
    bytes_release(&ours);
}

static void a_cpu_without_wide_instructions_gives_the_golden_columns(void **state)
{
    (void)state;
    masked_cpu_gives_the_golden_columns(MASKED);
}

static void a_cpu_without_the_widest_instructions_gives_the_golden_columns(void **state)
{
    (void)state;
    masked_cpu_gives_the_golden_columns(MASKED_WIDEST);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "print") == 0) {
        golden_print(stdout);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_process_gives_the_golden_columns),
        cmocka_unit_test(a_cpu_without_wide_instructions_gives_the_golden_columns),
        cmocka_unit_test(a_cpu_without_the_widest_instructions_gives_the_golden_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
