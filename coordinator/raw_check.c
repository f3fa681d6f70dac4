/* raw_check.c - the report of a checked raw file, for people and as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_check.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/raw_rules.h"
#include "raw/check.h"

/* All places that a check lists, some 300 bytes each in JSON. */
#define REPORT_LIMIT ((size_t)64 << 20)
#define VERSION_TEXT 24

struct raw_report {
    struct raw_file file;
    struct map_chips *maps; /* NULL: none */
    struct check check;
    struct date_header first; /* of the file's first good event */
};

static void version_text(const struct date_header *header, char text[VERSION_TEXT])
{
    if (header->layout == DATE_LAYOUT_OLD)
        (void)snprintf(text, VERSION_TEXT, "before 3.0");
    else
        (void)snprintf(text, VERSION_TEXT, "%" PRIu32 ".%" PRIu32, header->version >> 16,
                       header->version & 0xFFFF);
}

/* The layout decides what codes 9 and 10 are. */
static const char *type_word(const struct raw_report *report, uint32_t type)
{
    struct date_header header = {.layout = report->first.layout, .type = type};
    return date_type_word(&header);
}

/* Events of a type; all types that the layout does not define are told as type 0. */
static uint64_t events_of(const struct raw_report *report, uint32_t type)
{
    const uint64_t *events = report->file.walk.events;
    uint64_t unknown = 0;
    struct date_header header = {.layout = report->first.layout, .type = type};
    if (date_type_known(&header))
        return events[type];
    for (header.type = 0; header.type < EVENT_TYPES; header.type++)
        unknown += date_type_known(&header) ? 0 : events[header.type];
    return type == 0 ? unknown : 0;
}

static bool accounted(const struct raw_report *report)
{
    const struct chunk *chunk = &report->file.walk.chunk;
    return report->check.good_bytes + chunk->damaged_bytes == chunk->size;
}

static bool agreed(const struct raw_report *report)
{
    return accounted(report) && report->check.disagreements == 0;
}

static void report_make(struct raw_report *report)
{
    struct raw_file *file = &report->file;
    struct date_event event;
    uint64_t offset;
    while (raw_file_next(file, &event, &offset) == LOOKUP_FOUND)
        check_learn(&report->check, &event);
    raw_file_rewind(file);
    bool first = true;
    while (raw_file_next(file, &event, &offset) == LOOKUP_FOUND) {
        if (first)
            report->first = event.header;
        first = false;
        check_event(&report->check, &event, offset);
    }
    check_finish(&report->check);
}

static void event_json(struct json_writer *json, const char *key,
                       const struct raw_report *report, const struct walk_event *event)
{
    if (!event->known) {
        json_put_null(json, key);
        return;
    }
    json_open_object(json, key);
    json_put_u64(json, "spill", event->spill);
    json_put_u64(json, "event", event->event);
    json_put_text(json, "type", type_word(report, event->type));
    json_close_object(json);
}

/* null when the source is not known, or there is none. */
static void source_json(struct json_writer *json, uint32_t source)
{
    if (source < SLINK_SOURCES)
        json_put_u64(json, "source", source);
    else
        json_put_null(json, "source");
}

static void places_json(struct json_writer *json, const struct raw_report *report)
{
    json_open_array(json, "damage");
    for (size_t i = 0; i < report->check.listed; i++) {
        const struct check_place *place = &report->check.places[i];
        json_open_object(json, NULL);
        json_put_text(json, "class", damage_word(place->damage));
        source_json(json, place->source);
        json_put_u64(json, "offset", place->offset);
        json_put_u64(json, "length", place->length);
        json_put_u64(json, "loss", place->loss);
        json_put_u64(json, "missing", place->missing);
        event_json(json, "before", report, &place->before);
        event_json(json, "after", report, &place->after);
        json_close_object(json);
    }
    json_close_array(json);
}

