/* last_words.h - why a program ended, from what it wrote into its log.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_LAST_WORDS_H
#define SPILLWAY_COORDINATOR_LAST_WORDS_H

#include "base/err.h"

/* The last error behind byte `from` of the log, in one of the two forms in which our
 * programs end: "...: error E_NAME: text", or "... end=E_NAME text="..."" of a pilot.
 * false when there is none (the log may be on a full disk); *words is untouched then. */
bool last_words(const char *log, uint64_t from, struct err *words);

#endif
