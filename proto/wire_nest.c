/* wire_nest.c - fields that hold other forms: one, perhaps one, or a list of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function here calls wire_form_store or wire_form_load and is called by them; the
 * depth is that of the formats, at most 6.
 */
#include "proto/wire_internal.h"

/* NOLINTBEGIN(misc-no-recursion): as deep as the formats */

static bool message_store(const struct wire_field *field, const uint8_t *model,
                          uint8_t *message, struct wire_room *room, struct err *err)
{
    void *inner = NULL;
    if (!wire_room_take(room, 1, field->form->descriptor->sizeof_message, &inner, err) ||
        !wire_form_store(field->form, model, inner, room, err))
        return false;
    memcpy(message, &inner, sizeof inner);
    return true;
}

static const void *pointer_get(const uint8_t *place)
{
    const void *pointer;
    memcpy(&pointer, place, sizeof pointer);
    return pointer;
}

static bool message_load(const struct wire_field *field, const uint8_t *message,
                         uint8_t *model, struct arena *arena, struct err *err)
{
    return wire_form_load(field->form, pointer_get(message), model, arena, err);
}

const struct wire_kind wire_kind_message = {message_store, message_load};

static bool optional_store(const struct wire_field *field, const uint8_t *model,
                           uint8_t *message, struct wire_room *room, struct err *err)
{
    return !field->present(model) || message_store(field, model, message, room, err);
}

static bool optional_load(const struct wire_field *field, const uint8_t *message,
                          uint8_t *model, struct arena *arena, struct err *err)
{
    return pointer_get(message) == NULL ||
           message_load(field, message, model, arena, err);
}

const struct wire_kind wire_kind_optional = {optional_store, optional_load};

static bool pointer_store(const struct wire_field *field, const uint8_t *model,
                          uint8_t *message, struct wire_room *room, struct err *err)
{
    const void *pointed = pointer_get(model);
    return pointed == NULL || message_store(field, pointed, message, room, err);
}

static bool pointer_load(const struct wire_field *field, const uint8_t *message,
                         uint8_t *model, struct arena *arena, struct err *err)
{
    void *pointed = NULL;
    if (pointer_get(message) == NULL)
        return true;
    if (!arena_take(arena, 1, field->form->model_size, &pointed, err) ||
        !message_load(field, message, pointed, arena, err))
        return false;
    memcpy(model, &pointed, sizeof pointed);
    return true;
}

const struct wire_kind wire_kind_pointer = {pointer_store, pointer_load};

static bool too_many(const struct wire_field *field, size_t count, struct err *err)
{
    return err_set(err, E_WIRE_VALUE, "%s: %zu of them, at most %llu are allowed",
                   field->name, count, (unsigned long long)field->limit);
}

static bool elements_store(const struct wire_field *field, const uint8_t *elements,
                           uint32_t count, uint8_t *message, struct wire_room *room,
                           struct err *err)
{
    size_t size = field->form->descriptor->sizeof_message, wide = count;
    void *list = NULL;
    if (count > field->limit)
        return too_many(field, count, err);
    if (!wire_room_take(room, count, sizeof(void *), &list, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        void *inner = NULL;
        if (!wire_room_take(room, 1, size, &inner, err))
            return false;
        if (!wire_form_store(field->form, elements + i * field->form->model_size, inner,
                             room, err))
            return err_wrap(err, "%s[%zu]", field->name, i);
        memcpy((uint8_t *)list + i * sizeof inner, &inner, sizeof inner);
    }
    memcpy(message - field->companion, &wide, sizeof wide);
    memcpy(message, &list, sizeof list);
    return true;
}

static bool elements_load(const struct wire_field *field, const uint8_t *message,
                          size_t count, uint8_t *elements, struct arena *arena,
                          struct err *err)
{
    const uint8_t *list = pointer_get(message);
    for (size_t i = 0; i < count; i++)
        if (!wire_form_load(field->form, pointer_get(list + i * sizeof(void *)),
                            elements + i * field->form->model_size, arena, err))
            return err_wrap(err, "%s[%zu]", field->name, i);
    return true;
}

static bool count_load(const struct wire_field *field, const uint8_t *message,
                       uint8_t *model, size_t *count, struct err *err)
{
    memcpy(count, message - field->companion, sizeof *count);
    if (*count > field->limit)
        return too_many(field, *count, err);
    uint32_t narrow = (uint32_t)*count;
    memcpy(model + field->count, &narrow, sizeof narrow);
    return true;
}

static uint32_t count_get(const struct wire_field *field, const uint8_t *model)
{
    uint32_t count;
    memcpy(&count, model + field->count, sizeof count);
    return count;
}

static bool list_store(const struct wire_field *field, const uint8_t *model,
                       uint8_t *message, struct wire_room *room, struct err *err)
{
    return elements_store(field, pointer_get(model), count_get(field, model), message,
                          room, err);
}

static bool list_load(const struct wire_field *field, const uint8_t *message,
                      uint8_t *model, struct arena *arena, struct err *err)
{
    size_t count;
    void *elements = NULL;
    if (!count_load(field, message, model, &count, err))
        return false;
    if (count == 0)
        return true;
    if (!arena_take(arena, count, field->form->model_size, &elements, err) ||
        !elements_load(field, message, count, elements, arena, err))
        return false;
    memcpy(model, &elements, sizeof elements);
    return true;
}

const struct wire_kind wire_kind_list = {list_store, list_load};

static bool inline_list_store(const struct wire_field *field, const uint8_t *model,
                              uint8_t *message, struct wire_room *room, struct err *err)
{
    return elements_store(field, model, count_get(field, model), message, room, err);
}

static bool inline_list_load(const struct wire_field *field, const uint8_t *message,
                             uint8_t *model, struct arena *arena, struct err *err)
{
    size_t count;
    return count_load(field, message, model, &count, err) &&
           elements_load(field, message, count, model, arena, err);
}

const struct wire_kind wire_kind_inline_list = {inline_list_store, inline_list_load};

/* NOLINTEND(misc-no-recursion) */
