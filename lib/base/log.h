/* log.h - one line, one event: "time level room key=value ...".
 * SPDX-License-Identifier: Apache-2.0
 *
 * Libraries return errors; only programs log. Levels: error (a person must act), warn,
 * info (changes of state), debug. Writing never blocks a decision: a line that does not
 * go out in one write is dropped and counted.
 */
#ifndef SPILLWAY_BASE_LOG_H
#define SPILLWAY_BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log {
    int fd; /* borrowed */
    enum log_level level;
    const char *room; /* "serve", "lead", ... */
    uint64_t dropped;
};

/* `format` gives the "key=value ..." part; line ends are replaced by spaces. */
void log_write(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
