/* gate_command.c - spillway validate and gate.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/gate_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/evidence.h"
#include "coordinator/order_send.h"
#include "coordinator/ruling.h"
#include "coordinator/who.h"

const char validate_usage[] =
    "spillway validate CAMPAIGN --period P [--json]\n"
    "\n"
    "What the sample of a period came to, once it is done: for each run events, spills\n"
    "and EOT, what each skim kept, damage, digests of all streams, fallbacks and losses.\n"
    "Written to evidence/ of the area; its sha256 is what spillway gate is given. The\n"
    "same sample gives the same document. Works while a coordinator runs.\n"
    "\n"
    "A campaign file with stages: {sample: {spills: N}} has a sample and gates.\n"
    "Exit status 17: the sample is not done.\n";

const char gate_usage[] =
    "spillway gate CAMPAIGN --period P --approve --evidence SHA256 [--by WHO]\n"
    "              [--reason TEXT] [--expires YYYY-MM-DD[THH:MM:SS]]\n"
    "spillway gate CAMPAIGN --period P --refuse --evidence SHA256 [--by WHO]\n"
    "              --reason TEXT\n"
    "\n"
    "The word on the sample of a period. --evidence: from spillway validate, at least 12\n"
    "characters of it; a document that does not tell of the sample as it is now is\n"
    "refused. An approval releases the rest of the period; the sample is not done again.\n"
    "It holds to the end of the day --expires, or to that time (UTC), by default for as\n"
    "many days as the campaign file says. One that expired before a coordinator ran, or whose sample\n"
    "changed since (amend), releases nothing: look and approve again. What was released\n"
    "goes on, also after a refusal: spillway pause stops it. Who (the login name unless it\n"
    "is given), when, why and the evidence are kept: spillway status CAMPAIGN. Works while a coordinator runs and\n"
    "without one; then spillway run CAMPAIGN.yaml.\n"
    "\n"
    "Exit status 2: there is no such gate, nothing waits behind it, or the evidence is\n"
    "another one; 17: the sample is not done.\n";

#define EVIDENCE_DIGITS 12u
#define DAY_S           86400

/* What both commands look at. */
struct look {
    struct area *area;
    const char *name, *period;
    uint32_t gate_days;
    struct evidence evidence;
};

static bool sample_look(struct look *look, struct catalog_txn *txn,
                        const struct campaign *campaign, const struct gates *gates,
                        struct err *err)
{
    uint32_t i = 0;
    while (i < gates->stages.count &&
           strcmp(gates->stages.periods[i].name, look->period) != 0)
        i++;
    if (i == gates->stages.count)
        return err_set(err, E_NOT_FOUND, "campaign %s has no gate of period \"%.40s\"",
                       campaign->name, look->period);
    const struct stage_counts *counts = &gates->list[i].counts;
    if (counts->sample_open > 0)
        return err_set(err, E_GATE,
                       "period %s: %" PRIu32 " of %" PRIu32
                       " segments of its sample are not done: spillway run",
                       look->period, counts->sample_open, counts->sample);
    look->gate_days = gates->stages.gate_days;
    return evidence_make(&look->evidence, txn, campaign, &gates->stages.periods[i], err);
}

static bool look_at(struct look *look, struct err *err)
{
    struct catalog *catalog = NULL;
    struct catalog_txn *txn;
    struct campaign campaign;
    struct gates gates;
    if (look->period == NULL)
        return err_set(err, E_USAGE, "--period P: spillway status lists them");
    if (!area_catalog(look->area, CATALOG_READ, &catalog, err))
        return false;
    bool done = catalog_begin(catalog, &txn, err);
    if (done) {
        enum lookup found = catalog_get_campaign(txn, look->name, &campaign, err);
        if (found == LOOKUP_ABSENT)
            err_set(err, E_NOT_FOUND, "campaign \"%.60s\" is not planned", look->name);
        done = found == LOOKUP_FOUND;
        if (done) {
            done = gates_read(&gates, txn, &campaign, clock_wall_s(), err) &&
                   sample_look(look, txn, &campaign, &gates, err);
            gates_release(&gates);
        }
        catalog_abort(txn);
    }
    catalog_close(catalog);
    return done;
}

/* evidence/CAMPAIGN.HASH.json: nothing that was looked at is ever overwritten by
 * something else. */
static bool evidence_keep(const struct look *look, char path[AREA_PATH], struct err *err)
{
    char hex[SHA256_HEX];
    char name[CAMPAIGN_NAME + 48];
    char folder[AREA_PATH];
    const struct bytes *document = &look->evidence.document;
    sha256_to_hex(&look->evidence.hash, hex);
    (void)snprintf(name, sizeof name, "evidence/%.47s.%.16s.json", look->name, hex);
    return area_path(look->area, "evidence", folder, err) &&
           disk_make_path(folder, err) && area_path(look->area, name, path, err) &&
           disk_write_durable(path, document->data, document->size, 0644, err);
}

static bool validate(struct look *look, int argc, char **argv, bool *json,
                     char path[AREA_PATH], struct err *err)
{
    const struct command_option options[] = {{.name = "period", .text = &look->period},
                                             {.name = "json", .flag = json}};
    if (!command_options(options, 2, &argc, argv, err) ||
        !command_words(argc, 1, 1, "one campaign", err))
        return false;
    look->name = argv[1];
    return look_at(look, err) && evidence_keep(look, path, err);
}

