/* conditions_log.c - spillway conditions log and uses: what a service remembers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_log.h"

#include <inttypes.h>

#include "base/text.h"
#include "catalog/ledger.h"

#define LOG_PATH 256

struct reading {
    const struct show *show;
    const char *tag;
    struct json_writer writer;
    uint64_t number; /* of the last entry */
    bool known;      /* that one's hash is in `previous` */
    struct sha256 previous;
};

/* ---- one entry ---- */

static bool take_text(const struct json *entry, const char *name, char *out, size_t size)
{
    const char *text = NULL;
    struct err unused;
    return json_text(json_get(entry, name), &text) && text_copy(out, size, text, &unused);
}

static bool take_hash(const struct json *entry, const char *name, struct sha256 *hash)
{
    const char *text = NULL;
    struct err unused;
    return json_text(json_get(entry, name), &text) &&
           sha256_from_hex(text, hash, &unused);
}

static bool entry_read(const struct json *value, struct ledger_entry *entry,
                       struct err *err)
{
    int64_t number = 0, sequence = 0;
    bool good = json_i64(json_get(value, "number"), &number) &&
                json_i64(json_get(value, "time"), &entry->time_s) &&
                json_i64(json_get(value, "sequence"), &sequence) &&
                take_text(value, "who", entry->who, sizeof entry->who) &&
                take_text(value, "tag", entry->tag, sizeof entry->tag) &&
                take_text(value, "what", entry->what, sizeof entry->what) &&
                take_hash(value, "previous", &entry->previous) &&
                take_hash(value, "hash", &entry->hash);
    entry->number = (uint64_t)number;
    entry->sequence = (uint64_t)sequence;
    return good ||
           err_set(err, E_CONDITIONS_REPLY, "this is no log of a service of ours");
}

static bool entry_follows(struct reading *reading, const struct ledger_entry *entry,
                          struct err *err)
{
    struct sha256 hash = ledger_entry_hash(entry);
    bool first = entry->number == 1;
    if (entry->number != reading->number + 1 || !sha256_equal(&hash, &entry->hash) ||
        (first && !sha256_is_zero(&entry->previous)) ||
        (reading->known && !sha256_equal(&entry->previous, &reading->previous)))
        return err_set(err, E_CATALOG_DAMAGED,
                       "entry %" PRIu64
                       " of the log does not follow from the one before: "
                       "it was changed",
                       reading->number + 1);
    reading->number = entry->number;
    reading->previous = hash;
    reading->known = true;
    return true;
}

static bool entry_line(struct reading *reading, const struct ledger_entry *entry,
                       struct err *err)
{
    char text[32] = "";
    struct tm parts;
    time_t time = (time_t)entry->time_s;
    if (gmtime_r(&time, &parts))
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    if (!entry->tag[0])
        return text_addf(reading->show->out, err, "%6" PRIu64 " %s %-12s %s\n",
                         entry->number, text, entry->who, entry->what);
    return text_addf(reading->show->out, err,
                     "%6" PRIu64 " %s %-12s %s #%" PRIu64 ": %s\n", entry->number, text,
                     entry->who, entry->tag, entry->sequence, entry->what);
}

static void entry_json(struct reading *reading, const struct ledger_entry *entry)
{
    struct json_writer *writer = &reading->writer;
    char hex[SHA256_HEX];
    sha256_to_hex(&entry->hash, hex);
    json_open_object(writer, NULL);
    json_put_u64(writer, "number", entry->number);
    json_put_i64(writer, "time", entry->time_s);
    json_put_text(writer, "who", entry->who);
    json_put_text(writer, "tag", entry->tag);
    json_put_u64(writer, "sequence", entry->sequence);
    json_put_text(writer, "what", entry->what);
    json_put_text(writer, "hash", hex);
    json_close_object(writer);
}

static bool entry_show(struct reading *reading, const struct json *value, struct err *err)
{
    struct ledger_entry entry = {0};
    if (!entry_read(value, &entry, err) || !entry_follows(reading, &entry, err))
        return false;
    if (reading->tag && strcmp(reading->tag, entry.tag) != 0)
        return true;
    if (!reading->show->json)
        return entry_line(reading, &entry, err);
    entry_json(reading, &entry);
    return true;
}

/* ---- all of them ---- */

