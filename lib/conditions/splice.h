/* splice.h - a row more in a tag, such that its intervals stay disjoint.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An earlier interval that reaches into the new one ends where that starts, and goes on
 * behind it. One that starts inside is refused, or with `replace` begins where the new
 * one ends; when nothing of it is left it goes. So nothing is lost that was not named.
 */
#ifndef SPILLWAY_CONDITIONS_SPLICE_H
#define SPILLWAY_CONDITIONS_SPLICE_H

#include "conditions/tag.h"

enum splice { SPLICE_SAME, SPLICE_ADDED, SPLICE_CHANGED, SPLICE_REFUSED };

/* Rows of `tag` are as tag_check leaves them; its array is replaced by one in `arena`.
 * The texts of `row` are borrowed. The same row again is SPLICE_SAME. E_TAG_ROW. */
enum splice splice_row(struct tag *tag, const struct tag_row *row, bool replace,
                       struct arena *arena, struct err *err);

#endif
