/* export_text.h - events as CSV or JSON on standard output.
 * SPDX-License-Identifier: Apache-2.0
 *
 * CSV: a head line, a line an event; a cell of an array is a field of its own,
 * "ECAL_ene[0][5][5]", the elements of a list stand in one field with blanks between.
 * JSON: an array with a line an event, arrays in arrays as the shape says; numbers that
 * JSON has no form for are null.
 */
#ifndef SPILLWAY_COORDINATOR_EXPORT_TEXT_H
#define SPILLWAY_COORDINATOR_EXPORT_TEXT_H

#include "coordinator/event_file.h"

/* Wanted columns and entries of an open file, in the order of the file. */
bool export_csv(struct event_file *file, struct err *err);
bool export_json(struct event_file *file, struct err *err);

#endif
