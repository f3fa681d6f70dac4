/* sheet.h - a payload written by hand, its columns by name -> the canonical text.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Readers of CSV, YAML and SDC give lines, names and words; the sheet knows the type. It
 * takes columns in any order, wants all of them, checks units and limits, and names file
 * and line of what is wrong. Rows over spills above SHEET_ROWS are cut between runs, so
 * that a year of LED amplitudes becomes several payloads.
 */
#ifndef SPILLWAY_CONDITIONS_SHEET_H
#define SPILLWAY_CONDITIONS_SHEET_H

#include "conditions/payload.h"
#include "conditions/validity.h"

#define SHEET_ROWS   ((size_t)1 << 20) /* in one payload over spills, if its runs allow */
#define SHEET_MEMORY ((size_t)2 << 30) /* 2^25 rows of 8 columns */

struct sheet;

/* `path` is for messages; borrowed. */
void sheet_new(const char *path, struct sheet **sheet);
void sheet_free(struct sheet *sheet);

/* The lines that follow are of another file. Line 0 is not said in messages. */
void sheet_at(struct sheet *sheet, const char *path);

/* A line of the header: type (first), schema, source, synthetic, runs, time "FROM UNTIL",
 * note (again and again), or a field of the type. E_SHEET. */
bool sheet_set(struct sheet *sheet, size_t line, const char *name, const char *value,
               struct err *err);

/* "NAME" or "NAME [UNIT]"; ends the header. */
bool sheet_columns(struct sheet *sheet, size_t line, const char *const *names,
                   size_t count, struct err *err);
bool sheet_row(struct sheet *sheet, size_t line, const char *const *words, size_t count,
               struct err *err);

/* No more rows. */
bool sheet_end(struct sheet *sheet, struct err *err);

/* E_SHEET with path and line, for readers. */
bool sheet_fail(const struct sheet *sheet, size_t line, const char *what,
                struct err *err);

/* How many columns the type has in the schema that the header says. */
size_t sheet_width(const struct sheet *sheet);

const struct payload_type *sheet_type(const struct sheet *sheet);
const struct validity *sheet_validity(const struct sheet *sheet);

/* After sheet_end: the payloads, one after the other. LOOKUP_ABSENT behind the last.
 * `part` is where it is valid inside of the validity of the sheet: all of it, or the runs
 * of this piece. */
enum lookup sheet_next(struct sheet *sheet, struct bytes *text, struct interval *part,
                       struct err *err);

#endif
