/* conditions_token.h - who may change a conditions store.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file of lines "NAME SECRET", mode 0600; lines that start with '#' are skipped. The
 * name goes into the log of every change. Secrets are kept as their sha256 only.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_TOKEN_H
#define SPILLWAY_COORDINATOR_CONDITIONS_TOKEN_H

#include "base/err.h"

#define TOKEN_SECRET 16   /* characters at least */
#define TOKEN_LINE   1024 /* characters of a line at most */

struct token_list;

/* Reads the file; with `make` one that is not there is made, with the name "admin" and a
 * random secret. A file that others may read is refused. */
bool token_list_open(const char *path, bool make, struct token_list **list,
                     struct err *err);
void token_list_free(struct token_list *list);

/* The name that goes with a secret, NULL for none. Takes as long for a wrong one. */
const char *token_list_who(const struct token_list *list, const char *secret);

/* For a client: the secret of the first line, which may also stand there alone. */
bool token_read_secret(const char *path, char secret[TOKEN_LINE], struct err *err);

#endif
