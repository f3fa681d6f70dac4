/* wire_internal.h - the codec as tables: one row a field, read by pack and unpack alike.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A form says how a model struct and a generated protobuf-c struct correspond. Because
 * the same row packs, checks and unpacks, the two directions cannot drift apart, and what
 * was packed can be unpacked: limits hold for both. The macros below take the places of
 * the two members and refuse members of another size at compile time.
 */
#ifndef SPILLWAY_PROTO_WIRE_INTERNAL_H
#define SPILLWAY_PROTO_WIRE_INTERNAL_H

#include "proto/wire.h"

#include "spillway.pb-c.h"

struct wire_field;

/* Memory for the generated structs while packing: on the stack, then from an arena. */
struct wire_room {
    struct arena more;
    size_t used;
    _Alignas(16) uint8_t place[8192];
};

/* How one sort of field is copied. `model` and `message` are the places of the member. */
struct wire_kind {
    bool (*store)(const struct wire_field *field, const uint8_t *model, uint8_t *message,
                  struct wire_room *room, struct err *err);
    bool (*load)(const struct wire_field *field, const uint8_t *message, uint8_t *model,
                 struct arena *arena, struct err *err);
};

struct wire_form {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
    size_t model_size;
    const struct wire_field *fields;
    size_t field_count;
    /* What no single row can say; NULL: nothing. */
    bool (*check)(const void *model, struct err *err);
};

struct wire_field {
    const char *name;
    const struct wire_kind *kind;
    size_t model; /* places of the member in the two structs */
    size_t message;
    size_t companion; /* from `message` to its has_ or n_ member */
    ptrdiff_t count;  /* from `model` to the count of a list or the size of bytes */
    uint64_t limit;   /* largest number, most elements, or size of a text with its NUL */
    const struct wire_form *form;       /* of messages and lists of messages */
    bool (*present)(const void *model); /* of messages that may be absent */
};

extern const struct wire_kind wire_kind_u8, wire_kind_u16, wire_kind_u32, wire_kind_u64,
    wire_kind_i32, wire_kind_i64, wire_kind_bool, wire_kind_real, wire_kind_real_or_nan,
    wire_kind_i64_or_0, wire_kind_text, wire_kind_text_or_none, wire_kind_hash,
    wire_kind_blob, wire_kind_array, wire_kind_u32_list, wire_kind_u64_list,
    wire_kind_message, wire_kind_optional, wire_kind_pointer, wire_kind_list,
    wire_kind_inline_list;

/* Whole forms, checks included. `err` gets the path of the field in front of its text. */
bool wire_form_store(const struct wire_form *form, const void *model, void *message,
                     struct wire_room *room, struct err *err);
bool wire_form_load(const struct wire_form *form, const void *message, void *model,
                    struct arena *arena, struct err *err);

/* Zeroed memory for a generated struct or an array of pointers to them. */
bool wire_room_take(struct wire_room *room, size_t count, size_t size, void **memory,
                    struct err *err);

bool wire_pack(const struct wire_form *form, const void *value, struct bytes *out,
               struct err *err);
bool wire_unpack(const struct wire_form *form, const uint8_t *data, size_t size,
                 struct arena *arena, void *value, struct err *err);

/* The two public functions of a noun. */
#define WIRE_PAIR_OF(noun, form)                                                         \
    bool wire_##noun##_pack(const struct noun *value, struct bytes *out,                 \
                            struct err *err)                                             \
    {                                                                                    \
        return wire_pack(&(form), value, out, err);                                      \
    }                                                                                    \
    bool wire_##noun##_unpack(const uint8_t *data, size_t size, struct arena *arena,     \
                              struct noun *value, struct err *err)                       \
    {                                                                                    \
        return wire_unpack(&(form), data, size, arena, value, err);                      \
    }

/* Forms that messages of other files hold. */
extern const struct wire_form wire_form_failure, wire_form_run, wire_form_chunk,
    wire_form_segment, wire_form_recipe, wire_form_value, wire_form_merge_class,
    wire_form_product, wire_form_task, wire_form_report;

bool wire_failure_present(const void *failure); /* struct err with a code */
bool wire_product_present(const void *product); /* with a key */

