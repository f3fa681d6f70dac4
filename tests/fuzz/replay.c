/* replay.c - runs a fuzz target over the files of its corpus, without libFuzzer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>

#include "base/disk.h"

#define REPLAY_LIMIT ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay_file(const char *path, struct err *err)
{
    struct bytes input;
    bytes_init(&input, REPLAY_LIMIT);
    bool done = disk_read_file(path, &input, err);
    if (done)
        (void)LLVMFuzzerTestOneInput(input.data, input.size);
    bytes_release(&input);
    return done;
}

static bool replay_folder(const char *folder, size_t *count, struct err *err)
{
    DIR *directory = opendir(folder);
    if (!directory)
        return err_set(err, E_DISK_OPEN, "%s: no such folder", folder);
    bool done = true;
    for (struct dirent *entry = readdir(directory); done && entry;
         entry = readdir(directory)) {
        char path[PATH_MAX];
        if (entry->d_name[0] == '.')
            continue;
        int written = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        bug_if(written < 0 || (size_t)written >= sizeof path);
        done = replay_file(path, err);
        *count += 1;
    }
    closedir(directory);
    return done;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    struct err err = {0};
    for (int i = 1; i < argc; i++) {
        if (!replay_folder(argv[i], &count, &err)) {
            (void)fprintf(stderr, "%s\n", err.text);
            return err_exit_status((enum err_code)err.code);
        }
    }
    printf("%zu inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
