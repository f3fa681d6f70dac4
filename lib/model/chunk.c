/* chunk.c - raw file names and their order.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/chunk.h"

#include <stdio.h>
#include <string.h>

int chunk_id_compare(const struct chunk_id *a, const struct chunk_id *b)
{
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    if (a->builder != b->builder)
        return a->builder < b->builder ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return 0;
}

bool chunk_id_step(struct chunk_id *id)
{
    if (id->number < UINT16_MAX) {
        id->number++;
        return true;
    }
    id->number = 0;
    return id->builder++ < UINT16_MAX;
}

void chunk_name(const struct chunk_id *id, char out[CHUNK_NAME])
{
    (void)snprintf(out, CHUNK_NAME, "cdr%02u%03u-%06u.dat", id->builder % 100u,
                   id->number % 1000u, id->run % 10000000u);
}

static bool digits_read(const char *text, size_t count, uint32_t *value)
{
    uint32_t result = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        result = result * 10 + (uint32_t)(text[i] - '0');
    }
    *value = result;
    return true;
}

bool chunk_name_parse(const char *path, struct chunk_id *id)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    uint32_t builder;
    uint32_t number;
    uint32_t run;
    if (strlen(name) != 19 || strncmp(name, "cdr", 3) != 0 || name[8] != '-' ||
        strcmp(name + 15, ".dat") != 0 || !digits_read(name + 3, 2, &builder) ||
        !digits_read(name + 5, 3, &number) || !digits_read(name + 9, 6, &run))
        return false;
    *id = (struct chunk_id){
        .run = run, .builder = (uint16_t)builder, .number = (uint16_t)number};
    return true;
}
