/* replay.c - runs a fuzz target over the files of its corpus, without a fuzzer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arguments are files and folders. A folder that is absent or empty is an error, for a
 * target without corpus tests nothing.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/disk.h"

#define REPLAY_LIMIT ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay_file(const char *path)
{
    struct bytes input;
    struct err err;
    bytes_init(&input, REPLAY_LIMIT);
    bool done = disk_read_file(path, &input, &err);
    if (!done)
        (void)fprintf(stderr, "%s\n", err.text);
    else {
        /* An own block of exactly this size, so that a read behind it is seen. */
        uint8_t *exact = malloc(input.size == 0 ? 1 : input.size);
        if (exact == NULL)
            abort();
        if (input.size > 0)
            memcpy(exact, input.data, input.size);
        (void)LLVMFuzzerTestOneInput(exact, input.size);
        free(exact);
    }
    bytes_release(&input);
    return done;
}

static size_t replay_folder(const char *folder, bool *good)
{
    struct dirent **names;
    size_t done = 0;
    int count = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat status;
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
            *good = replay_file(path) && *good;
            done++;
        }
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    return done;
}

int main(int count, char **arguments)
{
    bool good = true;
    size_t done = 0;
    for (int i = 1; i < count; i++) {
        struct stat status;
        if (stat(arguments[i], &status) == 0 && S_ISDIR(status.st_mode))
            done += replay_folder(arguments[i], &good);
        else {
            good = replay_file(arguments[i]) && good;
            done++;
        }
    }
    (void)printf("%zu inputs replayed\n", done);
    return good && done > 0 ? 0 : 1;
}
