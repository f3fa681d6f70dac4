/* overdue.c - spillway overdue.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/overdue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "coordinator/command.h"
#include "coordinator/gate.h"
#include "coordinator/status.h"
#include "coordinator/watch.h"

const char overdue_usage[] =
    "spillway overdue [CAMPAIGN] [--json]\n"
    "\n"
    "What is late in the campaigns that are not complete: how many segments of which\n"
    "state, who has to act, why; leases whose pilots are silent, with attempt and host.\n"
    "A campaign that made no progress for two terms of a lease or two limits of a\n"
    "segment, the longer one, says so with the cause; gates that wait for a word are\n"
    "listed and are no lack of progress. From 90 % on it says what the rest\n"
    "waits for. Exit status 0 also then.\n";

#define OVERDUE_TEXT ((size_t)1 << 20)

/* A campaign as it is told. */
struct view {
    struct status status;
    struct watch_record record;
    struct rest rest; /* unless it is over */
    struct gates gates;
    struct space space;
    bool space_short;
    bool serving;
    int64_t wall_s;
};

/* Nothing that a pilot or the coordinator could do is left. */
static bool only_people(const struct status *status)
{
    const uint32_t *by_state = status->by_state;
    const uint32_t *groups = status->groups;
    return by_state[SEGMENT_READY] + by_state[SEGMENT_LEASED] +
               by_state[SEGMENT_WAITING] + groups[GROUP_OPEN] + groups[GROUP_LEASED] +
               groups[GROUP_PUBLISHING] ==
           0;
}

/* Why segments in this state are late; NULL when they are not. */
static const char *late_reason(const struct view *view, enum segment_state state)
{
    bool moving = !only_people(&view->status);
    bool held = view->status.orders.hold != CORE_RUNNING;
    switch (state) {
    case SEGMENT_READY:
        if (held) /* that is told of the campaign */
            return NULL;
        if (!view->serving)
            break;
        return view->record.alert ? view->record.cause : NULL;
    case SEGMENT_LEASED:
        if (!view->serving)
            break;
        return view->record.late_count > 0 ? segment_state_reason(state) : NULL;
    case SEGMENT_WAITING:
        if (!held && !view->serving)
            break;
        return NULL;
    case SEGMENT_PLANNED:
    case SEGMENT_QUARANTINED:
        return moving ? NULL : segment_state_reason(state);
    case SEGMENT_COMMITTED:
    case SEGMENT_LOST:
        return NULL;
    }
    return "no coordinator runs: spillway run, or spillway serve";
}

static int64_t idle_s(const struct view *view)
{
    int64_t idle = view->wall_s - view->record.progress_s;
    return view->record.progress_s == 0 || idle < 0 ? 0 : idle;
}

static void print_gates(const struct view *view)
{
    struct bytes text;
    struct err ignored; /* of a text that is longer than any list that is read */
    bytes_init(&text, OVERDUE_TEXT);
    (void)gates_text(&view->gates, view->status.campaign.name, true, &text, &ignored);
    (void)printf("%.*s", (int)text.size, (const char *)text.data);
    bytes_release(&text);
}

static void print_text(const struct view *view)
{
    const struct watch_record *record = &view->record;
    bool any = view->serving && record->alert;
    (void)printf("%s:", view->status.campaign.name);
    if (view->status.orders.hold != CORE_RUNNING) {
        char text[ORDER_WHO + ORDER_REASON + 16];
        (void)printf(" %s", orders_hold_text(&view->status.orders, text, sizeof text));
    } else if (any)
        (void)printf(" no progress for %" PRId64 " s: %s", idle_s(view), record->cause);
    (void)printf("\n");
    for (unsigned i = 0; i < SEGMENT_STATES; i++) {
        enum segment_state state = (enum segment_state)i;
        const char *reason = late_reason(view, state);
        if (view->status.by_state[i] == 0 || reason == NULL)
            continue;
        any = true;
        (void)printf("  %" PRIu32 " segments %s: %s\n    owner: %s, until %s\n",
                     view->status.by_state[i], segment_state_name(state), reason,
                     segment_state_owner(state), segment_state_deadline(state));
    }
    for (uint32_t i = 0; view->serving && i < record->late_shown; i++) {
        const struct watch_late *late = &record->late[i];
        (void)printf("  attempt %" PRIu64 " on %s: %s %" PRIu32 ", %" PRIu32
                     " in all: its term ended %" PRId64 " s ago\n",
                     late->attempt, late->host,
                     late->merge ? "merge group" : "plan segments from", late->first,
                     late->count, view->wall_s - late->deadline_s);
    }
    if (record->late_count > record->late_shown)
        (void)printf("  and %" PRIu32 " more attempts\n",
                     record->late_count - record->late_shown);
    print_gates(view);
    if (view->space_short) {
        char text[SPACE_TEXT];
        space_text(&view->space, view->status.campaign.store, text);
        (void)printf("  %s\n", text);
    }
    if (!any && gates_closed(&view->gates) == 0)
        (void)printf("  nothing is late\n");
    struct rest_of of = status_rest(&view->status, view->wall_s);
    if (!status_is_over(&view->status))
        rest_print(&view->rest, &of);
}

