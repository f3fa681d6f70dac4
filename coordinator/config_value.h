/* config_value.h - numbers and words of a YAML file, each error with its line.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A NULL text is a key that was not given: the target keeps its default.
 */
#ifndef SPILLWAY_COORDINATOR_CONFIG_VALUE_H
#define SPILLWAY_COORDINATOR_CONFIG_VALUE_H

#include "coordinator/config.h"

bool config_u64(const struct config_file *file, const char *key, const char *text,
                uint64_t maximum, uint64_t *value, struct err *err);
bool config_real(const struct config_file *file, const char *key, const char *text,
                 double *value, struct err *err);

/* true or false. */
bool config_bool(const struct config_file *file, const char *key, const char *text,
                 bool *value, struct err *err);

/* A name that is safe in file names and texts, see text_is_name. */
bool config_name(const struct config_file *file, const char *key, const char *text,
                 char *out, size_t size, struct err *err);

#endif