int validate_command(struct area *area, int argc, char **argv)
{
    struct err err;
    bool json = false;
    char path[AREA_PATH];
    char hex[SHA256_HEX];
    struct look look = {.area = area};
    evidence_init(&look.evidence);
    int status = 0;
    if (!validate(&look, argc, argv, &json, path, &err)) {
        status = command_error(&err);
    } else if (json) {
        status = command_print(&look.evidence.document);
    } else {
        sha256_to_hex(&look.evidence.hash, hex);
        (void)printf("campaign %s, sample of period %s:\n%.*s"
                     "evidence %s\n  in %s\n"
                     "spillway gate %s --period %s --approve --evidence %s\n",
                     look.name, look.period, (int)look.evidence.lines.size,
                     (const char *)look.evidence.lines.data, hex, path, look.name,
                     look.period, hex);
    }
    evidence_release(&look.evidence);
    return status;
}

struct gate_options {
    bool approve, refuse;
    const char *evidence, *by, *reason, *expires;
};

/* The end of a day, or a time, in UTC. */
static bool expiry_read(const char *word, int64_t *expires_s, struct err *err)
{
    struct tm day = {.tm_mday = 0};
    const char *end = strptime(word, "%Y-%m-%d", &day);
    bool timed = end != NULL && *end == 'T';
    if (timed)
        end = strptime(end, "T%H:%M:%S", &day);
    if (end == NULL || *end != 0)
        return err_set(err, E_USAGE,
                       "--expires: %.40s is no date as 2026-11-30 or time as "
                       "2026-11-30T12:00:00",
                       word);
    *expires_s = (int64_t)timegm(&day) + (timed ? 0 : DAY_S);
    return true;
}

static bool words_check(const struct gate_options *options, struct order *order,
                        struct err *err)
{
    struct gate_word *word = &order->gate;
    if (options->approve == options->refuse)
        return err_set(err, E_USAGE, "either --approve or --refuse");
    if (options->evidence == NULL || strlen(options->evidence) < EVIDENCE_DIGITS)
        return err_set(err, E_USAGE,
                       "--evidence SHA256: at least %u characters of what spillway "
                       "validate prints",
                       EVIDENCE_DIGITS);
    word->approve = options->approve;
    return who_read(options->by, order->who, err) &&
           ((options->approve && options->reason == NULL) ||
            ruling_word("reason", options->reason, order->reason, sizeof order->reason,
                        err)) &&
           (options->expires == NULL ||
            expiry_read(options->expires, &word->expires_s, err));
}

/* The document that was looked at is the one that is made now. */
static bool evidence_check(const struct look *look, const char *evidence, struct err *err)
{
    char hex[SHA256_HEX];
    sha256_to_hex(&look->evidence.hash, hex);
    if (strlen(evidence) < sizeof hex && strncmp(hex, evidence, strlen(evidence)) == 0)
        return true;
    return err_set(err, E_USAGE,
                   "evidence %.12s... does not tell of the sample of period %s as it is "
                   "now, which is %.12s...: spillway validate %s --period %s",
                   evidence, look->period, hex, look->name, look->period);
}

static bool gate_words(struct look *look, int argc, char **argv, struct order *order,
                       bool *news, struct err *err)
{
    struct gate_options words = {.approve = false};
    struct gate_word *gate = &order->gate;
    const struct command_option options[] = {
        {.name = "period", .text = &look->period},
        {.name = "approve", .flag = &words.approve},
        {.name = "refuse", .flag = &words.refuse},
        {.name = "evidence", .text = &words.evidence},
        {.name = "by", .text = &words.by},
        {.name = "reason", .text = &words.reason},
        {.name = "expires", .text = &words.expires}};
    if (!command_options(options, sizeof options / sizeof options[0], &argc, argv, err) ||
        !command_words(argc, 1, 1, "one campaign", err) ||
        !words_check(&words, order, err))
        return false;
    look->name = argv[1];
    if (!look_at(look, err) || !evidence_check(look, words.evidence, err) ||
        !text_copy(order->campaign, sizeof order->campaign, look->name, err) ||
        !text_copy(gate->period, sizeof gate->period, look->period, err))
        return false;
    order->wall_s = clock_wall_s();
    if (gate->expires_s == 0)
        gate->expires_s = order->wall_s + (int64_t)look->gate_days * DAY_S;
    gate->evidence = look->evidence.hash;
    gate->sample = look->evidence.sample;
    return order_send(look->area, order, news, err);
}

int gate_command(struct area *area, int argc, char **argv)
{
    struct err err;
    bool news = false;
    char expires[32];
    struct look look = {.area = area};
    struct order order = {.kind = ORDER_GATE};
    evidence_init(&look.evidence);
    bool done = gate_words(&look, argc, argv, &order, &news, &err);
    evidence_release(&look.evidence);
    if (!done)
        return command_error(&err);
    gate_time(order.gate.expires_s, expires);
    if (!news)
        (void)printf("campaign %s: that was said already\n", order.campaign);
    else if (order.gate.approve)
        (void)printf(
            "campaign %s: period %s is approved until %s: a coordinator releases "
            "the rest\n",
            order.campaign, order.gate.period, expires);
    else
        (void)printf(
            "campaign %s: period %s is refused: its rest stays behind the gate\n",
            order.campaign, order.gate.period);
    return 0;
}
