/* status.c - how far a campaign is, read from the catalog.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "coordinator/attempt_view.h"
#include "coordinator/command.h"
#include "coordinator/family.h"
#include "coordinator/gate.h"
#include "coordinator/moved.h"
#include "coordinator/owed.h"
#include "coordinator/stuck.h"
#include "coordinator/watch.h"

const char status_usage[] =
    "spillway status [CAMPAIGN] [--json]\n"
    "\n"
    "How far each campaign is: segments by state, published files, who paused or cancelled\n"
    "it and why, whether the store has room for the rest, what its retry rules decided,\n"
    "what is quarantined and why; when the segments are done, by the speed of the last\n"
    "ones, with a 90 % interval, and from 90 % on what the rest waits for; of each period\n"
    "the stage, and of a gate why it is closed. For a CAMPAIGN that is named all orders are\n"
    "listed, and its conditions source is asked whether the tag moved since planning, which\n"
    "changes nothing in the campaign. Exit status 0 also when a campaign is not complete.\n";

/* States are read in pieces of this many, 1 MiB. */
#define STATUS_PIECE 65536u

static void count_waiting(struct status *status, uint16_t failure)
{
    if (status->waiting++ == 0)
        status->waiting_failure = failure;
}

static bool count_states(struct catalog_txn *txn, struct status *status,
                         struct plan_state *piece, struct err *err)
{
    uint32_t total = status->campaign.segment_count;
    for (uint32_t first = 0; first < total; first += STATUS_PIECE) {
        uint32_t count = total - first < STATUS_PIECE ? total - first : STATUS_PIECE;
        if (!catalog_get_states(txn, status->campaign.id, first, count, piece, err))
            return false;
        for (uint32_t i = 0; i < count; i++) {
            if (piece[i].state == SEGMENT_LOST && piece[i].failure == E_AMENDED)
                status->amended++;
            else
                status->by_state[piece[i].state]++;
            if (piece[i].state == SEGMENT_WAITING)
                count_waiting(status, piece[i].failure);
        }
    }
    return true;
}

static bool count_groups(struct catalog_txn *txn, struct status *status, struct err *err)
{
    for (uint32_t i = 0; i < status->campaign.group_count; i++) {
        struct merge_group group;
        if (catalog_get_group(txn, status->campaign.id, i, &group, err) != LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "merge group %u is missing", i);
        status->groups[group.state]++;
        if (group.state == GROUP_OPEN && group.deaths > 0)
            count_waiting(status, group.failure);
    }
    return true;
}

static int number_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* Runs of the groups that are not void, sorted. */
static bool cut_runs(struct catalog_txn *txn, const struct campaign *campaign,
                     struct number_list *runs, struct err *err)
{
    for (uint32_t i = 0; i < campaign->group_count; i++) {
        struct merge_group group;
        if (catalog_get_group(txn, campaign->id, i, &group, err) != LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "merge group %u is missing", i);
        if (group.state != GROUP_VOID)
            number_list_add(runs, group.merge_class.run);
    }
    if (runs->count > 0)
        qsort(runs->numbers, runs->count, sizeof *runs->numbers, number_compare);
    return true;
}

/* What is known of a run so far. */
struct run_tail {
    uint32_t run;
    bool committed; /* a segment of it */
    bool open;
};

static bool run_waits(const struct run_tail *tail, const struct number_list *cut,
                      const struct family *family, const char *campaign)
{
    return tail->committed && family_is(family, campaign, tail->run) && !tail->open &&
           (cut->count == 0 || bsearch(&tail->run, cut->numbers, cut->count,
                                       sizeof tail->run, number_compare) == NULL);
}

/* Between the commit of a run's last segment and its cut nothing is open, yet its files
 * are still to be made. */