/* One page; *more is false behind the last. */
static bool page_show(struct reading *reading, struct remote *remote, bool *more,
                      struct err *err)
{
    char path[LOG_PATH];
    struct json *page = NULL;
    (void)snprintf(path, sizeof path, "x/log?since=%" PRIu64, reading->number);
    if (!remote_ask(remote, path, &page, err))
        return false;
    bool done = json_is_array(page) ||
                err_set(err, E_CONDITIONS_REPLY, "this is no log of a service of ours");
    for (size_t i = 0; i < json_count(page) && done; i++)
        done = entry_show(reading, json_at(page, i), err);
    *more = json_count(page) > 0;
    json_free(page);
    return done;
}

bool log_show(const struct show *show, struct remote *remote, uint64_t since,
              const char *tag, struct err *err)
{
    struct reading reading = {.show = show, .tag = tag, .number = since};
    bool done = true;
    json_begin(&reading.writer, show->out);
    if (show->json)
        json_open_array(&reading.writer, NULL);
    for (bool more = true; more && done;)
        done = page_show(&reading, remote, &more, err);
    if (show->json) {
        json_close_array(&reading.writer);
        return done && json_end(&reading.writer, err);
    }
    if (done && reading.known) {
        char hex[SHA256_HEX];
        sha256_to_hex(&reading.previous, hex);
        done = text_addf(show->out, err, "unbroken up to %s\n", hex);
    }
    return done;
}

/* ---- uses ---- */

static bool use_line(const struct show *show, const struct json *use, struct err *err)
{
    const char *tag = "?", *status = "?", *type = "?", *url = "?";
    int64_t run = 0, spill = 0, end_run = 0, end_spill = 0;
    bool good = json_text(json_get(use, "global_tag"), &tag) &&
                json_text(json_get(use, "status"), &status) &&
                json_text(json_get(use, "payload_type"), &type) &&
                json_text(json_get(use, "payload_url"), &url) &&
                json_i64(json_get(use, "major_iov"), &run) &&
                json_i64(json_get(use, "minor_iov"), &spill) &&
                json_i64(json_get(use, "major_iov_end"), &end_run) &&
                json_i64(json_get(use, "minor_iov_end"), &end_spill);
    if (!good)
        return err_set(err, E_CONDITIONS_REPLY, "this is no answer of a service of ours");
    char start[48], end[48];
    return text_addf(show->out, err, "%-32s %-9s %-16s %12s %12s %s\n", tag, status, type,
                     show_moment((struct moment){run, spill}, start),
                     show_moment((struct moment){end_run, end_spill}, end), url);
}

static void use_json(struct json_writer *writer, const struct json *use)
{
    static const char *const texts[] = {"global_tag", "status", "payload_type",
                                        "payload_url"};
    static const char *const numbers[] = {"major_iov", "minor_iov", "major_iov_end",
                                          "minor_iov_end"};
    json_open_object(writer, NULL);
    for (size_t i = 0; i < 4; i++) {
        const char *text = "";
        (void)json_text(json_get(use, texts[i]), &text);
        json_put_text(writer, texts[i], text);
    }
    for (size_t i = 0; i < 4; i++) {
        int64_t number = 0;
        (void)json_i64(json_get(use, numbers[i]), &number);
        json_put_i64(writer, numbers[i], number);
    }
    json_close_object(writer);
}

bool uses_show(const struct show *show, struct remote *remote, const char *hash,
               struct err *err)
{
    char path[LOG_PATH];
    struct json *uses = NULL;
    struct json_writer writer;
    size_t length = strlen(hash);
    if ((length != SHA256_HEX - 1 && length != MD5_HEX - 1) ||
        strspn(hash, "0123456789abcdefABCDEF") != length)
        return err_set(err, E_USAGE, "'%.80s' is no sha256 or MD5 in hexadecimal", hash);
    (void)snprintf(path, sizeof path, "x/uses/%s", hash);
    if (!remote_ask(remote, path, &uses, err))
        return false;
    json_begin(&writer, show->out);
    if (show->json)
        json_open_array(&writer, NULL);
    bool done =
        json_is_array(uses) || err_set(err, E_CONDITIONS_REPLY, "no list of uses");
    for (size_t i = 0; i < json_count(uses) && done; i++) {
        if (show->json)
            use_json(&writer, json_at(uses, i));
        else
            done = use_line(show, json_at(uses, i), err);
    }
    if (done && json_count(uses) == 0 && !show->json)
        done = text_add(show->out, "no tag uses it\n", err);
    json_free(uses);
    if (show->json)
        json_close_array(&writer);
    return done && json_end(&writer, err);
}
