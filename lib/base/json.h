/* json.h - reading untrusted JSON and writing JSON for people and scripts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * json.c is the only door to jansson. Numbers are exact 64-bit integers or doubles;
 * duplicate keys, trailing bytes and nesting deeper than 32 are refused.
 */
#ifndef SPILLWAY_BASE_JSON_H
#define SPILLWAY_BASE_JSON_H

#include "base/bytes.h"

/* A parsed document and every value in it; values are borrowed from the document. */
struct json;

/* `what` names the text in messages (a URL, a file). */
bool json_parse(const void *data, size_t size, const char *what, struct json **document,
                struct err *err);
void json_free(struct json *document);

bool json_is_array(const struct json *value);
bool json_is_object(const struct json *value);
bool json_is_null(const struct json *value);

/* Elements of an array, members of an object; 0 for anything else. */
size_t json_count(const struct json *value);
const struct json *json_at(const struct json *array, size_t index);

/* Member of an object, NULL when absent. */
const struct json *json_get(const struct json *object, const char *key);

/* Name of the index-th member of an object, in the order of the text. Takes `index`
 * steps: check json_count of a hostile object first. */
const char *json_key(const struct json *object, size_t index);

/* false when the value is NULL or of another type; no error text: the caller knows where.
 */
bool json_text(const struct json *value, const char **text);
bool json_i64(const struct json *value, int64_t *number);
bool json_real(const struct json *value, double *number);
bool json_bool(const struct json *value, bool *truth);

/* Writer: appends to `out`; commas and quoting are its business. `key` is NULL inside
 * arrays and at the top. A failed append is remembered and told by json_end. */
struct json_writer {
    struct bytes *out;
    bool comma;
    bool failed;
    struct err err;
};

void json_begin(struct json_writer *writer, struct bytes *out);
void json_open_object(struct json_writer *writer, const char *key);
void json_open_array(struct json_writer *writer, const char *key);
void json_close_object(struct json_writer *writer);
void json_close_array(struct json_writer *writer);
void json_put_text(struct json_writer *writer, const char *key, const char *text);
void json_put_u64(struct json_writer *writer, const char *key, uint64_t number);
void json_put_i64(struct json_writer *writer, const char *key, int64_t number);
void json_put_real(struct json_writer *writer, const char *key, double number);
void json_put_bool(struct json_writer *writer, const char *key, bool truth);
void json_put_null(struct json_writer *writer, const char *key);
bool json_end(struct json_writer *writer, struct err *err);

#endif