static bool cut_is_due(struct catalog_txn *txn, const struct campaign *campaign,
                       const struct number_list *cut, const struct family *family,
                       bool *due, struct err *err)
{
    struct run_tail tail = {.run = 0};
    for (uint32_t i = 0; i < campaign->segment_count; i++) {
        struct plan_segment plan;
        struct plan_state state;
        if (catalog_get_plan_segment(txn, campaign->id, i, &plan, err) != LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "plan segment %u is missing", i);
        if (!catalog_get_states(txn, campaign->id, i, 1, &state, err))
            return false;
        *due = plan.id.chunk.run != tail.run &&
               run_waits(&tail, cut, family, campaign->name);
        if (*due)
            return true;
        if (plan.id.chunk.run != tail.run)
            tail = (struct run_tail){.run = plan.id.chunk.run};
        tail.committed = tail.committed || state.state == SEGMENT_COMMITTED;
        tail.open = tail.open || !segment_state_is_final((enum segment_state)state.state);
    }
    *due = run_waits(&tail, cut, family, campaign->name);
    return true;
}

/* The figures of a core that has nothing to do and is not complete. */
static bool nothing_moves(const struct status *status)
{
    const uint32_t *by_state = status->by_state;
    const uint32_t *groups = status->groups;
    return by_state[SEGMENT_QUARANTINED] + groups[GROUP_FAILED] +
                   by_state[SEGMENT_PLANNED] >
               0 &&
           by_state[SEGMENT_READY] + by_state[SEGMENT_LEASED] +
                   by_state[SEGMENT_WAITING] + groups[GROUP_OPEN] + groups[GROUP_LEASED] +
                   groups[GROUP_PUBLISHING] ==
               0;
}

/* Behind one that is open the coordinator goes on. */
static bool count_gates(struct catalog_txn *txn, struct status *status, struct err *err)
{
    struct gates gates;
    if (status->by_state[SEGMENT_PLANNED] == 0)
        return true;
    bool done = gates_read(&gates, txn, &status->campaign, clock_wall_s(), err);
    status->gates = done ? gates_closed(&gates) : 0;
    for (uint32_t i = 0; done && i < gates.stages.count; i++)
        status->stuck = status->stuck && gates.list[i].state != GATE_OPEN;
    gates_release(&gates);
    return done;
}

static bool find_stuck(struct catalog_txn *txn, struct status *status, struct err *err)
{
    struct number_list cut = {.count = 0};
    struct family family;
    bool due = false;
    bool done = family_load(&family, txn, status->campaign.name, err) &&
                cut_runs(txn, &status->campaign, &cut, err) &&
                cut_is_due(txn, &status->campaign, &cut, &family, &due, err);
    family_release(&family);
    free(cut.numbers);
    status->stuck = done && !due;
    return done && (!status->stuck || count_gates(txn, status, err));
}

bool status_is_gated(const struct status *status)
{
    return status->stuck && status->gates > 0 &&
           status->by_state[SEGMENT_QUARANTINED] + status->groups[GROUP_FAILED] == 0;
}

bool status_is_over(const struct status *status)
{
    return status->campaign.complete || status->stuck ||
           status->orders.hold == CORE_CANCELLED;
}

struct rest_of status_rest(const struct status *status, int64_t wall_s)
{
    return (struct rest_of){.campaign = &status->campaign,
                            .by_state = status->by_state,
                            .groups = status->groups,
                            .waiting = status->waiting,
                            .wall_s = wall_s};
}

bool status_read(struct catalog_txn *txn, const char *campaign, struct status *status,
                 struct err *err)
{
    memset(status, 0, sizeof *status);
    enum lookup found = catalog_get_campaign(txn, campaign, &status->campaign, err);
    if (found == LOOKUP_ABSENT)
        err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", campaign);
    if (found != LOOKUP_FOUND || !orders_read(txn, campaign, &status->orders, err))
        return false;
    struct plan_state *piece = mem_new(STATUS_PIECE, sizeof *piece);
    bool done = count_states(txn, status, piece, err) && count_groups(txn, status, err);
    free(piece);
    return done && (!nothing_moves(status) || find_stuck(txn, status, err));
}

bool status_of(const struct area *area, const char *campaign, struct status *status,
               struct err *err)
{
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    bool done =
        area_read(area, &catalog, &txn, err) && status_read(txn, campaign, status, err);
    catalog_abort(txn);
    catalog_close(catalog);
    return done;
}

