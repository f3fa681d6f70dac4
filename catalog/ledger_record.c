/* ledger_record.c - the records of a conditions store as bytes, and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "catalog/ledger_record.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- writing ---- */

static void put(struct bytes *out, const void *data, size_t size)
{
    struct err err;
    bug_if(!bytes_append(out, data, size, &err)); /* LEDGER_RECORD is enough */
}

static void put_u64(struct bytes *out, uint64_t number)
{
    uint8_t word[8];
    le64_store(word, number);
    put(out, word, sizeof word);
}

static void put_i64(struct bytes *out, int64_t number)
{
    put_u64(out, (uint64_t)number);
}

static void put_text(struct bytes *out, const char *text)
{
    size_t size = strlen(text);
    uint8_t length[2] = {(uint8_t)size, (uint8_t)(size >> 8)};
    put(out, length, sizeof length);
    put(out, text, size);
}

static void put_hash(struct bytes *out, const struct sha256 *hash)
{
    put(out, hash->bytes, SHA256_SIZE);
}

static void pack_word(struct bytes *out, const struct ledger_word *word)
{
    put_u64(out, word->id);
    put_i64(out, word->created_s);
    put_text(out, word->name);
}

static void pack_tag(struct bytes *out, const struct ledger_tag *tag)
{
    put_u64(out, tag->id);
    put_u64(out, tag->status);
    put_u64(out, tag->sequence);
    put_i64(out, tag->created_s);
    put_i64(out, tag->updated_s);
    put_hash(out, &tag->snapshot);
    put_text(out, tag->name);
    put_text(out, tag->author);
}

static void pack_list(struct bytes *out, const struct ledger_list *list)
{
    put_u64(out, list->id);
    put_u64(out, list->type);
    put_u64(out, list->tag);
    put_i64(out, list->created_s);
}

static void pack_row(struct bytes *out, const struct ledger_row *row)
{
    put_u64(out, row->id);
    put_u64(out, row->list);
    put_i64(out, row->start_major);
    put_i64(out, row->start_minor);
    put_i64(out, row->end_major);
    put_i64(out, row->end_minor);
    put_i64(out, row->size);
    put_i64(out, row->inserted_s);
    put_u64(out, row->extra ? 1 : 0);
    put_text(out, row->url);
    put_text(out, row->checksum);
    put_text(out, row->extra ? row->extra : "");
}

static void pack_blob(struct bytes *out, const struct ledger_blob *blob)
{
    put_hash(out, &blob->hash);
    put_u64(out, blob->size);
    put_i64(out, blob->stored_s);
    put_text(out, blob->md5);
}

void ledger_pack(const struct ledger_record *record, struct bytes *out)
{
    bytes_clear(out);
    switch (record->kind) {
    case LEDGER_STATUS:
    case LEDGER_TYPE:
        pack_word(out, &record->word);
        return;
    case LEDGER_TAG:
        pack_tag(out, &record->tag);
        return;
    case LEDGER_LIST:
        pack_list(out, &record->list);
        return;
    case LEDGER_ROW:
        pack_row(out, &record->row);
        return;
    case LEDGER_BLOB:
        pack_blob(out, &record->blob);
        return;
    case LEDGER_KINDS:
        break;
    }
    unreachable();
}

void ledger_pack_entry(const struct ledger_entry *entry, struct bytes *out)
{
    bytes_clear(out);
    put_u64(out, entry->number);
    put_i64(out, entry->time_s);
    put_u64(out, entry->sequence);
    put_text(out, entry->who);
    put_text(out, entry->tag);
    put_text(out, entry->what);
    put_hash(out, &entry->previous);
    put_hash(out, &entry->hash);
}

/* ---- reading ---- */

/* Bytes that are still to be read; `bad` once something did not fit. */
struct reader {
    const uint8_t *data;
    size_t size;
    bool bad;
};

static const uint8_t *take(struct reader *reader, size_t size)
{
    static const uint8_t nothing[SHA256_SIZE];
    if (reader->bad || size > reader->size) {
        reader->bad = true;
        return size <= sizeof nothing ? nothing : NULL;
    }
    const uint8_t *place = reader->data;
    reader->data += size;
    reader->size -= size;
    return place;
}

static uint64_t take_u64(struct reader *reader)
{
    return le64_load(take(reader, 8));
}

static int64_t take_i64(struct reader *reader)
{
    return (int64_t)take_u64(reader);
}

static void take_hash(struct reader *reader, struct sha256 *hash)
{
    memcpy(hash->bytes, take(reader, SHA256_SIZE), SHA256_SIZE);
}

