/* config_value.c - numbers and words of a YAML file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/config_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool config_u64(const struct config_file *file, const char *key, const char *text,
                uint64_t maximum, uint64_t *value, struct err *err)
{
    struct err inner;
    char wanted[64];
    if (text == NULL || text_to_u64(text, maximum, value, &inner))
        return true;
    (void)snprintf(wanted, sizeof wanted, "expected a whole number up to %" PRIu64,
                   maximum);
    return config_fail(file, key, text, err, wanted);
}

bool config_real(const struct config_file *file, const char *key, const char *text,
                 double *value, struct err *err)
{
    struct err inner;
    if (text == NULL || text_to_real(text, value, &inner))
        return true;
    return config_fail(file, key, text, err, "expected a number");
}

bool config_bool(const struct config_file *file, const char *key, const char *text,
                 bool *value, struct err *err)
{
    if (text == NULL)
        return true;
    bool truth = strcmp(text, "true") == 0;
    if (!truth && strcmp(text, "false") != 0)
        return config_fail(file, key, text, err, "expected true or false");
    *value = truth;
    return true;
}

bool config_name(const struct config_file *file, const char *key, const char *text,
                 char *out, size_t size, struct err *err)
{
    if (text == NULL)
        return true;
    if (!text_is_name(text, size - 1))
        return config_fail(file, key, text, err,
                           "expected a name of letters, digits and _ . -");
    memcpy(out, text, strlen(text) + 1);
    return true;
}
