/* last_words.c - the last error line of a log.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/last_words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/disk.h"

/* Enough for the end of a log: an error ends a program. */
#define TAIL_BYTES ((size_t)65536)

#define NAME_ROW(name, number, kind, advice) {#name, name},

static const struct {
    const char *name;
    enum err_code code;
} codes[] = {ERR_CODES(NAME_ROW)};

/* The code whose name `text` begins with, up to `end`; E_NONE when there is none. */
static enum err_code code_named(const char *text, char end)
{
    size_t length = strcspn(text, ": \n");
    if (text[length] != end)
        return E_NONE;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strlen(codes[i].name) == length && memcmp(text, codes[i].name, length) == 0)
            return codes[i].code;
    return E_NONE;
}

static bool line_take(const char *line, struct err *words)
{
    const char *text = strstr(line, ": error E_");
    const char *start = text;
    enum err_code code = E_NONE;
    char stop = '\n';
    if (text != NULL) {
        code = code_named(text + strlen(": error "), ':');
        start = strstr(text + strlen(": error "), ": ");
        start = start == NULL ? text : start + strlen(": ");
    } else if ((text = strstr(line, " end=E_")) != NULL) {
        code = code_named(text + strlen(" end="), ' ');
        start = strstr(text, " text=\"");
        start = start == NULL ? text : start + strlen(" text=\"");
        stop = '"';
    }
    if (code == E_NONE)
        return false;
    const char *end = strchr(start, stop);
    return !err_set(words, code, "%.*s",
                    end == NULL ? (int)strlen(start) : (int)(end - start), start);
}

/* Cuts the text into lines and keeps the last error. */
static bool lines_take(char *text, struct err *words)
{
    bool found = false;
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = 0;
        found = line_take(line, words) || found;
        line = end == NULL ? NULL : end + 1;
    }
    return found;
}

bool last_words(const char *log, uint64_t from, struct err *words)
{
    struct err ignored;
    uint64_t size;
    int fd;
    bool found = false;
    if (!disk_open_read(log, &fd, &size, &ignored))
        return false;
    if (size > from + TAIL_BYTES)
        from = size - TAIL_BYTES;
    if (size > from) {
        size_t length = (size_t)(size - from);
        char *text = mem_new(length + 1, 1);
        found = disk_read_at(fd, log, from, text, length, &ignored) &&
                lines_take(text, words);
        free(text);
    }
    (void)close(fd);
    return found;
}
