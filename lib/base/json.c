/* json.c - the only door to jansson: bounded reading, and a writer that cannot misquote.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A `struct json` is jansson's json_t under another name, so nothing is copied. jansson
 * declares a json_real() of its own; it is renamed away before the include, ours is
 * hidden and never seen by the library.
 */
#include "base/json.h"

#define json_real jansson_json_real
#include <jansson.h>
#undef json_real
#undef json_is_array
#undef json_is_object
#undef json_is_null

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"

#define LARGE_TEXT ((size_t)1 << 20)
#define JSON_DEPTH 32 /* the deepest text that we read has 6 levels */

/* Level of nesting of a text that may be anything, before a parser recurses into it. */
static bool json_depth_is_fine(const uint8_t *data, size_t size)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t at = 0; at < size; at++) {
        uint8_t c = data[at];
        if (quoted && c == '\\') {
            at++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '[' || c == '{')) {
            if (++depth > JSON_DEPTH)
                return false;
        } else if (!quoted && (c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

static struct json *json_from(json_t *value)
{
    return (struct json *)(void *)value;
}

/* jansson takes pointers to non-const even where it only reads. */
static json_t *json_to(const struct json *value)
{
    union {
        const struct json *constant;
        json_t *value;
    } pointer = {.constant = value};

    return pointer.value;
}

/* ---- memory of documents ----
 *
 * Without it the process ends as everywhere: jansson would say that the text is wrong.
 *
 * jansson makes a row of a tag of some thirty pieces of memory. Those of a large text are
 * cut from an arena, which is quicker to fill and goes all at once: nothing of such a
 * document is ever given back alone. */

struct large {
    struct large *next;
    const struct json *root;
    struct arena arena;
};

static _Thread_local struct arena *pieces; /* of the text being read; NULL: the heap */
static pthread_mutex_t larges_lock = PTHREAD_MUTEX_INITIALIZER;
static struct large *larges;

static void *piece_take(size_t size)
{
    return pieces ? arena_raw(pieces, size, 1) : mem_grow(NULL, size, 1);
}

static void piece_give(void *piece)
{
    if (!pieces)
        free(piece);
}

static void pieces_begin(void)
{
    json_set_alloc_funcs(piece_take, piece_give);
}

static void large_keep(struct large *large, const struct json *root)
{
    bug_if(pthread_mutex_lock(&larges_lock) != 0);
    large->root = root;
    large->next = larges;
    larges = large;
    bug_if(pthread_mutex_unlock(&larges_lock) != 0);
}

/* The one with that root, out of the list; NULL: it is no large one. */
static struct large *large_take(const struct json *root)
{
    bug_if(pthread_mutex_lock(&larges_lock) != 0);
    struct large **place = &larges;
    while (*place && (*place)->root != root)
        place = &(*place)->next;
    struct large *large = *place;
    if (large)
        *place = large->next;
    bug_if(pthread_mutex_unlock(&larges_lock) != 0);
    return large;
}

static void large_free(struct large *large)
{
    arena_release(&large->arena);
    free(large);
}

static json_t *parse_large(const void *data, size_t size, json_error_t *problem)
{
    struct large *large = mem_new(1, sizeof *large);
    arena_init(&large->arena, SIZE_MAX / 2); /* the text had a limit */
    pieces = &large->arena;
    json_t *root = json_loadb(data, size, JSON_REJECT_DUPLICATES, problem);
    pieces = NULL;
    if (root)
        large_keep(large, json_from(root));
    else
        large_free(large);
    return root;
}

/* ---- reading ---- */

bool json_parse(const void *data, size_t size, const char *what, struct json **document,
                struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!json_depth_is_fine(data, size))
        return err_set(err, E_JSON, "%s: nested deeper than %d levels", what, JSON_DEPTH);
    bug_if(pthread_once(&once, pieces_begin) != 0);
    json_error_t problem;
    json_t *root = size < LARGE_TEXT
                       ? json_loadb(data, size, JSON_REJECT_DUPLICATES, &problem)
                       : parse_large(data, size, &problem);
    if (!root)
        return err_set(err, E_JSON, "%s: line %d column %d: %s", what, problem.line,
                       problem.column, problem.text);
    *document = json_from(root);
    return true;
}

void json_free(struct json *document)
{
    struct large *large = document ? large_take(document) : NULL;
    if (large)
        large_free(large);
    else
        json_decref(json_to(document));
}

static bool json_is(const struct json *value, json_type type)
{
    return value && json_typeof(json_to(value)) == type;
}

bool json_is_array(const struct json *value)
{
    return json_is(value, JSON_ARRAY);
}

bool json_is_object(const struct json *value)
{
    return json_is(value, JSON_OBJECT);
}

bool json_is_null(const struct json *value)
{
    return json_is(value, JSON_NULL);
}

size_t json_count(const struct json *value)
{
    if (json_is_array(value))
        return json_array_size(json_to(value));
    return json_is_object(value) ? json_object_size(json_to(value)) : 0;
}

const struct json *json_at(const struct json *array, size_t index)
{
    return json_is_array(array) ? json_from(json_array_get(json_to(array), index)) : NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
    return json_is_object(object) ? json_from(json_object_get(json_to(object), key))
                                  : NULL;
}

const char *json_key(const struct json *object, size_t index)
{
    if (!json_is_object(object))
        return NULL;
    void *member = json_object_iter(json_to(object));
    for (size_t i = 0; member && i < index; i++)
        member = json_object_iter_next(json_to(object), member);
    return member ? json_object_iter_key(member) : NULL;
}

bool json_text(const struct json *value, const char **text)
{
    if (!json_is(value, JSON_STRING))
        return false;
    *text = json_string_value(json_to(value));
    return true;
}

bool json_i64(const struct json *value, int64_t *number)
{
    if (!json_is(value, JSON_INTEGER))
        return false;
    *number = json_integer_value(json_to(value));
    return true;
}

bool json_real(const struct json *value, double *number)
{
    if (!json_is(value, JSON_REAL) && !json_is(value, JSON_INTEGER))
        return false;
    *number = json_number_value(json_to(value));
    return true;
}

bool json_bool(const struct json *value, bool *truth)
{
    if (!json_is(value, JSON_TRUE) && !json_is(value, JSON_FALSE))
        return false;
    *truth = json_is(value, JSON_TRUE);
    return true;
}

/* ---- writer ---- */

static void json_raw(struct json_writer *writer, const char *text, size_t size)
{
    if (!writer->failed && !bytes_append(writer->out, text, size, &writer->err))
        writer->failed = true;
}

/* Length of the UTF-8 sequence at the start of a text, 0 when it is not valid. */
static size_t json_utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t minimum;
        size_t length;
    } forms[] = {{0x80, 0, 0, 1},
                 {0xe0, 0xc0, 0x80, 2},
                 {0xf0, 0xe0, 0x800, 3},
                 {0xf8, 0xf0, 0x10000, 4}};

    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if ((text[0] & forms[f].mask) != forms[f].lead)
            continue;
        uint32_t point = text[0] & (unsigned char)~forms[f].mask;
        for (size_t i = 1; i < forms[f].length; i++) {
            if ((text[i] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (text[i] & 0x3f);
        }
        bool surrogate = point >= 0xd800 && point <= 0xdfff;
        bool good = point >= forms[f].minimum && point <= 0x10ffff && !surrogate;
        return good ? forms[f].length : 0;
    }
    return 0;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool json_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* The same of eight bytes at once: below 0x80 a borrow out of a byte says that it was
 * smaller than what was taken from it. */
static bool json_plain_eight(const unsigned char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    uint64_t wrong = word | (word - EACH_BYTE(0x20));
    wrong |= (word ^ EACH_BYTE('"')) - EACH_BYTE(1);
    wrong |= (word ^ EACH_BYTE('\\')) - EACH_BYTE(1);
    wrong |= (word ^ EACH_BYTE(0x7f)) - EACH_BYTE(1);
    return (wrong & EACH_BYTE(0x80)) == 0;
}

/* Bytes at the start of a text that stand for themselves: nearly always all of them. */
static size_t json_plain_length(const unsigned char *text, size_t size)
{
    size_t length = 0;
    while (size - length >= 8 && json_plain_eight(text + length))
        length += 8;
    while (length < size && json_plain(text[length]))
        length++;
    return length;
}

/* Bytes that are not UTF-8 become U+FFFD so that the document stays readable. */
static void json_escape(struct json_writer *writer, const unsigned char *text,
                        size_t size)
{
    for (const unsigned char *at = text, *end = text + size; at < end;) {
        size_t plain = json_plain_length(at, (size_t)(end - at));
        if (plain > 0) {
            json_raw(writer, (const char *)at, plain);
            at += plain;
            continue;
        }
        size_t length = json_utf8_length(at);
        char escape[8];
        if (*at == '"' || *at == '\\') {
            escape[0] = '\\';
            escape[1] = (char)*at;
            json_raw(writer, escape, 2);
        } else if (*at < 0x20 || *at == 0x7f) {
            int written = snprintf(escape, sizeof escape, "\\u%04x", *at);
            json_raw(writer, escape, (size_t)written);
        } else if (length == 0) {
            json_raw(writer, "\\ufffd", 6);
        } else {
            json_raw(writer, (const char *)at, length);
        }
        at += length > 0 ? length : 1;
    }
}

/* A text in quotes and what follows it, at once: most of what is written are these. */
static void json_quote(struct json_writer *writer, const char *text, const char *behind)
{
    uint8_t *place = NULL;
    size_t size = strlen(text), rest = strlen(behind);
    if (json_plain_length((const unsigned char *)text, size) < size) {
        json_raw(writer, "\"", 1);
        json_escape(writer, (const unsigned char *)text, size);
        json_raw(writer, behind, rest);
        return;
    }
    if (writer->failed)
        return;
    if (!bytes_reserve(writer->out, 1 + size + rest, &place, &writer->err)) {
        writer->failed = true;
        return;
    }
    place[0] = '"';
    memcpy(place + 1, text, size);
    memcpy(place + 1 + size, behind, rest);
    writer->out->size += 1 + size + rest;
}

/* What stands before a value: the comma, and the name inside an object. */
static void json_lead(struct json_writer *writer, const char *key)
{
    if (writer->comma)
        json_raw(writer, ",", 1);
    writer->comma = true;
    if (!key)
        return;
    json_quote(writer, key, "\":");
}

static void json_open(struct json_writer *writer, const char *key, const char *bracket)
{
    json_lead(writer, key);
    json_raw(writer, bracket, 1);
    writer->comma = false;
}

static void json_close(struct json_writer *writer, const char *bracket)
{
    json_raw(writer, bracket, 1);
    writer->comma = true;
}

void json_begin(struct json_writer *writer, struct bytes *out)
{
    *writer = (struct json_writer){.out = out};
}

void json_open_object(struct json_writer *writer, const char *key)
{
    json_open(writer, key, "{");
}

void json_open_array(struct json_writer *writer, const char *key)
{
    json_open(writer, key, "[");
}

void json_close_object(struct json_writer *writer)
{
    json_close(writer, "}");
}

void json_close_array(struct json_writer *writer)
{
    json_close(writer, "]");
}

void json_put_text(struct json_writer *writer, const char *key, const char *text)
{
    json_lead(writer, key);
    json_quote(writer, text, "\"");
}

void json_put_u64(struct json_writer *writer, const char *key, uint64_t number)
{
    json_lead(writer, key);
    if (!writer->failed && !text_add_u64(writer->out, number, &writer->err))
        writer->failed = true;
}

void json_put_i64(struct json_writer *writer, const char *key, int64_t number)
{
    if (number >= 0) {
        json_put_u64(writer, key, (uint64_t)number);
        return;
    }
    char digits[24];
    int written = snprintf(digits, sizeof digits, "%lld", (long long)number);
    json_lead(writer, key);
    json_raw(writer, digits, (size_t)written);
}

void json_put_real(struct json_writer *writer, const char *key, double number)
{
    json_lead(writer, key);
    bool finite = number - number == 0.0;
    if (!finite)
        json_raw(writer, "null", 4); /* JSON has no NaN; unknown is null */
    else if (!writer->failed && !text_add_real(writer->out, number, &writer->err))
        writer->failed = true;
}

void json_put_bool(struct json_writer *writer, const char *key, bool truth)
{
    json_lead(writer, key);
    json_raw(writer, truth ? "true" : "false", truth ? 4 : 5);
}

void json_put_null(struct json_writer *writer, const char *key)
{
    json_lead(writer, key);
    json_raw(writer, "null", 4);
}

bool json_end(struct json_writer *writer, struct err *err)
{
    if (!writer->failed)
        return true;
    *err = writer->err;
    return false;
}
