/* wire_field.c - how numbers, texts, hashes and lists of numbers are copied and checked.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Loaded lists and bytes stay where protobuf-c put them, which is the caller's arena.
 */
#include <math.h>

#include "proto/wire_internal.h"

static bool above(const struct wire_field *field, uint64_t value, struct err *err)
{
    return err_set(err, E_WIRE_VALUE, "%s is %llu, at most %llu is allowed", field->name,
                   (unsigned long long)value, (unsigned long long)field->limit);
}

/* Unsigned numbers: 32 bits in the message, `bytes` in the model. */
static uint32_t number_get(const uint8_t *model, size_t bytes)
{
    uint32_t wide;
    uint16_t half;
    if (bytes == 1)
        return *model;
    if (bytes == 2) {
        memcpy(&half, model, sizeof half);
        return half;
    }
    memcpy(&wide, model, sizeof wide);
    return wide;
}

static bool number_store(const struct wire_field *field, const uint8_t *model,
                         uint8_t *message, size_t bytes, struct err *err)
{
    uint32_t value = number_get(model, bytes);
    if (value > field->limit)
        return above(field, value, err);
    memcpy(message, &value, sizeof value);
    return true;
}

static bool number_load(const struct wire_field *field, const uint8_t *message,
                        uint8_t *model, size_t bytes, struct err *err)
{
    uint32_t value;
    memcpy(&value, message, sizeof value);
    if (value > field->limit)
        return above(field, value, err);
    uint16_t half = (uint16_t)value;
    if (bytes == 1)
        *model = (uint8_t)value;
    else if (bytes == 2)
        memcpy(model, &half, sizeof half);
    else
        memcpy(model, &value, sizeof value);
    return true;
}

#define NUMBER(sort, bytes)                                                              \
    static bool sort##_store(const struct wire_field *field, const uint8_t *model,       \
                             uint8_t *message, struct wire_room *room, struct err *err)  \
    {                                                                                    \
        (void)room;                                                                      \
        return number_store(field, model, message, bytes, err);                          \
    }                                                                                    \
    static bool sort##_load(const struct wire_field *field, const uint8_t *message,      \
                            uint8_t *model, struct arena *arena, struct err *err)        \
    {                                                                                    \
        (void)arena;                                                                     \
        return number_load(field, message, model, bytes, err);                           \
    }                                                                                    \
    const struct wire_kind wire_kind_##sort = {sort##_store, sort##_load};

NUMBER(u8, 1)
NUMBER(u16, 2)
NUMBER(u32, 4)

/* Numbers that are the same in both and may have any value. */
#define PLAIN(sort, bytes)                                                               \
    static bool sort##_store(const struct wire_field *field, const uint8_t *model,       \
                             uint8_t *message, struct wire_room *room, struct err *err)  \
    {                                                                                    \
        (void)field, (void)room, (void)err;                                              \
        memcpy(message, model, bytes);                                                   \
        return true;                                                                     \
    }                                                                                    \
    static bool sort##_load(const struct wire_field *field, const uint8_t *message,      \
                            uint8_t *model, struct arena *arena, struct err *err)        \
    {                                                                                    \
        (void)field, (void)arena, (void)err;                                             \
        memcpy(model, message, bytes);                                                   \
        return true;                                                                     \
    }                                                                                    \
    const struct wire_kind wire_kind_##sort = {sort##_store, sort##_load};

PLAIN(u64, 8)
PLAIN(i32, 4)
PLAIN(i64, 8)

static bool bool_store(const struct wire_field *field, const uint8_t *model,
                       uint8_t *message, struct wire_room *room, struct err *err)
{
    (void)field, (void)room, (void)err;
    protobuf_c_boolean truth = *model != 0;
    memcpy(message, &truth, sizeof truth);
    return true;
}

static bool bool_load(const struct wire_field *field, const uint8_t *message,
                      uint8_t *model, struct arena *arena, struct err *err)
{
    (void)field, (void)arena, (void)err;
    protobuf_c_boolean truth;
    memcpy(&truth, message, sizeof truth);
    *model = truth != 0;
    return true;
}

const struct wire_kind wire_kind_bool = {bool_store, bool_load};

static bool real_copy(const struct wire_field *field, const uint8_t *from, uint8_t *to,
                      struct err *err)
{
    double value;
    memcpy(&value, from, sizeof value);
    if (isnan(value))
        return err_set(err, E_WIRE_VALUE, "%s is not a number", field->name);
    memcpy(to, &value, sizeof value);
    return true;
}

