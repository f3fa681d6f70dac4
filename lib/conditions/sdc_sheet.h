/* sdc_sheet.h - one piece of an SDC overlay -> a sheet of a payload type.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_CONDITIONS_SDC_SHEET_H
#define SPILLWAY_CONDITIONS_SDC_SHEET_H

#include "conditions/sdc.h"
#include "conditions/sheet.h"

#define SDC_TERMS 24

/* Both lists are "A=B,C=D". `columns` says that the SDC column A is column B of the type;
 * B may be several columns with '-', '.', ':' or '/' between them ("label=detector-x-y"):
 * words are split there. Without it names are the same. `constants` are columns of the
 * type that are the same in all rows, or lines of the header. */
struct sdc_terms {
    const struct payload_type *type;
    size_t column_count, constant_count;
    char *columns[SDC_TERMS][2], *constants[SDC_TERMS][2];
    struct arena arena;
};

/* NULL for an empty list. E_SHEET. */
bool sdc_terms_read(struct sdc_terms *terms, const struct payload_type *type,
                    const char *columns, const char *constants, struct err *err);
void sdc_terms_release(struct sdc_terms *terms);

/* SDC columns that give keys of the type; pointers are those of the terms. */
size_t sdc_terms_keys(const struct sdc_terms *terms, const char *keys[PAYLOAD_COLUMNS]);

/* A new sheet, ended, with a note for each block; the caller frees it. E_SHEET, E_SDC
 * with path and line. */
bool sdc_sheet(const struct sdc_terms *terms, const struct sdc_piece *piece,
               struct sheet **sheet, struct err *err);

#endif
