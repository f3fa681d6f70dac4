/* raw_file.h - the events of one raw file, in order, with their offsets.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The structure walker reads the file first and says what is in it; then the events come
 * segment by segment from a map of the file, so memory stays flat however large it is.
 */
#ifndef SPILLWAY_COORDINATOR_RAW_FILE_H
#define SPILLWAY_COORDINATOR_RAW_FILE_H

#include "raw/once.h"
#include "raw/walk.h"

struct raw_file {
    const char *path; /* borrowed */
    const uint8_t *data;
    uint64_t size; /* when it was opened; what is appended later does not count */
    struct walk_result walk;
    size_t segment;  /* of the event that comes next */
    bool open;       /* `reader` is inside that segment */
    uint64_t behind; /* bytes whose pages were let go */
    struct date_reader reader;
    struct once once;
};

/* The run is that of the first event, whatever the file's name says. Errors as of
 * walk_fd. A file that gets shorter while it is open ends the process with a message. */
bool raw_file_open(struct raw_file *file, const char *path, struct err *err);
void raw_file_close(struct raw_file *file);

/* The first event comes next again. */
void raw_file_rewind(struct raw_file *file);

/* FOUND: *event is the next good event, *offset its place in the file. ABSENT: the end.
 * Never FAILED: damage is in file->walk. */
enum lookup raw_file_next(struct raw_file *file, struct date_event *event,
                          uint64_t *offset);

#endif
