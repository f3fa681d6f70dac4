/* catalog_steps_test.c - the n-th write, sync or allocation of a catalog fails.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A child makes a catalog whose map grows, commits one transaction after the other,
 * copies it, and says in shared memory how many were acknowledged. One step of it fails,
 * ours or LMDB's, for all n. Then the catalog is opened without faults: what was
 * acknowledged is there, at most one transaction more, each of them whole, and a check is
 * clean.
 */
#include "tests/fault/steps.h"

#include <sys/wait.h>

#include "coordinator/write.h"
#include "tests/unit/catalog/world.h"

#define BLOCK  100000u
#define BLOCKS 12u /* more than the map of the beginning holds */

/* No fault comes after this many steps: the test would not end otherwise. */
#define STEPS_LIMIT 20000u

struct told {
    struct steps steps;
    _Atomic uint32_t acknowledged;
};

static struct told *told;

/* Run and block of one number. */
static bool pair_step(struct catalog_txn *txn, void *context, struct err *err)
{
    static uint8_t block[BLOCK];
    const uint32_t *number = context;
    const struct run run = run_unknown(*number + 1);
    char name[16];
    memset(block, (int)*number + 1, sizeof block);
    (void)snprintf(name, sizeof name, "block%u", *number);
    return catalog_put_run(txn, &run, err) &&
           catalog_put_text(txn, name, block, sizeof block, err);
}

/* Crash-only, as the programs are: the first error ends it. */
static int child(const char *folder)
{
    struct catalog *catalog;
    struct err err = {0};
    char path[96];
    if (!catalog_open_sized(folder, CATALOG_WRITE, SMALL_MAP, &catalog, &err))
        return err.code == E_NONE ? 1 : 15;
    for (uint32_t i = 0; i < BLOCKS; i++) {
        if (!write_catalog(catalog, pair_step, &i, &err))
            return err.code == E_NONE ? 1 : 15;
        atomic_store(&told->acknowledged, i + 1);
    }
    (void)snprintf(path, sizeof path, "%s/copy", folder);
    if (!catalog_copy(catalog, path, &err))
        return err.code == E_NONE ? 1 : 15;
    catalog_close(catalog);
    return 0;
}

/* How many transactions are there; all of each. */
static uint32_t pairs_there(struct catalog_txn *txn)
{
    struct bytes out;
    struct err err = {0};
    uint32_t count = 0;
    bytes_init(&out, BLOCK);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        struct run run;
        char name[16];
        (void)snprintf(name, sizeof name, "block%u", i);
        bytes_clear(&out);
        enum lookup block = catalog_get_text(txn, name, &out, &err);
        enum lookup row = catalog_get_run(txn, i + 1, &run, &err);
        assert_true(block != LOOKUP_FAILED && row == block);
        if (block == LOOKUP_ABSENT)
            continue;
        assert_int_equal(out.size, BLOCK);
        assert_true(out.data[0] == i + 1 && out.data[BLOCK - 1] == i + 1);
        assert_int_equal(count++, i);
    }
    bytes_release(&out);
    return count;
}

static void assert_right(const char *folder)
{
    struct catalog *catalog;
    struct catalog_txn *txn;
    struct bytes report;
    struct err err = {0};
    uint64_t faults = 1;
    uint32_t acknowledged = atomic_load(&told->acknowledged);
    must(catalog_open_sized(folder, CATALOG_WRITE, SMALL_MAP, &catalog, &err), &err);
    must(catalog_begin(catalog, &txn, &err), &err);
    assert_in_range(pairs_there(txn), acknowledged, acknowledged + 1);
    bytes_init(&report, 65536);
    must(catalog_check(txn, &report, &faults, &err), &err);
    assert_int_equal(faults, 0);
    bytes_release(&report);
    catalog_abort(txn);
    must(write_catalog(catalog, pair_step, &acknowledged, &err), &err); /* it goes on */
    catalog_close(catalog);
}

/* One n; false when there was no such step. */
static bool fault_run(enum fault fault, uint64_t n)
{
    char folder[] = "/dev/shm/catalog_steps-XXXXXX";
    int status;
    assert_non_null(mkdtemp(folder));
    for (unsigned i = 0; i < FAULTS; i++) {
        atomic_store(&steps->counted[i], 0);
        steps->due[i] = i == fault ? n : 0;
    }
    atomic_store(&told->acknowledged, 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(STDERR_FILENO); /* what is said of a lack of memory */
        atomic_store(&steps->armed, true);
        _exit(child(folder));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    atomic_store(&steps->armed, false);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
        fail_msg("%s %llu failed without an error", fault_names[fault],
                 (unsigned long long)n);
    assert_right(folder);
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return atomic_load(&steps->counted[fault]) >= n;
}

static void any_step_of_a_catalog_may_fail(void **state)
{
    (void)state;
    if (!FAULTY) {
        print_message("SKIPPED: sanitizers have an allocator of their own\n");
        skip();
    }
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    assert_true(told != MAP_FAILED);
    steps = &told->steps;
    for (enum fault fault = FAULT_WRITE; fault < FAULT_SEND; fault++) {
        uint64_t n = 1;
        while (fault_run(fault, n))
            assert_true(++n < STEPS_LIMIT);
        print_message("%llu %ss\n", (unsigned long long)n - 1, fault_names[fault]);
        assert_true(n > BLOCKS); /* each transaction has some */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_a_catalog_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
