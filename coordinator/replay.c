/* replay.c - spillway replay.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/disk.h"
#include "base/text.h"
#include "coordinator/campaign_file.h"
#include "coordinator/command.h"
#include "coordinator/core_digest.h"
#include "release_id.h"

const char replay_usage[] =
    "spillway replay JOURNAL [--policy CAMPAIGN.yaml]\n"
    "\n"
    "Decides again what a coordinator decided in one of its lives: JOURNAL is a file of\n"
    "AREA/journal. The decisions must be the same, or the first step that differs is\n"
    "named. --policy: which failures the retry rules and limits of another campaign file\n"
    "would have answered otherwise, and from where on the history would have been\n"
    "another one. Needs no area. A tail that is not whole is cut and told.\n";

/* A journal is bounded when it is written: journal.h, and 30 MB for the plan. */
#define REPLAY_FILE  ((size_t)256 << 20)
#define REPLAY_TEXT  ((size_t)1 << 20)
#define REPLAY_ARENA ((size_t)1 << 20)

#define SHOWN 20u /* decisions that would be others */

#define SECOND_NS ((int64_t)1000000000)

struct replay {
    struct journal_state *state;
    struct core *core;                    /* as it was */
    struct core *other;                   /* NULL: none, or the histories parted */
    const struct campaign_policy *policy; /* of the other, NULL none */
    uint32_t *asked;                      /* by unit: cuts without an answer, of `core` */
    uint32_t units;
    struct replayed *replayed;
    struct bytes *out;
};

static void command_text(const struct core_command *command, char out[160])
{
    static const char *const names[] = {
        "state",   "lease",  "commit", "end",   "collect", "verdict", "lost",
        "unknown", "finish", "cut",    "group", "publish", "complete"};
    (void)snprintf(out, 160, "%s", names[command->kind]);
    size_t used = strlen(out);
    if (command->kind == COMMAND_STATE)
        (void)snprintf(out + used, 160 - used, " of segment %" PRIu32 ": %s",
                       command->segment,
                       segment_state_name((enum segment_state)command->state.state));
    else if (command->kind == COMMAND_LEASE)
        (void)snprintf(out + used, 160 - used,
                       " of attempt %" PRIu64 ": %" PRIu32 " from %" PRIu32,
                       command->attempt, command->segment_count, command->segments[0]);
    else if (command->attempt != 0)
        (void)snprintf(out + used, 160 - used, " of attempt %" PRIu64, command->attempt);
    else if (command->group != UINT32_MAX)
        (void)snprintf(out + used, 160 - used, " of group %" PRIu32, command->group);
    else if (command->unit != UINT32_MAX)
        (void)snprintf(out + used, 160 - used, " of unit %" PRIu32, command->unit);
}

/* An answer to a cut that nobody asked for, and the core would stop. */
static bool event_fits(struct replay *replay, const struct journal_event *event,
                       struct err *err)
{
    if (event->event.kind != EVENT_GROUPS)
        return true;
    uint32_t unit = event->event.unit;
    if (unit >= replay->units || replay->asked[unit] == 0)
        return err_set(err, E_JOURNAL,
                       "line %" PRIu64 ": groups of a unit that nobody asked for",
                       event->line);
    replay->asked[unit]--;
    return true;
}

static void learn(struct replay *replay, const struct core_commands *commands)
{
    for (uint32_t i = 0; i < commands->count; i++) {
        uint32_t unit = commands->list[i].unit;
        if (commands->list[i].kind != COMMAND_CUT)
            continue;
        if (unit >= replay->units) {
            replay->asked = mem_grow(replay->asked, unit + 1, sizeof *replay->asked);
            for (uint32_t u = replay->units; u <= unit; u++)
                replay->asked[u] = 0;
            replay->units = unit + 1;
        }
        replay->asked[unit]++;
    }
}

static bool differs(const struct journal_event *event,
                    const struct core_commands *commands, struct err *err)
{
    char first[160] = "nothing";
    if (commands->count > 0)
        command_text(&commands->list[0], first);
    return err_set(err, E_REPLAY,
                   "line %" PRIu64 ": event %d at %" PRId64
                   ".%03d s: the journal has other commands than the %" PRIu32
                   " that are given now, of which the first is: %s",
                   event->line, event->event.kind, event->event.now_ns / SECOND_NS,
                   (int)(event->event.now_ns / 1000000 % 1000), commands->count, first);
}

/* The failure that a command ended an attempt for, under the other rules. */
static bool compare_decision(struct replay *replay, const struct core_event *event,
                             const struct core_command *end, struct err *err)
{
    if (end->kind != COMMAND_END || end->decision.rule == 0 ||
        end->report >= event->report_count)
        return true;
    const struct core_report *report = &event->reports[end->report];
    const struct retry_facts facts = {report->failure, report->signal, report->text};
    struct retry_decision now =
        retry_decide(replay->policy->rules, replay->policy->rule_count, &facts);
    const struct campaign_policy *was = journal_state_policy(replay->state);
    const struct retry_rule *rule =
        retry_rule_at(was->rules, was->rule_count, end->decision.rule);
    replay->replayed->failures++;
    if (rule == NULL || now.action == rule->action)
        return true;
    if (++replay->replayed->decided_otherwise > SHOWN)
        return true;
    return text_addf(
        replay->out, err, "attempt %" PRIu64 ": %s: rule %u, %s, would be rule %u, %s\n",
        end->attempt, err_name((enum err_code)report->failure), end->decision.rule,
        retry_action_name((enum retry_action)rule->action), now.rule,
        retry_action_name((enum retry_action)now.action));
}

