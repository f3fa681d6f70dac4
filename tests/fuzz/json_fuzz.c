/* json_fuzz.c - whatever bytes arrive: parsed or refused, and every value can be asked.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/json.h"

/* Depth is at most 32 by the promise of json_parse, which this checks as well.
 * NOLINTNEXTLINE(misc-no-recursion) */
static void visit(const struct json *value, unsigned depth)
{
    int64_t number;
    double real;
    bool truth;
    const char *text;
    bug_if(depth > 32);
    (void)json_i64(value, &number);
    (void)json_real(value, &real);
    (void)json_bool(value, &truth);
    (void)json_text(value, &text);
    for (size_t i = 0; i < json_count(value) && i < 100; i++) {
        if (json_is_array(value))
            visit(json_at(value, i), depth + 1);
        else
            visit(json_get(value, json_key(value, i)), depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *document = NULL;
    struct err err = {0};
    if (json_parse(data, size, "fuzz", &document, &err)) {
        visit(document, 0);
        json_free(document);
    } else {
        bug_if(err.code != E_JSON);
    }
    return 0;
}