/* A text of at most `room` - 1 bytes without NUL. */
static void take_text(struct reader *reader, char *out, size_t room)
{
    const uint8_t *length = take(reader, 2);
    size_t size = (size_t)(length[0] | length[1] << 8);
    out[0] = '\0';
    if (size >= room) {
        reader->bad = true;
        return;
    }
    const uint8_t *text = take(reader, size);
    if (reader->bad || memchr(text, 0, size)) {
        reader->bad = true;
        return;
    }
    memcpy(out, text, size);
    out[size] = '\0';
}

static void unpack_word(struct reader *reader, struct ledger_word *word)
{
    word->id = take_u64(reader);
    word->created_s = take_i64(reader);
    take_text(reader, word->name, sizeof word->name);
}

static void unpack_tag(struct reader *reader, struct ledger_tag *tag)
{
    tag->id = take_u64(reader);
    tag->status = take_u64(reader);
    tag->sequence = take_u64(reader);
    tag->created_s = take_i64(reader);
    tag->updated_s = take_i64(reader);
    take_hash(reader, &tag->snapshot);
    take_text(reader, tag->name, sizeof tag->name);
    take_text(reader, tag->author, sizeof tag->author);
}

static void unpack_list(struct reader *reader, struct ledger_list *list)
{
    list->id = take_u64(reader);
    list->type = take_u64(reader);
    list->tag = take_u64(reader);
    list->created_s = take_i64(reader);
}

static void unpack_row(struct reader *reader, char texts[3 * LEDGER_TEXT],
                       struct ledger_row *row)
{
    char *url = texts, *checksum = url + LEDGER_TEXT, *extra = checksum + LEDGER_TEXT;
    row->id = take_u64(reader);
    row->list = take_u64(reader);
    row->start_major = take_i64(reader);
    row->start_minor = take_i64(reader);
    row->end_major = take_i64(reader);
    row->end_minor = take_i64(reader);
    row->size = take_i64(reader);
    row->inserted_s = take_i64(reader);
    bool has_extra = take_u64(reader) != 0;
    take_text(reader, url, LEDGER_TEXT);
    take_text(reader, checksum, LEDGER_TEXT);
    take_text(reader, extra, LEDGER_TEXT);
    row->url = url;
    row->checksum = checksum;
    row->extra = has_extra ? extra : NULL;
}

static void unpack_blob(struct reader *reader, struct ledger_blob *blob)
{
    take_hash(reader, &blob->hash);
    blob->size = take_u64(reader);
    blob->stored_s = take_i64(reader);
    take_text(reader, blob->md5, sizeof blob->md5);
}

static bool reader_end(const struct reader *reader, const char *what, struct err *err)
{
    if (!reader->bad && reader->size == 0)
        return true;
    return err_set(err, E_CATALOG_DAMAGED, "%s of the conditions store is damaged", what);
}

bool ledger_unpack(enum ledger_kind kind, const void *data, size_t size,
                   char texts[3 * LEDGER_TEXT], struct ledger_record *record,
                   struct err *err)
{
    struct reader reader = {data, size, false};
    record->kind = kind;
    switch (kind) {
    case LEDGER_STATUS:
    case LEDGER_TYPE:
        unpack_word(&reader, &record->word);
        break;
    case LEDGER_TAG:
        unpack_tag(&reader, &record->tag);
        break;
    case LEDGER_LIST:
        unpack_list(&reader, &record->list);
        break;
    case LEDGER_ROW:
        unpack_row(&reader, texts, &record->row);
        break;
    case LEDGER_BLOB:
        unpack_blob(&reader, &record->blob);
        break;
    case LEDGER_KINDS:
        unreachable();
    }
    return reader_end(&reader, "a record", err);
}

bool ledger_unpack_entry(const void *data, size_t size, struct ledger_entry *entry,
                         struct err *err)
{
    struct reader reader = {data, size, false};
    entry->number = take_u64(&reader);
    entry->time_s = take_i64(&reader);
    entry->sequence = take_u64(&reader);
    take_text(&reader, entry->who, sizeof entry->who);
    take_text(&reader, entry->tag, sizeof entry->tag);
    take_text(&reader, entry->what, sizeof entry->what);
    take_hash(&reader, &entry->previous);
    take_hash(&reader, &entry->hash);
    return reader_end(&reader, "an entry of the log", err);
}

struct sha256 ledger_entry_hash(const struct ledger_entry *entry)
{
    char line[LEDGER_WHAT + 2 * LEDGER_NAME + SHA256_HEX + 80];
    char previous[SHA256_HEX];
    sha256_to_hex(&entry->previous, previous);
    int length =
        snprintf(line, sizeof line, "%" PRIu64 " %" PRId64 " %" PRIu64 " %s %s %s %s\n",
                 entry->number, entry->time_s, entry->sequence, entry->who,
                 entry->tag[0] ? entry->tag : "-", previous, entry->what);
    bug_if(length < 0 || (size_t)length >= sizeof line);
    return sha256_of(line, (size_t)length);
}