bool status_print_stuck(const struct area *area, const char *name, struct err *err)
{
    struct campaign campaign;
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    bool done = area_read(area, &catalog, &txn, err) &&
                catalog_get_campaign(txn, name, &campaign, err) == LOOKUP_FOUND &&
                stuck_print(txn, &campaign, stderr, err);
    catalog_abort(txn);
    catalog_close(catalog);
    return done;
}

static const char *status_word(const struct status *status)
{
    if (status->campaign.complete)
        return "complete";
    if (status->orders.hold != CORE_RUNNING)
        return status->orders.hold == CORE_PAUSED ? "paused" : "cancelled";
    if (status_is_gated(status))
        return "waits for a gate";
    return status->stuck ? "stuck" : "open";
}

static void order_time(const struct order *order, char out[32])
{
    struct tm parts;
    time_t seconds = (time_t)order->wall_s;
    out[0] = 0;
    if (gmtime_r(&seconds, &parts) != NULL)
        (void)strftime(out, 32, "%Y-%m-%d %H:%M:%S UTC", &parts);
}

static bool print_order(const struct order *order, void *context, struct err *err)
{
    char when[32];
    (void)context;
    (void)err;
    order_time(order, when);
    (void)printf("  %s", order_kind_name(order->kind));
    if (order->kind == ORDER_PRIORITY)
        (void)printf(" %" PRIu32, order->priority);
    if (order->kind == ORDER_GATE)
        (void)printf(" of period %s %s", order->gate.period,
                     order->gate.approve ? "approved" : "refused");
    (void)printf(" by %s at %s%s%s\n", order->who, when,
                 order->reason[0] == 0 ? "" : ": ", order->reason);
    return true;
}

/* Of a campaign that was named all that managers said, else what holds. */
static bool print_orders(struct catalog_txn *txn, const struct status *status, bool all,
                         struct err *err)
{
    const struct orders *orders = &status->orders;
    if (all)
        return orders_each(txn, status->campaign.name, print_order, NULL, err);
    return orders->hold == CORE_RUNNING || print_order(&orders->held, NULL, err);
}

/* Amendments and rollbacks, under the campaign that they are of. */
static bool print_family(struct catalog_txn *txn, const char *campaign, struct err *err)
{
    struct family family;
    bool done = family_load(&family, txn, campaign, err);
    for (uint32_t i = 0; done && strcmp(family.base, campaign) == 0 && i < family.count;
         i++) {
        const struct family_step *step = &family.steps[i];
        const struct order when_of = {.wall_s = step->wall_s};
        struct bytes runs;
        char when[32];
        order_time(&when_of, when);
        bytes_init(&runs, (size_t)1 << 20);
        done = family_runs_text(step->runs, step->run_count, &runs, err);
        if (done)
            (void)printf("  %s of runs %.*s%s%s by %s at %s: %s\n",
                         step->rollback ? "rollback" : "amendment", (int)runs.size,
                         (const char *)runs.data, step->rollback ? "" : ": ",
                         step->member, step->who, when, step->reason);
        bytes_release(&runs);
    }
    family_release(&family);
    return done;
}

/* What the coordinator saw last, while the campaign is open. */
static bool print_alert(struct catalog_txn *txn, const struct campaign *campaign,
                        struct err *err)
{
    struct watch_record record;
    if (watch_read(txn, campaign->name, &record, err) == LOOKUP_FAILED)
        return false;
    if (record.alert && !campaign->complete)
        (void)printf("  no progress: %s; spillway overdue\n", record.cause);
    return true;
}

/* Of each period the stage, and what it waits for. */
static bool print_gates(struct catalog_txn *txn, const struct campaign *campaign,
                        struct json_writer *json, struct err *err)
{
    struct gates gates;
    struct bytes text;
    bytes_init(&text, (size_t)1 << 24);
    bool done = gates_read(&gates, txn, campaign, clock_wall_s(), err);
    if (done && json == NULL)
        done = gates_text(&gates, campaign->name, false, &text, err);
    if (done && json != NULL && gates.stages.count > 0)
        gates_json(&gates, json);
    if (done)
        (void)printf("%.*s", (int)text.size, (const char *)text.data);
    gates_release(&gates);
    bytes_release(&text);
    return done;
}