static void sums_json(struct json_writer *json, const struct check *check)
{
    json_open_array(json, "classes");
    for (uint32_t type = 0; type < DAMAGE_CLASS_COUNT; type++)
        for (uint32_t source = 0; source < CHECK_SOURCES; source++) {
            const struct check_sum *sum = &check->sums[type][source];
            if (sum->places == 0)
                continue;
            json_open_object(json, NULL);
            json_put_text(json, "class", damage_word(type));
            source_json(json, source);
            json_put_u64(json, "places", sum->places);
            json_put_u64(json, "loss", sum->loss);
            json_close_object(json);
        }
    json_close_array(json);
}

static bool report_json(const struct raw_report *report, struct bytes *out,
                        struct err *err)
{
    const struct walk_result *walk = &report->file.walk;
    const struct check *check = &report->check;
    char version[VERSION_TEXT];
    struct json_writer json;
    version_text(&report->first, version);
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_text(&json, "file", report->file.path);
    json_put_u64(&json, "run", walk->chunk.id.run);
    json_put_text(&json, "date", version);
    json_put_u64(&json, "bytes", walk->chunk.size);
    json_put_u64(&json, "good_bytes", check->good_bytes);
    json_put_u64(&json, "gap_bytes", walk->chunk.damaged_bytes);
    json_put_u64(&json, "lost_inside", check->lost_inside);
    json_put_u64(&json, "missing", check->missing);
    json_put_u64(&json, "event_step", check->numbers.step);
    json_put_u64(&json, "first_of_run_blocks", check->first_of_run);
    json_put_bool(&json, "agree", agreed(report));
    json_open_object(&json, "events");
    for (uint32_t type = 0; type < EVENT_TYPES; type++)
        if (events_of(report, type) > 0)
            json_put_u64(&json, type_word(report, type), events_of(report, type));
    json_close_object(&json);
    json_put_u64(&json, "places", check->total);
    sums_json(&json, check);
    places_json(&json, report);
    json_close_object(&json);
    return json_end(&json, err);
}

static bool head_print(const struct raw_report *report, struct bytes *out,
                       struct err *err)
{
    const struct walk_result *walk = &report->file.walk;
    const struct check *check = &report->check;
    char version[VERSION_TEXT];
    version_text(&report->first, version);
    if (!text_addf(out, err,
                   "%s\nrun %" PRIu32 ", DATE %s, %" PRIu64 " bytes = %" PRIu64
                   " in good events + %" PRIu64 " in gaps\n",
                   report->file.path, walk->chunk.id.run, version, walk->chunk.size,
                   check->good_bytes, walk->chunk.damaged_bytes))
        return false;
    for (uint32_t type = 0; type < EVENT_TYPES; type++)
        if (events_of(report, type) > 0 &&
            !text_addf(out, err, "  %-20s %10" PRIu64 "\n", type_word(report, type),
                       events_of(report, type)))
            return false;
    return true;
}

static bool sums_print(const struct check *check, struct bytes *out, struct err *err)
{
    for (uint32_t type = 0; type < DAMAGE_CLASS_COUNT; type++)
        for (uint32_t source = 0; source < CHECK_SOURCES; source++) {
            const struct check_sum *sum = &check->sums[type][source];
            char name[16] = "-";
            if (sum->places == 0)
                continue;
            if (source < SLINK_SOURCES)
                (void)snprintf(name, sizeof name, "%" PRIu32, source);
            if (!text_addf(out, err,
                           "  %-16s source %4s: %" PRIu64 " places, %" PRIu64
                           " bytes lost: %s\n",
                           damage_word(type), name, sum->places, sum->loss,
                           damage_text(type)))
                return false;
        }
    return true;
}

static bool event_print(const char *word, const struct walk_event *event,
                        struct bytes *out, struct err *err)
{
    if (!event->known)
        return text_addf(out, err, ", %s nothing", word);
    return text_addf(out, err, ", %s spill %" PRIu32 " event %" PRIu32, word,
                     event->spill, event->event);
}