static bool real_store(const struct wire_field *field, const uint8_t *model,
                       uint8_t *message, struct wire_room *room, struct err *err)
{
    (void)room;
    return real_copy(field, model, message, err);
}

static bool real_load(const struct wire_field *field, const uint8_t *message,
                      uint8_t *model, struct arena *arena, struct err *err)
{
    (void)arena;
    return real_copy(field, message, model, err);
}

const struct wire_kind wire_kind_real = {real_store, real_load};

static bool real_or_nan_store(const struct wire_field *field, const uint8_t *model,
                              uint8_t *message, struct wire_room *room, struct err *err)
{
    (void)room, (void)err;
    double value;
    memcpy(&value, model, sizeof value);
    protobuf_c_boolean has = !isnan(value);
    memcpy(message - field->companion, &has, sizeof has);
    memcpy(message, &value, sizeof value);
    return true;
}

static bool real_or_nan_load(const struct wire_field *field, const uint8_t *message,
                             uint8_t *model, struct arena *arena, struct err *err)
{
    (void)arena;
    const double unknown = NAN;
    protobuf_c_boolean has;
    memcpy(&has, message - field->companion, sizeof has);
    if (has)
        return real_copy(field, message, model, err);
    memcpy(model, &unknown, sizeof unknown);
    return true;
}

const struct wire_kind wire_kind_real_or_nan = {real_or_nan_store, real_or_nan_load};

static bool i64_or_0_store(const struct wire_field *field, const uint8_t *model,
                           uint8_t *message, struct wire_room *room, struct err *err)
{
    (void)room, (void)err;
    int64_t value;
    memcpy(&value, model, sizeof value);
    protobuf_c_boolean has = value != 0;
    memcpy(message - field->companion, &has, sizeof has);
    memcpy(message, &value, sizeof value);
    return true;
}

static bool i64_or_0_load(const struct wire_field *field, const uint8_t *message,
                          uint8_t *model, struct arena *arena, struct err *err)
{
    (void)arena, (void)err;
    protobuf_c_boolean has;
    memcpy(&has, message - field->companion, sizeof has);
    if (has)
        memcpy(model, message, sizeof(int64_t));
    else
        memset(model, 0, sizeof(int64_t));
    return true;
}

const struct wire_kind wire_kind_i64_or_0 = {i64_or_0_store, i64_or_0_load};

static bool text_store(const struct wire_field *field, const uint8_t *model,
                       uint8_t *message, struct wire_room *room, struct err *err)
{
    (void)room;
    if (memchr(model, 0, field->limit) == NULL)
        return err_set(err, E_WIRE_VALUE, "%s is a text without an end", field->name);
    memcpy(message, &model, sizeof model); /* packing only reads it */
    return true;
}

static bool text_load(const struct wire_field *field, const uint8_t *message,
                      uint8_t *model, struct arena *arena, struct err *err)
{
    (void)arena;
    const char *text;
    memcpy(&text, message, sizeof text);
    size_t size = strlen(text) + 1;
    if (size > field->limit)
        return err_set(err, E_WIRE_VALUE,
                       "%s has %zu characters, at most %zu are allowed", field->name,
                       size - 1, (size_t)field->limit - 1);
    memcpy(model, text, size);
    return true;
}

const struct wire_kind wire_kind_text = {text_store, text_load};

static bool text_or_none_store(const struct wire_field *field, const uint8_t *model,
                               uint8_t *message, struct wire_room *room, struct err *err)
{
    return *model == 0 || text_store(field, model, message, room, err);
}

static bool text_or_none_load(const struct wire_field *field, const uint8_t *message,
                              uint8_t *model, struct arena *arena, struct err *err)
{
    const char *text;
    memcpy(&text, message, sizeof text);
    return text == NULL || text_load(field, message, model, arena, err);
}

const struct wire_kind wire_kind_text_or_none = {text_or_none_store, text_or_none_load};

/* Points the message at bytes of the model; packing only reads them. */
static void data_point(uint8_t *message, const uint8_t *data, size_t size)
{
    ProtobufCBinaryData binary = {.len = size};
    memcpy(&binary.data, &data, sizeof data);
    memcpy(message, &binary, sizeof binary);
}

