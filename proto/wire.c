/* wire.c - packing and unpacking of whole messages, by the tables of the forms.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Forms hold forms, so storing and loading call themselves; the depth is that of the
 * formats, at most 6 (sync answer, task, process work, segment, product).
 */
#include "proto/wire_internal.h"

/* Generated structs of the largest message we may pack: the arrays of pointers and
 * structs are smaller than four times its bytes. */
#define WIRE_ROOM_LIMIT (4 * WIRE_MESSAGE_LIMIT)

bool wire_room_take(struct wire_room *room, size_t count, size_t size, void **memory,
                    struct err *err)
{
    size_t bytes;
    if (!__builtin_mul_overflow(count, size, &bytes) &&
        bytes <= sizeof room->place - room->used) {
        *memory = room->place + room->used;
        memset(*memory, 0, bytes);
        size_t next = (room->used + bytes + 15) / 16 * 16;
        room->used = next < sizeof room->place ? next : sizeof room->place;
        return true;
    }
    return arena_take(&room->more, count, size, memory, err);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the formats, at most 6 */
bool wire_form_store(const struct wire_form *form, const void *model, void *message,
                     struct wire_room *room, struct err *err)
{
    if (form->check != NULL && !form->check(model, err))
        return err_wrap(err, "%s", form->name);
    form->descriptor->message_init(message);
    for (size_t i = 0; i < form->field_count; i++) {
        const struct wire_field *field = &form->fields[i];
        if (!field->kind->store(field, (const uint8_t *)model + field->model,
                                (uint8_t *)message + field->message, room, err))
            return err_wrap(err, "%s", form->name);
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the formats, at most 6 */
bool wire_form_load(const struct wire_form *form, const void *message, void *model,
                    struct arena *arena, struct err *err)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const struct wire_field *field = &form->fields[i];
        if (!field->kind->load(field, (const uint8_t *)message + field->message,
                               (uint8_t *)model + field->model, arena, err))
            return err_wrap(err, "%s", form->name);
    }
    if (form->check != NULL && !form->check(model, err))
        return err_wrap(err, "%s", form->name);
    return true;
}

static bool message_pack(const ProtobufCMessage *message, const char *name,
                         struct bytes *out, struct err *err)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *place;
    if (size > WIRE_MESSAGE_LIMIT)
        return err_set(err, E_LIMIT, "%s: %zu bytes, a message has at most %zu", name,
                       size, WIRE_MESSAGE_LIMIT);
    if (!bytes_reserve(out, size, &place, err))
        return err_wrap(err, "%s", name);
    out->size += protobuf_c_message_pack(message, place);
    return true;
}

bool wire_pack(const struct wire_form *form, const void *value, struct bytes *out,
               struct err *err)
{
    struct wire_room room;
    room.used = 0;
    arena_init(&room.more, WIRE_ROOM_LIMIT);
    void *message = NULL;
    bool done =
        wire_room_take(&room, 1, form->descriptor->sizeof_message, &message, err) &&
        wire_form_store(form, value, message, &room, err) &&
        message_pack(message, form->name, out, err);
    arena_release(&room.more);
    return done;
}

static void *arena_allocate(void *arena, size_t size)
{
    return arena_raw(arena, size, 1); /* protobuf-c expects what malloc gives */
}

static void arena_keep(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

static bool message_unpack(const struct wire_form *form, const uint8_t *data, size_t size,
                           struct arena *arena, ProtobufCMessage **message)
{
    ProtobufCAllocator allocator = {
        .alloc = arena_allocate, .free = arena_keep, .allocator_data = arena};
    *message = protobuf_c_message_unpack(form->descriptor, &allocator, size, data);
    return *message != NULL;
}

bool wire_unpack(const struct wire_form *form, const uint8_t *data, size_t size,
                 struct arena *arena, void *value, struct err *err)
{
    ProtobufCMessage *message;
    void *loaded = NULL;
    if (size > WIRE_MESSAGE_LIMIT)
        return err_set(err, E_LIMIT, "%s: %zu bytes, a message has at most %zu",
                       form->name, size, WIRE_MESSAGE_LIMIT);
    if (!message_unpack(form, data, size, arena, &message))
        return err_set(err, E_WIRE_FORMAT,
                       "%s: %zu bytes are cut short, damaged, of another format, or need "
                       "more than %zu bytes of memory",
                       form->name, size, arena->limit);
    if (!arena_take(arena, 1, form->model_size, &loaded, err))
        return err_wrap(err, "%s", form->name);
    if (!wire_form_load(form, message, loaded, arena, err))
        return false;
    memcpy(value, loaded, form->model_size);
    return true;
}
