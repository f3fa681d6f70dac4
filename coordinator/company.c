/* company.c - pilots by number.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/company.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

static uint32_t place_of(const struct company *company, uint64_t pilot)
{
    uint32_t low = 0;
    uint32_t high = company->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (company->list[middle].pilot < pilot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void company_release(struct company *company)
{
    free(company->list);
    *company = (struct company){.count = 0};
}

void company_add(struct company *company, uint64_t pilot, const struct hello *hello)
{
    uint32_t place = place_of(company, pilot);
    if (company->count == company->capacity) {
        company->capacity = company->capacity == 0 ? 64 : 2 * company->capacity;
        company->list = mem_grow(company->list, company->capacity, sizeof *company->list);
    }
    memmove(&company->list[place + 1], &company->list[place],
            (company->count - place) * sizeof *company->list);
    company->count++;
    company->list[place] =
        (struct company_member){.pilot = pilot, .release = hello->release};
    (void)snprintf(company->list[place].host, sizeof company->list[place].host, "%s",
                   hello->host);
}

const struct company_member *company_find(const struct company *company, uint64_t pilot)
{
    uint32_t place = place_of(company, pilot);
    bool known = place < company->count && company->list[place].pilot == pilot;
    return known ? &company->list[place] : NULL;
}
