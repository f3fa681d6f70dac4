/* pack_format.h - sizes and marks that writer and reader of packs share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The layout is described in output/pack.h.
 */
#ifndef SPILLWAY_OUTPUT_PACK_FORMAT_H
#define SPILLWAY_OUTPUT_PACK_FORMAT_H

#include "output/pack.h"

#define PACK_VERSION    1u
#define PACK_HEAD_MAGIC "SPWYPACK"
#define PACK_FOOT_MAGIC "SPWYFOOT"
#define PACK_TAIL_MAGIC "SPWYTAIL"
#define PACK_FOOT       56u /* magic, two sizes, length, hash */
#define PACK_INDEX_ROW  24u
#define PACK_TAIL       56u /* magic, records, place of the index, hash */

void pack_head_store(uint8_t head[PACK_HEAD]);
bool pack_meta_text(const struct pack_item *item, struct bytes *out, struct err *err);

#endif
