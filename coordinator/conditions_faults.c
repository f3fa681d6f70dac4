/* conditions_faults.c - what is wrong with a tag, as a list.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_faults.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "coordinator/conditions_show.h"

#define FAULT_PLACE 160 /* four 64-bit numbers and some words */

static const struct fault_name {
    const char *kind;
    const char *one, *many;
} names[FAULT_KINDS] = {
    [FAULT_GAP] = {"gap", "gap", "gaps"},
    [FAULT_OVERLAP] = {"overlap", "overlap", "overlaps"},
    [FAULT_EXPIRED] = {"expired", "expired end", "expired ends"},
    [FAULT_MISSING] = {"missing", "missing payload", "missing payloads"},
    [FAULT_CORRUPT] = {"corrupt", "corrupt payload", "corrupt payloads"},
    [FAULT_INVALID] = {"invalid", "invalid payload", "invalid payloads"},
    [FAULT_GROUP] = {"group", "broken group", "broken groups"},
};

static void place_of(const struct interval *interval, char out[FAULT_PLACE])
{
    struct moment start = interval->start, end = interval->end;
    bool whole = start.spill == 0 && end.spill == 0;
    if (whole && start.run + 1 == end.run)
        (void)snprintf(out, FAULT_PLACE, "run %" PRId64, start.run);
    else if (whole)
        (void)snprintf(out, FAULT_PLACE, "runs %" PRId64 " - %" PRId64, start.run,
                       end.run - 1);
    else
        (void)snprintf(out, FAULT_PLACE,
                       "from run %" PRId64 " spill %" PRId64 " to before run %" PRId64
                       " spill %" PRId64,
                       start.run, start.spill, end.run, end.spill);
}

static bool text_of(struct faults *faults, const struct fault *fault, const char *what,
                    const char **text, struct err *err)
{
    char place[FAULT_PLACE];
    void *memory = NULL;
    place_of(&fault->interval, place);
    size_t size = strlen(fault->type) + strlen(place) + strlen(what) + 5;
    if (!arena_take(faults->arena, size, 1, &memory, err))
        return false;
    (void)snprintf(memory, size, "%s: %s: %s", fault->type, place, what);
    *text = memory;
    return true;
}

bool faults_add(struct faults *faults, enum fault_kind kind, const char *type,
                const struct interval *interval, const char *what, struct err *err)
{
    struct fault made = {.kind = kind, .interval = *interval};
    made.type = arena_text(faults->arena, type);
    if (!made.type)
        return err_set(err, E_LIMIT, "the faults are more than the memory for them");
    if (!text_of(faults, &made, what, &made.text, err))
        return false;
    if (faults->count == faults->capacity) {
        faults->capacity = faults->capacity > 0 ? 2 * faults->capacity : 64;
        faults->list = mem_grow(faults->list, faults->capacity, sizeof *faults->list);
    }
    faults->list[faults->count++] = made;
    faults->counts[kind]++;
    return true;
}

void faults_release(struct faults *faults)
{
    free(faults->list);
    *faults = (struct faults){.arena = faults->arena};
}

bool faults_write(const struct faults *faults, struct bytes *out, struct err *err)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->list[i];
        if (!text_addf(out, err, "%-8s %s\n", names[fault->kind].kind, fault->text))
            return false;
    }
    return true;
}

void faults_json(const struct faults *faults, struct json_writer *writer)
{
    json_open_array(writer, "faults");
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->list[i];
        json_open_object(writer, NULL);
        json_put_text(writer, "kind", names[fault->kind].kind);
        json_put_text(writer, "type", fault->type);
        json_open_object(writer, "interval");
        show_interval(writer, &fault->interval);
        json_close_object(writer);
        json_put_text(writer, "text", fault->text);
        json_close_object(writer);
    }
    json_close_array(writer);
}

bool faults_none(const struct faults *faults, const char *what, struct err *err)
{
    char text[FAULT_KINDS * 48] = "";
    if (faults->count == 0)
        return true;
    for (size_t i = 0; i < FAULT_KINDS; i++) {
        size_t used = strlen(text), many = faults->counts[i];
        if (many > 0)
            (void)snprintf(text + used, sizeof text - used, "%s%zu %s",
                           used > 0 ? ", " : "", many,
                           many == 1 ? names[i].one : names[i].many);
    }
    return err_set(err, E_CONDITIONS_FAULTS, "%s: %s", what, text);
}
