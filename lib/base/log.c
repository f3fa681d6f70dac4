/* log.c - one line, one event.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Longer lines are cut: 2 kB holds an error text of 508 bytes and a dozen ids. */
#define LOG_LINE 2048

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    if (level > log->level)
        return;
    char line[LOG_LINE];
    struct timespec now;
    struct tm parts;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || gmtime_r(&now.tv_sec, &parts) == NULL)
        return;
    size_t used = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &parts);
    int head = snprintf(line + used, sizeof line - used, ".%03ldZ %s %s ",
                        now.tv_nsec / 1000000, names[level], log->room);
    used += (size_t)head;
    va_list arguments;
    va_start(arguments, format);
    int body = vsnprintf(line + used, sizeof line - used - 1, format, arguments);
    va_end(arguments);
    if (body < 0)
        return;
    size_t room = sizeof line - used - 2;
    size_t end = used + ((size_t)body < room ? (size_t)body : room);
    for (size_t i = used; i < end; i++)
        if (line[i] == '\n' || line[i] == '\r')
            line[i] = ' ';
    line[end] = '\n';
    if (write(log->fd, line, end + 1) != (ssize_t)(end + 1))
        log->dropped++;
}
