/* columns_format.h - sizes and marks that writer and reader of columns share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The layout is described in output/columns.h.
 */
#ifndef SPILLWAY_OUTPUT_COLUMNS_FORMAT_H
#define SPILLWAY_OUTPUT_COLUMNS_FORMAT_H

#include "output/columns.h"

#define COLUMNS_MAGIC   "SPWYCOL3"
#define COLUMNS_TAIL    104u
#define COLUMNS_SCHEMA  32u /* places in the tail */
#define COLUMNS_KEY     64u
#define COLUMNS_SUM     96u
#define COLUMNS_ROW     12u /* of a page in the table */
#define COLUMNS_CLUSTER (4u + COLUMNS_ROW * RECO_COLUMN_COUNT)

void columns_page_init(struct columns_page *page);
void columns_page_release(struct columns_page *page);

/* Bytes of a page before it is compressed. */
size_t columns_content(int column, uint32_t rows);

#endif
