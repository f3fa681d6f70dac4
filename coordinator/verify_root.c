/* verify_root.c - a ROOT file by itself: is every byte what it must be?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/verify_root.h"

#include <inttypes.h>
#include <stdio.h>

#include "output/root_check.h"
#include "output/root_read.h"

#define LINES ((size_t)64 << 10) /* a hundred faults of some 400 characters */

bool verify_is_root(const char *path)
{
    const char *dot = strrchr(path, '.');
    return (dot != NULL && strcmp(dot, ".root") == 0) || root_read_is_root(path);
}

static void faults_print(const char *path, const struct bytes *lines)
{
    const char *line = (const char *)lines->data;
    const char *end = line + lines->size;
    while (line < end) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        (void)printf("%s: %.*s\n", path, (int)(next - line), line);
        line = next + 1;
    }
}

static void totals_print(const char *path, const struct root_check *check)
{
    (void)printf("%s: %" PRIu64 " bytes, %" PRIu64 " keys, %" PRIu64
                 " directories, %" PRIu64 " histograms; %" PRIu64 " entries in %" PRIu64
                 " clusters, %" PRIu64 " pages; %" PRIu64 " faults\n",
                 path, check->bytes, check->keys, check->directories, check->histograms,
                 check->entries, check->clusters, check->pages, check->faults);
    if (!check->digest && check->faults == 0)
        (void)printf("%s: without a digest record, so texts, histograms and heads of "
                     "keys are under no checksum\n",
                     path);
}

bool verify_root(const char *path, bool totals, struct err *err)
{
    struct root_check check;
    struct bytes lines;
    bytes_init(&lines, LINES);
    bool done = root_check_file(path, &check, &lines, err);
    if (done) {
        faults_print(path, &lines);
        if (totals)
            totals_print(path, &check);
        if (check.faults > ROOT_CHECK_LINES)
            (void)printf("%s: only the first %u faults are told\n", path,
                         ROOT_CHECK_LINES);
        if (check.faults > 0)
            done = err_set(err, E_VERIFY, "%s: %" PRIu64 " faults, listed above", path,
                           check.faults);
    }
    bytes_release(&lines);
    return done;
}