/* 0, or a compile error when the member has another size. */
#define WIRE_IS(type, member, bytes)                                                     \
    (0 * sizeof(struct {                                                                 \
         _Static_assert(sizeof(((type *)0)->member) == (bytes), "size of " #member);     \
         char unused;                                                                    \
     }))
#define WIRE_AT(type, member, bytes)                                                     \
    (offsetof(type, member) + WIRE_IS(type, member, bytes))

/* Rows: P and p are the generated struct and its member, M and m those of the model. */
#define WIRE_SCALAR(sort, P, p, M, m, message_bytes, model_bytes, most)                  \
    {                                                                                    \
        .name = #p, .kind = &wire_kind_##sort, .model = WIRE_AT(M, m, model_bytes),      \
        .message = WIRE_AT(P, p, message_bytes), .limit = (most)                         \
    }
#define WIRE_U8(P, p, M, m, most)  WIRE_SCALAR(u8, P, p, M, m, 4, 1, most)
#define WIRE_U16(P, p, M, m, most) WIRE_SCALAR(u16, P, p, M, m, 4, 2, most)
#define WIRE_U32(P, p, M, m, most) WIRE_SCALAR(u32, P, p, M, m, 4, 4, most)
#define WIRE_U64(P, p, M, m)       WIRE_SCALAR(u64, P, p, M, m, 8, 8, UINT64_MAX)
#define WIRE_I32(P, p, M, m)       WIRE_SCALAR(i32, P, p, M, m, 4, 4, 0)
#define WIRE_I64(P, p, M, m)       WIRE_SCALAR(i64, P, p, M, m, 8, 8, 0)
#define WIRE_BOOL(P, p, M, m)      WIRE_SCALAR(bool, P, p, M, m, 4, 1, 1)
#define WIRE_REAL(P, p, M, m)      WIRE_SCALAR(real, P, p, M, m, 8, 8, 0)
#define WIRE_TEXT(P, p, M, m)                                                            \
    WIRE_SCALAR(text, P, p, M, m, sizeof(char *), sizeof(((M *)0)->m),                   \
                sizeof(((M *)0)->m))

/* Absent while empty. */
#define WIRE_TEXT_OR_NONE(P, p, M, m)                                                    \
    WIRE_SCALAR(text_or_none, P, p, M, m, sizeof(char *), sizeof(((M *)0)->m),           \
                sizeof(((M *)0)->m))
#define WIRE_HASH(P, p, M, m)                                                            \
    WIRE_SCALAR(hash, P, p, M, m, sizeof(ProtobufCBinaryData), sizeof(struct sha256), 0)

/* Absent while NaN. */
#define WIRE_REAL_OR_NAN(P, p, M, m)                                                     \
    {                                                                                    \
        .name = #p, .kind = &wire_kind_real_or_nan, .model = WIRE_AT(M, m, 8),           \
        .message = offsetof(P, p), .companion = offsetof(P, p) - offsetof(P, has_##p)    \
    }

/* Absent while 0. */
#define WIRE_I64_OR_0(P, p, M, m)                                                        \
    {                                                                                    \
        .name = #p, .kind = &wire_kind_i64_or_0, .model = WIRE_AT(M, m, 8),              \
        .message = offsetof(P, p), .companion = offsetof(P, p) - offsetof(P, has_##p)    \
    }

/* Bytes behind a pointer; their size stands in another row, before this one. */
#define WIRE_BLOB(P, p, M, m, size_member)                                               \
    {                                                                                    \
        .name = #p, .kind = &wire_kind_blob, .model = offsetof(M, m),                    \
        .message = offsetof(P, p), .companion = offsetof(P, p) - offsetof(P, has_##p),   \
        .count = (ptrdiff_t)WIRE_AT(M, size_member, 8) - (ptrdiff_t)offsetof(M, m)       \
    }

/* Lists of numbers: an array of fixed length in the struct, or pointer and count. */
#define WIRE_ARRAY(P, p, M, m)                                                           \
    {                                                                                    \
        .name = #p, .kind = &wire_kind_array, .model = offsetof(M, m),                   \
        .message = offsetof(P, p), .companion = offsetof(P, p) - offsetof(P, n_##p),     \
        .limit = sizeof(((M *)0)->m) / sizeof(uint32_t)                                  \
    }
#define WIRE_LIST_OF(sort, P, p, M, m, count_member, most)                               \
    .name = #p, .kind = &wire_kind_##sort, .model = offsetof(M, m),                      \
    .message = offsetof(P, p), .companion = offsetof(P, p) - offsetof(P, n_##p),         \
    .count = (ptrdiff_t)WIRE_AT(M, count_member, 4) - (ptrdiff_t)offsetof(M, m),         \
    .limit = (most)
#define WIRE_U32_LIST(P, p, M, m, count_member, most)                                    \
    {                                                                                    \
        WIRE_LIST_OF(u32_list, P, p, M, m, count_member, most)                           \
    }
#define WIRE_U64_LIST(P, p, M, m, count_member, most)                                    \
    {                                                                                    \
        WIRE_LIST_OF(u64_list, P, p, M, m, count_member, most)                           \
    }

/* Lists of structs: behind a pointer, or an array in the struct. */
#define WIRE_LIST(P, p, M, m, count_member, sub, most)                                   \
    {                                                                                    \
        WIRE_LIST_OF(list, P, p, M, m, count_member, most), .form = &(sub)               \
    }
#define WIRE_INLINE_LIST(P, p, M, m, count_member, sub)                                  \
    {                                                                                    \
        WIRE_LIST_OF(inline_list, P, p, M, m, count_member,                              \
                     sizeof(((M *)0)->m) / sizeof(((M *)0)->m[0])),                      \
            .form = &(sub)                                                               \
    }

/* A struct: always there, there when `is_there(member)`, or behind a pointer that may be
 * NULL. An absent one is left zeroed. */
#define WIRE_MESSAGE(P, p, M, m, sub)                                                    \
    {                                                                                    \
        .name = #p, .kind = &wire_kind_message, .model = offsetof(M, m),                 \
        .message = offsetof(P, p), .form = &(sub)                                        \
    }
#define WIRE_OPTIONAL(P, p, M, m, sub, is_there)                                         \
    {                                                                                    \
        .name = #p, .kind = &wire_kind_optional, .model = offsetof(M, m),                \
        .message = offsetof(P, p), .form = &(sub), .present = (is_there)                 \
    }
#define WIRE_POINTER(P, p, M, m, sub)                                                    \
    {                                                                                    \
        .name = #p, .kind = &wire_kind_pointer, .model = offsetof(M, m),                 \
        .message = offsetof(P, p), .form = &(sub)                                        \
    }

/* A form made of the rows of the array `rows`. */
#define WIRE_FORM(noun, pb, type, rows, checked)                                         \
    {                                                                                    \
        .name = (noun), .descriptor = &(pb), .model_size = sizeof(type),                 \
        .fields = (rows), .field_count = sizeof(rows) / sizeof((rows)[0]),               \
        .check = (checked)                                                               \
    }

#endif