/* Rules have other numbers in another file: what was done counts. */
static bool command_same(const struct core_command *a, const struct core_command *b)
{
    struct core_command x = *a;
    struct core_command y = *b;
    x.decision.rule = y.decision.rule = 0;
    x.decision.passive = y.decision.passive = 0;
    return core_command_digest(&x) == core_command_digest(&y);
}

static bool part(struct replay *replay, const struct journal_event *event,
                 const struct core_commands *was, const struct core_commands *now,
                 struct err *err)
{
    char before[160] = "nothing";
    char after[160] = "nothing";
    uint32_t i = 0;
    while (i < was->count && i < now->count && command_same(&was->list[i], &now->list[i]))
        i++;
    if (i == was->count && i == now->count)
        return true;
    if (i < was->count)
        command_text(&was->list[i], before);
    if (i < now->count)
        command_text(&now->list[i], after);
    replay->replayed->parted_line = event->line;
    core_free(replay->other);
    replay->other = NULL;
    return text_addf(replay->out, err,
                     "from line %" PRIu64 " on, at %" PRId64
                     " s, the history would be another one: %s; it was: %s\n",
                     event->line, event->event.now_ns / SECOND_NS, after, before);
}

static bool step(struct replay *replay, const struct journal_event *event,
                 struct err *err)
{
    struct core_commands was;
    struct core_commands now;
    if (!event_fits(replay, event, err))
        return false;
    core_step(replay->core, &event->event, &was);
    learn(replay, &was);
    replay->replayed->events++;
    replay->replayed->commands += was.count;
    if (core_commands_digest(&was) != event->digest)
        return differs(event, &was, err);
    for (uint32_t i = 0; replay->policy != NULL && i < was.count; i++)
        if (!compare_decision(replay, &event->event, &was.list[i], err))
            return false;
    if (replay->other == NULL)
        return true;
    core_step(replay->other, &event->event, &now);
    return part(replay, event, &was, &now, err);
}

bool replay_journal(struct journal_state *state, const struct campaign_policy *other,
                    struct replayed *replayed, struct bytes *out, struct err *err)
{
    struct replay replay = {
        .state = state, .policy = other, .replayed = replayed, .out = out};
    struct journal_event event;
    enum lookup found;
    bool done = true;
    *replayed = (struct replayed){.events = 0};
    replay.core = journal_state_core(state, journal_state_policy(state));
    if (other != NULL)
        replay.other = journal_state_core(state, other);
    while (done && (found = journal_event_next(state, &event, &replayed->cut, err)) !=
                       LOOKUP_ABSENT)
        done = found == LOOKUP_FOUND && step(&replay, &event, err);
    core_free(replay.core);
    core_free(replay.other);
    free(replay.asked);
    return done;
}

static bool policy_read(const char *path, struct campaign_policy *policy, struct err *err)
{
    struct arena arena;
    struct sha256 release;
    struct campaign_file file;
    arena_init(&arena, REPLAY_ARENA);
    bool done = sha256_from_hex(SPILLWAY_RELEASE_ID, &release, err) &&
                campaign_file_read(path, &release, &arena, &file, err);
    if (done)
        *policy = file.campaign.policy;
    arena_release(&arena);
    return done;
}

static void print(const struct journal_state *state, const struct replayed *replayed,
                  const struct bytes *out, bool other)
{
    (void)printf("campaign %s: %" PRIu64 " events, %" PRIu64
                 " commands, the same decisions\n",
                 journal_state_campaign(state), replayed->events, replayed->commands);
    if (replayed->cut > 0)
        (void)printf("the last %zu bytes are no whole line and were cut\n",
                     replayed->cut);
    if (!other)
        return;
    (void)printf("%.*s", (int)out->size, (const char *)out->data);
    (void)printf("under the other policy %" PRIu64 " of %" PRIu64
                 " failures would be answered otherwise; the history %s\n",
                 replayed->decided_otherwise, replayed->failures,
                 replayed->parted_line == 0 ? "would be the same"
                                            : "would be another one");
}

static bool replay_file(const char *path, const char *policy_path, struct err *err)
{
    struct bytes data;
    struct bytes out;
    struct journal_state *state = NULL;
    struct campaign_policy policy;
    struct replayed replayed;
    bytes_init(&data, REPLAY_FILE);
    bytes_init(&out, REPLAY_TEXT);
    bool done = (policy_path == NULL || policy_read(policy_path, &policy, err)) &&
                disk_read_file(path, &data, err);
    enum lookup found = LOOKUP_ABSENT;
    if (done) {
        found = journal_state_read((const char *)data.data, data.size, &state, err);
        if (found == LOOKUP_FOUND &&
            !replay_journal(state, policy_path == NULL ? NULL : &policy, &replayed, &out,
                            err))
            found = LOOKUP_FAILED;
        done = found != LOOKUP_FAILED || err_wrap(err, "%s", path);
    }
    if (done && found == LOOKUP_FOUND)
        print(state, &replayed, &out, policy_path != NULL);
    else if (done)
        (void)printf("%s: its coordinator ended before its first event: it decided "
                     "nothing\n",
                     path);
    journal_state_free(state);
    bytes_release(&out);
    bytes_release(&data);
    return done;
}

int replay_command(struct area *area, int argc, char **argv)
{
    struct err err;
    const char *policy = NULL;
    const struct command_option options[] = {{.name = "policy", .text = &policy}};
    (void)area;
    bool done = command_options(options, 1, &argc, argv, &err) &&
                command_words(argc, 1, 1, "one journal", &err) &&
                replay_file(argv[1], policy, &err);
    return done ? 0 : command_error(&err);
}
