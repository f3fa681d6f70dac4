/* raw_event.c - names for the words of an event, from its header to the last block.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_event.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/chip_notes.h"

#define HEAD_WORDS 20u /* of the longest header */
#define PLACES     256u

/* Meaning of the header's words, by layout. The words that need more than their value
 * are told apart by name. */
static const char *const head_3_0[HEAD_WORDS] = {"size",
                                                 "magic",
                                                 "bytes of the header",
                                                 "version",
                                                 "type",
                                                 "run",
                                                 "event in run",
                                                 "event in spill",
                                                 "trigger",
                                                 "trigger bit 31",
                                                 "detector pattern",
                                                 "user attributes 0-31",
                                                 "user attributes 32-63",
                                                 "system 64-95",
                                                 "LDC",
                                                 "GDC",
                                                 "time",
                                                 "microseconds",
                                                 NULL,
                                                 NULL};
static const char *const head_3_14[HEAD_WORDS] = {"size",
                                                  "magic",
                                                  "bytes of the header",
                                                  "version",
                                                  "type",
                                                  "run",
                                                  "event in run",
                                                  "event in spill",
                                                  "trigger",
                                                  "trigger bits",
                                                  "trigger bits",
                                                  "trigger bits",
                                                  "detector pattern",
                                                  "user attributes 0-31",
                                                  "user attributes 32-63",
                                                  "system 64-95",
                                                  "LDC",
                                                  "GDC",
                                                  "time",
                                                  "microseconds"};
static const char *const head_old[HEAD_WORDS] = {
    "size",         "magic",         "type",         "bytes of the header",
    "run",          "spill",         "event in run", "event in its spill",
    "trigger",      "file number",   "detectors",    "detectors",
    "detectors",    "time",          "microseconds", "error code",
    "dead time, s", "dead time, us", "attribute",    "trigger mask"};

struct view {
    const struct raw_rules *rules;
    const struct date_event *event;
    struct word_notes *notes;
    struct digits *digits;
};

static size_t word_of(const struct view *view, const uint8_t *place)
{
    return (size_t)(place - view->event->data) / 4;
}

static const char *const *head_names(enum date_layout layout)
{
    switch (layout) {
    case DATE_LAYOUT_3_14:
        return head_3_14;
    case DATE_LAYOUT_OLD:
        return head_old;
    case DATE_LAYOUT_3_0:
        break;
    }
    return head_3_0;
}

static void head_word(const struct view *view, const struct date_header *header,
                      size_t word, const char *name)
{
    uint32_t value = le32_load(view->event->data + 4 * word);
    if (strcmp(name, "version") == 0)
        word_note(view->notes, word, "version %u.%u", value >> 16, value & 0xFFFF);
    else if (strcmp(name, "type") == 0)
        word_note(view->notes, word, "type %u, %s", value & 0xFFFF,
                  date_type_word(header));
    else if (strcmp(name, "event in spill") == 0)
        word_note(view->notes, word, "spill %u, event in spill %u", value >> 20,
                  value & 0xFFFFF);
    else if (strcmp(name, "system 64-95") == 0)
        word_note(view->notes, word, "system attributes 64-95%s",
                  (value & DATE_SUPER_EVENT) != 0 ? ": super-event" : "");
    else if (strcmp(name, "magic") == 0)
        word_note(view->notes, word, "magic");
    else if (strcmp(name, "LDC") == 0 && value == UINT32_MAX)
        word_note(view->notes, word, "LDC: none, events of several are put together");
    else if (strcmp(name, "trigger") == 0 && header->layout != DATE_LAYOUT_OLD)
        word_note(view->notes, word, "trigger pattern%s, mask 0x%08" PRIX32,
                  (value & 1) != 0 ? "" : " (not marked as valid)", header->trigger_mask);
    else if (strcmp(name, "trigger bit 31") == 0)
        word_note(view->notes, word, "trigger pattern, second word");
    else
        word_note(view->notes, word, "%s %u", name, value);
}

static void head_notes(const struct view *view, const struct date_event *event)
{
    const struct date_header *header = &event->header;
    const char *const *names = head_names(header->layout);
    size_t first = word_of(view, event->data);
    word_note(view->notes, first, "%s",
              event->data == view->event->data ? "EVENT" : "SUB-EVENT");
    for (size_t i = 0; i < header->head_bytes / 4 && i < HEAD_WORDS; i++)
        if (names[i] != NULL)
            head_word(view, header, first + i, names[i]);
}

static void subevents_notes(const struct view *view)
{
    struct date_cursor cursor = date_payload(view->event);
    struct date_event subevent;
    enum damage_class damage;
    enum lookup found;
    if (!view->event->header.super)
        return;
    while ((found = date_subevent_next(&cursor, &view->event->header, &subevent,
                                       &damage)) != LOOKUP_ABSENT)
        if (found == LOOKUP_FOUND)
            head_notes(view, &subevent);
}

/* The equipment header that ends at `place`, and in front of a multiplexer's first block
 * the multiplexer's words. */
