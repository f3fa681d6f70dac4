/* measure.c - time, one core, children, pairs, yardsticks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/disk.h"

#define READ_BYTES  ((size_t)1 << 20)
#define FLUSH_FILE  ((size_t)64 << 20)
#define FLUSH_BYTES 4096u
#define FLUSHES     200

void measure_must(bool done, const struct err *err)
{
    if (done)
        return;
    (void)fprintf(stderr, "bench: %s\n", err->text);
    exit(1);
}

static void refuse(const char *what)
{
    struct err err;
    measure_must(err_errno(&err, E_DISK_READ, errno, "%s", what), &err);
}

void measure_pin(void)
{
    cpu_set_t set;
    int core = sched_getcpu();
    CPU_ZERO(&set);
    CPU_SET((size_t)(core < 0 ? 0 : core), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        refuse("one core");
}

double measure_cpu_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double measure_since_s(int64_t start_ns)
{
    return 1e-9 * (double)(clock_now_ns() - start_ns);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

struct measured measure_child(const char *const arguments[])
{
    struct rusage usage;
    int status;
    pid_t child;

    union {
        const char *const *given;
        char *const *taken; /* posix_spawn changes nothing in it */
    } words = {.given = arguments};

    int64_t start_ns = clock_now_ns();
    errno = posix_spawnp(&child, arguments[0], NULL, NULL, words.taken, environ);
    if (errno != 0)
        refuse(arguments[0]);
    if (wait4(child, &status, 0, &usage) != child)
        refuse("wait");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        (void)fprintf(stderr, "bench: %s failed\n", arguments[0]);
        exit(1);
    }
    return (struct measured){.cpu_s =
                                 seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
                             .wall_s = measure_since_s(start_ns),
                             .peak_bytes = (uint64_t)usage.ru_maxrss * 1024};
}

struct measured measure_read(const char *path)
{
    uint8_t *buffer = mem_new(1, READ_BYTES);
    int64_t start_ns = clock_now_ns();
    double start = measure_cpu_s();
    ssize_t got = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (got = read(fd, buffer, READ_BYTES)) > 0)
        ;
    if (got < 0)
        refuse(path);
    (void)close(fd);
    struct measured measured = {.cpu_s = measure_cpu_s() - start,
                                .wall_s = measure_since_s(start_ns)};
    free(buffer);
    return measured;
}

double measure_flushes(const char *folder)
{
    static uint8_t block[1 << 20];
    char path[4200];
    struct err err = {0};
    int fd;
    (void)snprintf(path, sizeof path, "%s/yardstick", folder);
    (void)unlink(path);
    measure_must(disk_create(path, &fd, &err), &err);
    for (size_t done = 0; done < FLUSH_FILE; done += sizeof block)
        measure_must(disk_write(fd, path, block, sizeof block, &err), &err);
    measure_must(disk_sync(fd, path, &err), &err);
    int64_t start_ns = clock_now_ns();
    for (int i = 0; i < FLUSHES; i++) {
        off_t place = (off_t)i * FLUSH_BYTES;
        block[0]++;
        if (pwrite(fd, block, FLUSH_BYTES, place) != FLUSH_BYTES || fdatasync(fd) != 0)
            refuse(path);
    }
    double rate = FLUSHES / measure_since_s(start_ns);
    (void)close(fd);
    (void)unlink(path);
    return rate;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

void measure_remove(const char *path)
{
    if (nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        refuse(path);
}

void pairs_add(struct pairs *pairs, double ours, double yardstick)
{
    bug_if(pairs->count == MEASURE_PAIRS);
    pairs->ours[pairs->count] = ours;
    pairs->yardstick[pairs->count++] = yardstick;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double median(const double *values, uint32_t count)
{
    double sorted[MEASURE_PAIRS];
    bug_if(count == 0 || count > MEASURE_PAIRS);
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return count % 2 != 0 ? sorted[count / 2]
                          : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

void pairs_print(const struct pairs *pairs, const char *stage, const char *unit)
{
    double ratio[MEASURE_PAIRS];
    for (uint32_t i = 0; i < pairs->count; i++)
        ratio[i] = pairs->ours[i] / pairs->yardstick[i];
    (void)printf("%s %.5g%s %.5g%s %.3g\n", stage, median(pairs->ours, pairs->count),
                 unit, median(pairs->yardstick, pairs->count), unit,
                 median(ratio, pairs->count));
}
