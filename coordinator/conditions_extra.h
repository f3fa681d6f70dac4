/* conditions_extra.h - what the service says beyond the HSF API, under x/.
 * SPDX-License-Identifier: Apache-2.0
 *
 * x/                      {"service", "mode": "store" or "folder"}
 * x/head/<tag>            {"tag", "status", "sequence", "snapshot": "sha256:..." or null,
 *                         "missing": rows whose bytes are not known}
 * x/snapshot/<sha256>     the manifest (conditions/manifest.h) of that state of the tag
 * x/blob/<sha256>         bytes; Range is allowed
 * x/range?tag=&from=&to=  rows, as arrays of nine, that touch runs from .. to
 * x/diff?a=&b=[&run=[&spill=]]   where two tags say something else
 * x/uses/<sha256 or MD5>  rows that have this payload, in which tags
 * x/log?since=&limit=     entries of the log behind number `since` (0), at most 1000
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_EXTRA_H
#define SPILLWAY_COORDINATOR_CONDITIONS_EXTRA_H

#include "coordinator/conditions_answer.h"
#include "coordinator/conditions_library.h"

/* The states of tags whose manifest was made. Any thread. */
struct extra_heads;

struct extra_heads *extra_heads_new(void);
void extra_heads_free(struct extra_heads *heads);

/* With an index that stands still. */
void extra_range(struct answer *answer, const struct index *index);
void extra_diff(struct answer *answer, const struct index *index);
void extra_uses(struct answer *answer, const struct index *index);

/* These read the library themselves. */
void extra_about(struct answer *answer, struct library *library);
void extra_head(struct answer *answer, struct library *library,
                struct extra_heads *heads);
void extra_snapshot(struct answer *answer, struct library *library);
void extra_blob(struct answer *answer, struct library *library);
void extra_log(struct answer *answer, struct library *library);

/* /payloads/<payload_url>: the file of a folder, or the bytes that rows with this URL
 * name. */
void extra_payload(struct answer *answer, struct library *library);

#endif
