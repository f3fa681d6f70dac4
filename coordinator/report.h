/* report.h - spillway report: selected = delivered + lost + open, by run and spill.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_REPORT_H
#define SPILLWAY_COORDINATOR_REPORT_H

#include "catalog/catalog.h"
#include "coordinator/area.h"
#include "coordinator/eot.h"
#include "coordinator/fallback.h"
#include "coordinator/ruling.h"
#include "coordinator/stages.h"

/* A segment that is lost, or waits for a person in quarantine; or an event of one that is
 * skipped. */
struct report_loss {
    struct segment_id id;
    uint32_t spill;
    uint64_t events, physics; /* the second: of the type that EOT is shared by */
    double eot;     /* their share of the spill's; 0 of a masked one, NaN: not known */
    uint32_t event; /* the one that is skipped, UINT32_MAX: the whole segment */
    enum segment_state state;
    uint16_t failure;             /* code of its last error, 0: closed by policy */
    char by[RULING_BY];           /* LOST or skipped: who accepted it, "" the policy */
    char accepted[RULING_REASON]; /* why */
    int64_t accepted_s;           /* when, 0 with the policy */
};

struct report_run {
    uint32_t run;
    struct eot eot;
};

struct report_spill {
    uint32_t run, spill;
    struct eot eot;
};

struct campaign_report {
    struct campaign campaign;
    struct report_run *runs;
    size_t run_count, run_room;
    bool by_spill;               /* asked for before it is read */
    struct report_spill *spills; /* ascending */
    size_t spill_count, spill_room;
    struct report_loss *losses; /* merge order */
    size_t loss_count, loss_room;
    struct eot sum;
    struct fallback_use fallbacks;
    struct rulings rulings;
    const struct stage_spans *only; /* NULL: all segments; borrowed */
};

void campaign_report_init(struct campaign_report *report);
void campaign_report_release(struct campaign_report *report);

/* E_NOT_FOUND when there is no such campaign. */
bool campaign_report_read(struct campaign_report *report, struct catalog_txn *txn,
                          const char *name, struct err *err);

/* Of these segments only, without those of runs that an amendment answers for; the
 * amendments are not read. `only` outlives the report. */
bool campaign_report_part(struct campaign_report *report, struct catalog_txn *txn,
                          const char *name, const struct stage_spans *only,
                          struct err *err);

/* Fills report->fallbacks; the campaign is known (report_fallback.c). */
bool report_fallbacks(struct campaign_report *report, struct catalog_txn *txn,
                      struct err *err);

bool campaign_report_text(const struct campaign_report *report, struct bytes *out,
                          struct err *err);
/* Members of an object: an account; "losses". */
void report_account_json(struct json_writer *json, const struct eot *eot);
void report_losses_json(struct json_writer *json, const struct campaign_report *report);

bool campaign_report_json(const struct campaign_report *report, struct bytes *out,
                          struct err *err);

extern const char report_usage[];
int report_command(struct area *area, int argc, char **argv);

#endif
