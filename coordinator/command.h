/* command.h - what all commands share: their table row, options, errors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Long options only. A command gets argv[0] = its own word; it parses its options, opens
 * the area if it needs one, and gives its exit status: 0 or err_exit_status().
 */
#ifndef SPILLWAY_COORDINATOR_COMMAND_H
#define SPILLWAY_COORDINATOR_COMMAND_H

#include "coordinator/area.h"

struct command {
    const char *name;
    const char *help;  /* one line for the list of commands */
    const char *usage; /* whole text of --help, NULL: the command prints its own */
    int (*run)(struct area *area, int argc, char **argv);
};

/* Exactly one target is set. `flag` takes no value, all others do (--name VALUE or
 * --name=VALUE); `text` is borrowed from argv. */
struct command_option {
    const char *name; /* without the dashes */
    bool *flag;
    const char **text;
    uint64_t *number;
    double *real;
};

/* Takes the options out of argv; what is left is argv[0], the command, and its words,
 * argv[1] .. argv[*argc - 1]. "--" ends the options. */
bool command_options(const struct command_option *options, size_t count, int *argc,
                     char **argv, struct err *err);

/* E_USAGE unless between `least` and `most` words are left; `what` names them. */
bool command_words(int argc, int least, int most, const char *what, struct err *err);

/* E_USAGE when `patience_s`, seconds of --patience, is more than a day. */
bool command_patience(uint64_t patience_s, struct err *err);

/* Writes a finished text and, when it lacks one, a line end to standard output; 0, or the
 * status of the error. */
int command_print(const struct bytes *out);

/* Prints "spillway: error E_NAME: text" and the advice to stderr, for usage errors one
 * line; gives the exit status. */
int command_error(const struct err *err);

#endif
