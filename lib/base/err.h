/* err.h - what went wrong, where, and who has to act.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function that can fail returns bool and takes `struct err *err` last, never
 * NULL. true: done and *err untouched. false: *err filled, out-parameters untouched.
 * A code stands for one cause; its kind says who has to act and sets the exit status.
 * All codes are in err_codes.h.
 */
#ifndef SPILLWAY_BASE_ERR_H
#define SPILLWAY_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "base/err_codes.h"

/* Who has to act. The order is stored in attempt records: append only. */
enum err_kind {
    ERR_NONE,
    ERR_USAGE,      /* the caller of the command: arguments, campaign file */
    ERR_INPUT,      /* the data: a raw file, a stored file */
    ERR_CONDITIONS, /* whoever keeps the conditions: tag, payload, service */
    ERR_PAYLOAD,    /* the reconstruction: crash, time limit */
    ERR_RESOURCE,   /* memory or a declared limit */
    ERR_NODE,       /* this machine */
    ERR_STORAGE,    /* disk or storage service */
    ERR_PROTOCOL,   /* a peer: wrong version, token or message */
    ERR_DECISION    /* a manager: a gate; never the cause of a failed attempt */
};

#define ERR_CODE_ENUM(name, number, kind, text) name = number,

enum err_code { ERR_CODES(ERR_CODE_ENUM) E_CODE_LIMIT = 65535 };

struct err {
    uint16_t code;
    uint16_t kind;
    char text[508];
};

/* Fills *err and returns false, so that a failing branch is one line. The text is one
 * line too: control characters in it become '?'. */
bool err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of the given errno value at the end. */
bool err_errno(struct err *err, enum err_code code, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Puts "context: " in front of the text and returns false. */
bool err_wrap(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __clang_analyzer__ /* what it cannot see from here: these three return false */
#    define err_set(...)   ((void)err_set(__VA_ARGS__), false)
#    define err_errno(...) ((void)err_errno(__VA_ARGS__), false)
#    define err_wrap(...)  ((void)err_wrap(__VA_ARGS__), false)
#endif

/* Exit status of a program that ends because of this code: usage 2, input 10,
 * conditions 11, payload 12, resource 13, node 14, storage 15, protocol 16, decision 17.
 */
int err_exit_status(enum err_code code);

/* Name ("E_DATE_MAGIC"), kind and one sentence of advice. Static strings. */
const char *err_name(enum err_code code);
enum err_kind err_kind_of(enum err_code code);
const char *err_advice(enum err_code code);
const char *err_kind_name(enum err_kind kind);

/* An expected outcome is not an error. */
enum lookup { LOOKUP_FOUND, LOOKUP_ABSENT, LOOKUP_FAILED };

/* Our own mistakes: prints the place and aborts, in every build. */
noreturn void bug_at(const char *file, int line, const char *what);
#define bug_if(condition) ((condition) ? bug_at(__FILE__, __LINE__, #condition) : (void)0)
#define unreachable()     bug_at(__FILE__, __LINE__, "unreachable")

#endif
