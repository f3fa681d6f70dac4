/* company.h - which pilots said hello in this life of the coordinator, and from where.
 * SPDX-License-Identifier: Apache-2.0
 *
 * 112 bytes a pilot, kept until the end: one that was forgotten may still report.
 */
#ifndef SPILLWAY_COORDINATOR_COMPANY_H
#define SPILLWAY_COORDINATOR_COMPANY_H

#include "model/message.h"

struct company_member {
    uint64_t pilot;
    struct sha256 release;
    char host[sizeof((struct hello *)0)->host];
};

/* Zeroed: empty. */
struct company {
    struct company_member *list; /* by pilot */
    uint32_t count, capacity;
};

void company_release(struct company *company);
void company_add(struct company *company, uint64_t pilot, const struct hello *hello);

/* NULL for a pilot that is not known. Borrowed until the next company_add. */
const struct company_member *company_find(const struct company *company, uint64_t pilot);

#endif