static void put_leases(struct json_writer *json, const struct watch_record *record)
{
    json_open_array(json, "leases");
    for (uint32_t i = 0; i < record->late_shown; i++) {
        const struct watch_late *late = &record->late[i];
        json_open_object(json, NULL);
        json_put_u64(json, "attempt", late->attempt);
        json_put_text(json, "host", late->host);
        json_put_text(json, "kind", late->merge ? "merge" : "process");
        json_put_u64(json, "first", late->first);
        json_put_u64(json, "count", late->count);
        json_put_i64(json, "deadline_s", late->deadline_s);
        json_close_object(json);
    }
    json_close_array(json);
}

static void put_json(struct json_writer *json, const struct view *view)
{
    json_open_object(json, NULL);
    json_put_text(json, "campaign", view->status.campaign.name);
    const struct orders *orders = &view->status.orders;
    json_put_text(json, "hold",
                  orders->hold == CORE_RUNNING ? "" : order_kind_name(orders->held.kind));
    json_put_text(json, "hold_by", orders->hold == CORE_RUNNING ? "" : orders->held.who);
    json_put_bool(json, "coordinator", view->serving);
    json_put_bool(json, "alert", view->serving && view->record.alert);
    json_put_i64(json, "idle_s", idle_s(view));
    json_put_text(json, "cause", view->record.cause);
    json_open_array(json, "late");
    for (unsigned i = 0; i < SEGMENT_STATES; i++) {
        enum segment_state state = (enum segment_state)i;
        const char *reason = late_reason(view, state);
        if (view->status.by_state[i] == 0 || reason == NULL)
            continue;
        json_open_object(json, NULL);
        json_put_text(json, "state", segment_state_name(state));
        json_put_u64(json, "segments", view->status.by_state[i]);
        json_put_text(json, "owner", segment_state_owner(state));
        json_put_text(json, "reason", reason);
        json_close_object(json);
    }
    json_close_array(json);
    put_leases(json, &view->record);
    if (view->space_short)
        space_json(&view->space, json);
    if (view->gates.stages.count > 0)
        gates_json(&view->gates, json);
    json_close_object(json);
}

static bool view_read(struct catalog_txn *txn, const char *campaign, struct view *view,
                      struct err *err)
{
    gates_release(&view->gates);
    if (!status_read(txn, campaign, &view->status, err) ||
        !gates_read(&view->gates, txn, &view->status.campaign, view->wall_s, err))
        return false;
    struct rest_of of = status_rest(&view->status, view->wall_s);
    enum lookup room = status_space(txn, &view->status, &view->space, err);
    view->space_short = room == LOOKUP_FOUND && space_is_short(&view->space);
    return room != LOOKUP_FAILED &&
           watch_read(txn, campaign, &view->record, err) != LOOKUP_FAILED &&
           (status_is_over(&view->status) || rest_read(txn, &of, &view->rest, err));
}

static bool show_all(struct catalog_txn *txn, const char *only, struct view *view,
                     struct json_writer *json, struct err *err)
{
    struct campaign campaign;
    enum lookup found;
    bool any = false;
    for (uint32_t id = 1;
         (found = catalog_next_campaign(txn, id, &campaign, err)) == LOOKUP_FOUND;
         id = campaign.id + 1) {
        if (only == NULL ? campaign.complete : strcmp(only, campaign.name) != 0)
            continue;
        any = true;
        if (!view_read(txn, campaign.name, view, err))
            return false;
        if (json != NULL)
            put_json(json, view);
        else
            print_text(view);
    }
    if (found == LOOKUP_FAILED)
        return false;
    if (only != NULL && !any)
        return err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", only);
    if (!any && json == NULL)
        (void)printf("every campaign is complete\n");
    return true;
}

static bool overdue(struct area *area, const char *only, struct json_writer *json,
                    struct err *err)
{
    char folder[AREA_PATH];
    char url[256];
    long pid;
    struct view view = {.wall_s = clock_wall_s()};
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    bool done = area_open(area, err) && area_path(area, "catalog", folder, err) &&
                catalog_owner(folder, &pid, url, err) &&
                area_read(area, &catalog, &txn, err);
    view.serving = done && pid != 0 && url[0] != 0;
    done = done && show_all(txn, only, &view, json, err);
    gates_release(&view.gates);
    catalog_abort(txn);
    catalog_close(catalog);
    return done;
}

int overdue_command(struct area *area, int argc, char **argv)
{
    struct err err;
    bool as_json = false;
    struct bytes text;
    struct json_writer json;
    const struct command_option options[] = {{.name = "json", .flag = &as_json}};
    if (!command_options(options, 1, &argc, argv, &err) ||
        !command_words(argc, 0, 1, "one campaign", &err))
        return command_error(&err);
    bytes_init(&text, OVERDUE_TEXT);
    json_begin(&json, &text);
    json_open_array(&json, NULL);
    bool done = overdue(area, argc == 2 ? argv[1] : NULL, as_json ? &json : NULL, &err);
    json_close_array(&json);
    done = done && json_end(&json, &err);
    int status = 0;
    if (!done)
        status = command_error(&err);
    else if (as_json)
        status = command_print(&text);
    bytes_release(&text);
    return status;
}
