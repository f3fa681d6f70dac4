/* err.c - filling, wrapping and looking up errors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef err_set /* err.h wraps them for the static analyser */
#undef err_errno
#undef err_wrap

struct err_row {
    const char *name;
    enum err_kind kind;
    const char *advice;
};

static struct err_row err_find(enum err_code code)
{
#define ERR_CODE_CASE(name, number, kind, advice)                                        \
    case name:                                                                           \
        return (struct err_row){#name, kind, advice};
    switch (code) {
        ERR_CODES(ERR_CODE_CASE)
    case E_CODE_LIMIT:
        break;
    }
    return (struct err_row){"E_UNKNOWN", ERR_NODE, "This code is from another version."};
}

/* Names from files and arguments may hold anything: a message stays one line, and no
 * terminal obeys it. */
static void one_line(struct err *err)
{
    for (char *c = err->text; *c != 0; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
}

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
    err->code = (uint16_t)code;
    err->kind = (uint16_t)err_find(code).kind;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    one_line(err);
    return false;
}

bool err_errno(struct err *err, enum err_code code, int number, const char *format, ...)
{
    err->code = (uint16_t)code;
    err->kind = (uint16_t)err_find(code).kind;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    char buffer[128];
    const char *reason = strerror_r(number, buffer, sizeof buffer);
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", reason);
    one_line(err);
    return false;
}

bool err_wrap(struct err *err, const char *format, ...)
{
    char inner[sizeof err->text];
    memcpy(inner, err->text, sizeof inner);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", inner);
    one_line(err);
    return false;
}

int err_exit_status(enum err_code code)
{
    switch (err_find(code).kind) {
    case ERR_NONE:
        return 0;
    case ERR_USAGE:
        return 2;
    case ERR_INPUT:
        return 10;
    case ERR_CONDITIONS:
        return 11;
    case ERR_PAYLOAD:
        return 12;
    case ERR_RESOURCE:
        return 13;
    case ERR_NODE:
        return 14;
    case ERR_STORAGE:
        return 15;
    case ERR_PROTOCOL:
        return 16;
    case ERR_DECISION:
        return 17;
    }
    return 14;
}

const char *err_name(enum err_code code)
{
    return err_find(code).name;
}

enum err_kind err_kind_of(enum err_code code)
{
    return err_find(code).kind;
}

const char *err_advice(enum err_code code)
{
    return err_find(code).advice;
}

const char *err_kind_name(enum err_kind kind)
{
    static const char *const names[] = {"none",     "usage",    "input", "conditions",
                                        "payload",  "resource", "node",  "storage",
                                        "protocol", "decision"};
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

noreturn void bug_at(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "%s:%d: this is a mistake in spillway: %s\n", file, line, what);
    abort();
}
