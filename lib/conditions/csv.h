/* csv.h - payloads as comma separated tables, as spreadsheets write and read them.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     #: type calo_gain
 *     #: source ours
 *     #: runs 3500-3599
 *     #: led_reference led2018a
 *     # measured with electrons
 *     detector,x,y,gain_gev_per_count [GeV/count],error_gev_per_count
 *     ECAL0,0,0,0.0123,0
 *
 * Lines "#: NAME VALUE" are the header (sheet_set), other lines with "#" in front of the
 * columns are notes that stay with the payload, behind them comments. Fields may be
 * quoted and have spaces around them; lines end in LF or CR LF; a byte order mark is
 * passed over.
 */
#ifndef SPILLWAY_CONDITIONS_CSV_H
#define SPILLWAY_CONDITIONS_CSV_H

#include "conditions/sheet.h"

/* Reads all of it into a new sheet, and ends that. `text` is cut up. E_SHEET with the
 * path of the sheet and the line. */
bool csv_read(char *text, size_t size, struct sheet *sheet, struct err *err);

/* A table as payload_read gave it, such that csv_read and the sheet make the same payload
 * of it. `notes` are whole lines with "# " in front; `interval` NULL: not said. */
bool csv_write(const struct payload_type *type, const struct table *table,
               const struct bytes *notes, const struct interval *interval,
               struct bytes *out, struct err *err);

#endif