/* What is known of the tag of the campaign that was named. */
struct tag_news {
    enum moved moved;
    char detail[MOVED_DETAIL];
};

static void print_news(const struct campaign *campaign, const struct tag_news *news)
{
    if (news->moved == MOVED_YES)
        (void)printf("  tag %s moved since planning (%s): the campaign keeps what it was "
                     "planned with\n",
                     campaign->tag, news->detail);
    if (news->moved == MOVED_UNKNOWN)
        (void)printf("  whether tag %s moved is not known: %s\n", campaign->tag,
                     news->detail);
}

/* Into `json`; as text when that is NULL. */
static bool print_rest(struct catalog_txn *txn, const struct status *status,
                       struct json_writer *json, struct err *err)
{
    struct rest rest;
    struct rest_of of = status_rest(status, clock_wall_s());
    if (status_is_over(status))
        return true;
    if (!rest_read(txn, &of, &rest, err))
        return false;
    if (json != NULL)
        rest_json(&rest, json);
    else
        rest_print(&rest, &of);
    return true;
}

enum lookup status_space(struct catalog_txn *txn, const struct status *status,
                         struct space *space, struct err *err)
{
    uint32_t final = status->by_state[SEGMENT_COMMITTED] +
                     status->by_state[SEGMENT_LOST] + status->amended;
    if (status_is_over(status))
        return LOOKUP_ABSENT;
    return space_of_campaign(txn, &status->campaign,
                             status->campaign.segment_count - final, space, err);
}

/* When the store will not hold it all: into `json`; as text when that is NULL. */
static bool print_space(struct catalog_txn *txn, const struct status *status,
                        struct json_writer *json, struct err *err)
{
    struct space space;
    char text[SPACE_TEXT];
    enum lookup found = status_space(txn, status, &space, err);
    if (found != LOOKUP_FOUND || !space_is_short(&space))
        return found != LOOKUP_FAILED;
    space_text(&space, status->campaign.store, text);
    if (json == NULL)
        (void)printf("  %s\n", text);
    else
        space_json(&space, json);
    return true;
}

static bool print_text(struct catalog_txn *txn, const struct status *status, bool all,
                       struct err *err)
{
    const struct campaign *campaign = &status->campaign;
    (void)printf("%s: %s\n  %u segments:", campaign->name, status_word(status),
                 campaign->segment_count);
    const char *comma = "";
    for (unsigned i = 0; i < SEGMENT_STATES; i++)
        if (status->by_state[i] > 0) {
            (void)printf("%s %u %s", comma, status->by_state[i],
                         segment_state_name((enum segment_state)i));
            comma = ",";
        }
    if (status->amended > 0)
        (void)printf("%s %u amended", comma, status->amended);
    (void)printf("\n  %u files published", status->groups[GROUP_PUBLISHED]);
    uint32_t open = status->groups[GROUP_OPEN] + status->groups[GROUP_LEASED] +
                    status->groups[GROUP_PUBLISHING];
    if (open > 0)
        (void)printf(", %u being merged", open);
    if (status->groups[GROUP_FAILED] > 0)
        (void)printf(", %u merges failed", status->groups[GROUP_FAILED]);
    (void)printf("\n");
    enum err_code waiting = (enum err_code)status->waiting_failure;
    if (waiting != E_NONE)
        (void)printf("  %u wait and are tried again: %s: %s\n", status->waiting,
                     err_name(waiting), err_advice(waiting));
    if (!print_rest(txn, status, NULL, err) || !print_space(txn, status, NULL, err) ||
        !print_gates(txn, campaign, NULL, err) || !print_orders(txn, status, all, err) ||
        !print_family(txn, campaign->name, err) ||
        !attempt_rules_show(txn, campaign, NULL, err) || !print_alert(txn, campaign, err))
        return false;
    (void)fflush(stdout);
    return stuck_print(txn, campaign, stderr, err);
}