static bool place_print(const struct check_place *place, struct bytes *out,
                        struct err *err)
{
    bool inside = place->before.known && place->after.known &&
                  place->before.spill == place->after.spill &&
                  place->before.event == place->after.event;
    if (!text_addf(
            out, err, "  byte %" PRIu64 ", %" PRIu64 " bytes: %s, %" PRIu64 " lost",
            place->offset, place->length, damage_word(place->damage), place->loss) ||
        (place->source < SLINK_SOURCES &&
         !text_addf(out, err, ", source %" PRIu32, place->source)) ||
        (place->missing > 0 &&
         !text_addf(out, err, ", %" PRIu64 " event numbers missing", place->missing)))
        return false;
    if (inside)
        return event_print("in", &place->after, out, err) && text_add(out, "\n", err);
    return event_print("behind", &place->before, out, err) &&
           event_print("before", &place->after, out, err) && text_add(out, "\n", err);
}

static bool report_print(const struct raw_report *report, struct bytes *out,
                         struct err *err)
{
    const struct check *check = &report->check;
    if (!head_print(report, out, err))
        return false;
    if (check->total == 0)
        return text_add(out, "no damage\n", err);
    if (!text_addf(out, err,
                   "%" PRIu64 " places of damage; %" PRIu64
                   " bytes lost inside of events, %" PRIu64 " event numbers missing\n",
                   check->total, check->lost_inside, check->missing) ||
        !sums_print(check, out, err))
        return false;
    for (size_t i = 0; i < check->listed; i++)
        if (!place_print(&check->places[i], out, err))
            return false;
    return check->total == check->listed ||
           text_addf(out, err, "  and %" PRIu64 " places more\n",
                     check->total - check->listed);
}

/* 0 for a file in which everything is right. */
static int verdict(const struct raw_report *report)
{
    struct err err;
    const struct check *check = &report->check;
    if (!agreed(report))
        (void)err_set(&err, E_RAW_DISAGREE,
                      "%s: walker and decoder disagree on %" PRIu64 " events, %" PRIu64
                      " of %" PRIu64 " bytes are accounted for",
                      report->file.path, check->disagreements,
                      check->good_bytes + report->file.walk.chunk.damaged_bytes,
                      report->file.walk.chunk.size);
    else if (check->total > 0)
        (void)err_set(&err, E_RAW_DAMAGE,
                      "%s: %" PRIu64 " places of damage, %" PRIu64 " bytes lost",
                      report->file.path, check->total,
                      report->file.walk.chunk.damaged_bytes + check->lost_inside);
    else
        return 0;
    return command_error(&err);
}

static int report_give(struct raw_report *report, bool json)
{
    struct err err;
    struct bytes out;
    bytes_init(&out, REPORT_LIMIT);
    check_init(&report->check, report->maps);
    check_start(&report->check, &report->file.walk);
    report_make(report);
    bool done = json ? report_json(report, &out, &err) : report_print(report, &out, &err);
    int status = done ? command_print(&out) : command_error(&err);
    if (status == 0)
        status = verdict(report);
    check_release(&report->check);
    bytes_release(&out);
    return status;
}

int raw_check(int argc, char **argv)
{
    bool json = false;
    const char *maps = NULL;
    const struct command_option options[] = {{.name = "json", .flag = &json},
                                             {.name = "maps", .text = &maps}};
    struct err err;
    struct raw_report report = {.file.path = NULL};
    if (!command_options(options, 2, &argc, argv, &err) ||
        !command_words(argc, 1, 1, "one raw file", &err) ||
        !raw_file_open(&report.file, argv[1], &err))
        return command_error(&err);
    uint32_t run = report.file.walk.chunk.id.run;
    int status = raw_rules_maps(maps, run, &report.maps, &err)
                     ? report_give(&report, json)
                     : command_error(&err);
    raw_rules_maps_free(report.maps);
    raw_file_close(&report.file);
    return status;
}
