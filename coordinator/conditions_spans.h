/* conditions_spans.h - what attaching an interval does to the others of a list.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Always true: spans are sorted and never overlap, and where nothing new was attached
 * they say what they said before.
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_SPANS_H
#define SPILLWAY_COORDINATOR_CONDITIONS_SPANS_H

#include "conditions/interval.h"

/* A piece of the axis and the number of what is valid there. What a new interval cut in
 * two is there twice: the later piece is a copy, to become a row of its own. */
struct span {
    struct interval interval;
    size_t content;
    bool copy;
};

/* Starts zeroed. */
struct spans {
    size_t count;
    size_t capacity;
    struct span *items;
};

void spans_release(struct spans *spans);

/* Appends; the interval must begin where the last one ended or later. */
void spans_add(struct spans *spans, struct interval interval, size_t content);

/* Attaches an interval that is not empty; gives what it became. An open end means "until
 * the next one": the interval ends where the next one starts, unless `replace` says that
 * all that follows goes. Spans inside of it go, those that reach into it are cut. */
struct interval spans_attach(struct spans *spans, struct interval interval,
                             size_t content, bool replace);

/* Whether the interval comes after everything, so that nothing before it changes: the
 * last span may be cut only if it is open. */
bool spans_is_append(const struct spans *spans, struct interval interval);

#endif
