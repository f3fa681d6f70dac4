/* executor_test.c - a disk that fails at any step costs the task, never a wrong product.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "base/disk.h"
#include "worker/golden.h"

/* Every write, sync and mkdir of a task fails once; far more steps than there are. */
#define STEPS 2000

static int entry_remove(const char *path, const struct stat *status, int type,
                        struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

/* Processes into a new folder, which is gone afterwards. */
static bool golden_on_disk(long fault, int number, struct sha256 *made, struct err *err)
{
    char store[] = "/dev/shm/executor_test-XXXXXX";
    assert_non_null(mkdtemp(store));
    disk_fail_after(fault, number);
    bool done = golden_fingerprint(store, made, err);
    disk_fail_after(0, 0);
    assert_int_equal(nftw(store, entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
    return done;
}

static void golden_with_each_step_failing(int number, enum err_code code)
{
    struct sha256 good, made;
    struct err err;
    long failed = 0;
    assert_true(golden_fingerprint(NULL, &good, &err));
    for (long n = 1;; n++) {
        bool done = golden_on_disk(n, number, &made, &err);
        if (done) {
            assert_true(sha256_equal(&good, &made));
            break; /* no step was left to fail */
        }
        assert_int_equal(err.code, code);
        assert_true(n < STEPS);
        failed++;
    }
    assert_true(failed > 20);
}

static void a_failing_disk_gives_an_error_and_no_product(void **state)
{
    (void)state;
    golden_with_each_step_failing(EIO, E_DISK_WRITE);
}

static void a_full_disk_is_called_so(void **state)
{
    (void)state;
    golden_with_each_step_failing(ENOSPC, E_DISK_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_disk_gives_an_error_and_no_product),
        cmocka_unit_test(a_full_disk_is_called_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