static void equipment_notes(const struct view *view, const uint8_t *place)
{
    bool old = view->event->header.layout == DATE_LAYOUT_OLD;
    size_t head = old ? DATE_EQUIPMENT_OLD : DATE_EQUIPMENT;
    size_t least = view->event->header.head_bytes + head;
    size_t offset = (size_t)(place - view->event->data);
    if (offset < least)
        return;
    size_t word = (offset - head) / 4;
    uint32_t first = le32_load(view->event->data + 4 * word);
    uint32_t words = le32_load(place) & 0xFFFF;
    if (old) {
        if (le32_load(view->event->data + 4 * word + 8) != 4 * words)
            return;
        word_note(view->notes, word, "EQUIPMENT type %u", first >> 16);
        word_note(view->notes, word + 1, "equipment id %u",
                  le32_load(view->event->data + 4 * word + 4) >> 16);
        word_note(view->notes, word + 2, "data bytes %u", 4 * words);
        return;
    }
    if (first != head + (size_t)4 * words)
        return;
    word_note(view->notes, word, "EQUIPMENT %u bytes", first);
    word_note(view->notes, word + 1, "equipment type %u",
              le32_load(view->event->data + 4 * word + 4));
    word_note(view->notes, word + 2, "equipment id %u",
              le32_load(view->event->data + 4 * word + 8));
    for (size_t i = 3; i < 6; i++)
        word_note(view->notes, word + i, "equipment attributes");
    word_note(view->notes, word + 6, "bytes an element");
}

static void multiplexer_notes(const struct view *view, const uint8_t *place)
{
    size_t size = (size_t)4 * SLINK_MULTIPLEXER_WORDS;
    size_t offset = (size_t)(place - view->event->data);
    if (offset < view->event->header.head_bytes + size)
        return;
    const uint8_t *head = place - size;
    uint32_t first = le32_load(head), second = le32_load(head + 4);
    if ((first >> 16 & 0x3FF) < SLINK_MULTIPLEXER_FIRST ||
        (second & 0xFFFFF) != (view->event->header.event & 0xFFFFF))
        return;
    word_note(view->notes, word_of(view, head), "MULTIPLEXER %u: %u words",
              first >> 16 & 0x3FF, first & 0xFFFF);
    word_note(view->notes, word_of(view, head) + 1, "  event %u, spill %u",
              second & 0xFFFFF, second >> 20 & 0x7FF);
    equipment_notes(view, head);
}

static void slink_notes(const struct view *view, const struct slink_block *block,
                        const struct chip_rule *rule)
{
    const uint8_t *head = block->words - (size_t)4 * SLINK_HEADER_WORDS;
    size_t word = word_of(view, head);
    equipment_notes(view, head);
    multiplexer_notes(view, head);
    word_note(view->notes, word, "  S-LINK source %u (%s): %u words, event type %u%s",
              block->source, chip_word(rule->chip), block->count + SLINK_HEADER_WORDS,
              block->event_type, block->error ? ", ERROR FLAG" : "");
    word_note(view->notes, word + 1, "  event %u, spill %u%s", block->event, block->spill,
              block->spill_good ? "" : " WHICH IS NOT THE EVENT'S");
    word_note(view->notes, word + 2,
              "  format 0x%02X, TCS 0x%02X%s, status 0x%02X, %u %s", block->format,
              block->tcs, block->tcs == SLINK_TCS_GOOD ? "" : " NOT GOOD", block->status,
              block->error_words, "error words");
}

/* What a decoder does not like stands beside the word at which it says so. */
static void faults_notes(const struct view *view, const struct slink_block *block,
                         const struct chip_rule *rule)
{
    struct damage_place places[PLACES];
    struct faults faults = {.log = {.places = places, .room = PLACES}};
    digits_clear(view->digits);
    (void)digits_take(block, rule, view->digits, &faults);
    for (uint32_t i = 0; i < faults.log.listed; i++)
        word_note(view->notes, word_of(view, places[i].at), "DAMAGE %s: %s",
                  damage_word(places[i].damage), damage_text(places[i].damage));
}

static void blocks_notes(const struct view *view)
{
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    event_blocks_start(&blocks, view->event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT) {
        if (found == LOOKUP_FAILED) {
            word_note(view->notes, fault.offset / 4, "DAMAGE %s: %s",
                      damage_word(fault.damage), damage_text(fault.damage));
            continue;
        }
        const struct chip_rule rule = raw_rule_of(view->rules, &block);
        const struct chip_words words = {
            .block = &block,
            .first = word_of(view, block.words),
            .rule = &rule,
            .map = view->rules->maps == NULL ? NULL : &view->rules->maps->map};
        slink_notes(view, &block, &rule);
        chip_notes(&words, view->notes);
        faults_notes(view, &block, &rule);
    }
}

bool raw_event_text(const struct raw_rules *rules, struct digits *digits,
                    const struct date_event *event, uint64_t offset, struct bytes *out,
                    struct err *err)
{
    struct word_notes notes;
    const struct view view = {
        .rules = rules, .event = event, .notes = &notes, .digits = digits};
    word_notes_init(&notes, event->header.size / 4);
    head_notes(&view, event);
    subevents_notes(&view);
    blocks_notes(&view);
    bool done =
        text_addf(out, err,
                  "event %" PRIu32 ":%" PRIu32 ":%" PRIu32 " at byte %" PRIu64
                  " of the file, %" PRIu32 " bytes\n  offset  word      meaning\n",
                  event->header.run, event->header.spill, event->header.event, offset,
                  event->header.size) &&
        word_notes_print(&notes, event->data, out, err);
    word_notes_release(&notes);
    return done;
}