static bool put_json(struct json_writer *json, struct catalog_txn *txn,
                     const struct status *status, const struct tag_news *news,
                     struct err *err)
{
    json_open_object(json, NULL);
    json_put_text(json, "campaign", status->campaign.name);
    json_put_text(json, "status", status_word(status));
    json_put_text(json, "tag", status->campaign.tag);
    if (news->moved != MOVED_NOT_ASKED)
        json_put_text(json, "tag_moved", moved_name(news->moved));
    json_put_text(json, "store", status->campaign.store);
    json_put_u64(json, "priority", status->orders.priority);
    if (status->orders.hold != CORE_RUNNING) {
        json_put_text(json, "held_by", status->orders.held.who);
        json_put_i64(json, "held_unix_s", status->orders.held.wall_s);
        json_put_text(json, "held_reason", status->orders.held.reason);
    }
    json_put_u64(json, "segments", status->campaign.segment_count);
    for (unsigned i = 0; i < SEGMENT_STATES; i++)
        json_put_u64(json, segment_state_name((enum segment_state)i),
                     status->by_state[i]);
    json_put_u64(json, "amended", status->amended);
    json_put_u64(json, "files_published", status->groups[GROUP_PUBLISHED]);
    json_put_u64(json, "merges_failed", status->groups[GROUP_FAILED]);
    if (status->waiting_failure != E_NONE)
        json_put_text(json, "waiting_failure",
                      err_name((enum err_code)status->waiting_failure));
    bool done = print_rest(txn, status, json, err) &&
                print_space(txn, status, json, err) &&
                print_gates(txn, &status->campaign, json, err) &&
                attempt_rules_show(txn, &status->campaign, json, err);
    json_close_object(json);
    return done;
}

/* Into `json`; as text when that is NULL. */
static bool print_one(struct catalog_txn *txn, const struct campaign *campaign,
                      const struct tag_news *news, bool named, struct json_writer *json,
                      struct err *err)
{
    struct status status;
    if (!status_read(txn, campaign->name, &status, err))
        return false;
    if (json != NULL)
        return put_json(json, txn, &status, news, err);
    if (!print_text(txn, &status, named, err))
        return false;
    print_news(campaign, news);
    return true;
}

static bool print_all(struct catalog_txn *txn, const char *only, bool as_json,
                      const struct tag_news *news, struct err *err)
{
    struct campaign campaign;
    struct bytes text;
    struct json_writer json;
    bytes_init(&text, (size_t)64 << 20);
    json_begin(&json, &text);
    json_open_array(&json, NULL);
    enum lookup found = LOOKUP_FOUND;
    bool done = true;
    bool any = false;
    for (uint32_t id = 1; done && found == LOOKUP_FOUND; id = campaign.id + 1) {
        found = catalog_next_campaign(txn, id, &campaign, err);
        if (found != LOOKUP_FOUND)
            break;
        if (only != NULL && strcmp(only, campaign.name) != 0)
            continue;
        any = true;
        done = print_one(txn, &campaign, news, only != NULL, as_json ? &json : NULL, err);
    }
    done = done && found != LOOKUP_FAILED;
    if (done && only != NULL && !any)
        done = err_set(err, E_NOT_FOUND, "campaign \"%s\" is not planned", only);
    json_close_array(&json);
    done = done && json_end(&json, err);
    if (done && as_json)
        (void)printf("%.*s\n", (int)text.size, (const char *)text.data);
    else if (done && !any)
        (void)printf("no campaign is planned yet: spillway plan CAMPAIGN.yaml\n");
    bytes_release(&text);
    return done;
}

int status_command(struct area *area, int argc, char **argv)
{
    struct err err;
    bool as_json = false;
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    struct tag_news news = {.moved = MOVED_NOT_ASKED};
    const struct command_option options[] = {{.name = "json", .flag = &as_json}};
    bool done = command_options(options, 1, &argc, argv, &err) &&
                command_words(argc, 0, 1, "one campaign", &err) &&
                area_open(area, &err) &&
                (argc < 2 || moved_ask(area, argv[1], &news.moved, news.detail, &err)) &&
                area_read(area, &catalog, &txn, &err) &&
                print_all(txn, argc == 2 ? argv[1] : NULL, as_json, &news, &err);
    catalog_abort(txn);
    catalog_close(catalog);
    return done ? 0 : command_error(&err);
}