static bool hash_store(const struct wire_field *field, const uint8_t *model,
                       uint8_t *message, struct wire_room *room, struct err *err)
{
    (void)field, (void)room, (void)err;
    data_point(message, model, SHA256_SIZE);
    return true;
}

static bool hash_load(const struct wire_field *field, const uint8_t *message,
                      uint8_t *model, struct arena *arena, struct err *err)
{
    (void)arena;
    ProtobufCBinaryData binary;
    memcpy(&binary, message, sizeof binary);
    if (binary.len != SHA256_SIZE)
        return err_set(err, E_WIRE_VALUE, "%s has %zu bytes, a hash has 32", field->name,
                       binary.len);
    memcpy(model, binary.data, SHA256_SIZE);
    return true;
}

const struct wire_kind wire_kind_hash = {hash_store, hash_load};

static bool blob_store(const struct wire_field *field, const uint8_t *model,
                       uint8_t *message, struct wire_room *room, struct err *err)
{
    (void)room, (void)err;
    const uint8_t *data;
    uint64_t size;
    memcpy(&data, model, sizeof data);
    memcpy(&size, model + field->count, sizeof size);
    protobuf_c_boolean has = data != NULL;
    memcpy(message - field->companion, &has, sizeof has);
    data_point(message, data, has ? size : 0);
    return true;
}

static bool blob_load(const struct wire_field *field, const uint8_t *message,
                      uint8_t *model, struct arena *arena, struct err *err)
{
    protobuf_c_boolean has;
    ProtobufCBinaryData binary;
    uint64_t size;
    memcpy(&has, message - field->companion, sizeof has);
    if (!has)
        return true;
    memcpy(&binary, message, sizeof binary);
    memcpy(&size, model + field->count, sizeof size);
    if (binary.len != size)
        return err_set(err, E_WIRE_VALUE, "%s has %zu bytes, %llu are announced",
                       field->name, binary.len, (unsigned long long)size);
    void *empty = binary.data;
    if (size == 0 && !arena_take(arena, 1, 1, &empty, err))
        return false;
    memcpy(model, &empty, sizeof empty);
    return true;
}

const struct wire_kind wire_kind_blob = {blob_store, blob_load};

/* Points the message at a list of numbers of the model. */
static void list_point(const struct wire_field *field, uint8_t *message,
                       const uint8_t *list, size_t count)
{
    memcpy(message - field->companion, &count, sizeof count);
    memcpy(message, &list, sizeof list);
}

static bool array_store(const struct wire_field *field, const uint8_t *model,
                        uint8_t *message, struct wire_room *room, struct err *err)
{
    (void)room, (void)err;
    list_point(field, message, model, (size_t)field->limit);
    return true;
}

static bool array_load(const struct wire_field *field, const uint8_t *message,
                       uint8_t *model, struct arena *arena, struct err *err)
{
    (void)arena;
    size_t count;
    const uint32_t *list;
    memcpy(&count, message - field->companion, sizeof count);
    memcpy(&list, message, sizeof list);
    if (count != field->limit)
        return err_set(err, E_WIRE_VALUE, "%s has %zu numbers, not %zu", field->name,
                       count, (size_t)field->limit);
    memcpy(model, list, count * sizeof *list);
    return true;
}

const struct wire_kind wire_kind_array = {array_store, array_load};

static bool list_store(const struct wire_field *field, const uint8_t *model,
                       uint8_t *message, struct wire_room *room, struct err *err)
{
    (void)room;
    const uint8_t *list;
    uint32_t count;
    memcpy(&list, model, sizeof list);
    memcpy(&count, model + field->count, sizeof count);
    if (count > field->limit)
        return above(field, count, err);
    list_point(field, message, list, count);
    return true;
}

static bool list_load(const struct wire_field *field, const uint8_t *message,
                      uint8_t *model, struct arena *arena, struct err *err)
{
    (void)arena;
    size_t count;
    memcpy(&count, message - field->companion, sizeof count);
    if (count > field->limit)
        return above(field, count, err);
    uint32_t short_count = (uint32_t)count;
    memcpy(model + field->count, &short_count, sizeof short_count);
    if (count > 0)
        memcpy(model, message, sizeof(void *));
    return true;
}

const struct wire_kind wire_kind_u32_list = {list_store, list_load};
const struct wire_kind wire_kind_u64_list = {list_store, list_load};
