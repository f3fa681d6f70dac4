/* payload_list.h - the payload types of this release, for people and scripts.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_PAYLOAD_LIST_H
#define SPILLWAY_COORDINATOR_PAYLOAD_LIST_H

#include "base/bytes.h"

/* Each type with its step, schema, header fields, columns, units and limits, and the
 * payloads that belong together. */
bool payload_list_text(struct bytes *out, struct err *err);
bool payload_list_json(struct bytes *out, struct err *err);

#endif
