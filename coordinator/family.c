/* family.c - steps of amendments and rollbacks, and what follows for a run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/family.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define FAMILY_TEXT ((size_t)16 << 20)

void family_base(const char *campaign, char base[CAMPAIGN_NAME])
{
    const char *plus = strchr(campaign, '+');
    int length = plus == NULL ? (int)strlen(campaign) : (int)(plus - campaign);
    (void)snprintf(base, CAMPAIGN_NAME, "%.*s", length, campaign);
}

void family_runs_add(struct run_range **runs, uint32_t *count, uint32_t run)
{
    if (*count > 0 && (*runs)[*count - 1].last + 1 == run) {
        (*runs)[*count - 1].last = run;
        return;
    }
    *runs = mem_grow(*runs, *count + 1, sizeof **runs);
    (*runs)[(*count)++] = (struct run_range){run, run};
}

bool family_runs_have(const struct run_range *runs, uint32_t count, uint32_t run)
{
    for (uint32_t i = 0; i < count; i++)
        if (run >= runs[i].first && run <= runs[i].last)
            return true;
    return false;
}

bool family_runs_text(const struct run_range *runs, uint32_t count, struct bytes *out,
                      struct err *err)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct run_range *range = &runs[i];
        bool done = text_addf(out, err, "%s%" PRIu32, i == 0 ? "" : ",", range->first);
        if (done && range->last != range->first)
            done = text_addf(out, err, "-%" PRIu32, range->last);
        if (!done)
            return false;
    }
    return true;
}

static void step_release(struct family_step *step)
{
    free(step->runs);
    step->runs = NULL;
}

void family_release(struct family *family)
{
    for (uint32_t i = 0; i < family->count; i++)
        step_release(&family->steps[i]);
    free(family->steps);
    *family = (struct family){.count = 0};
}

static bool runs_read(struct family_step *step, const char *text, struct err *err)
{
    while (*text != 0) {
        char word[32];
        struct run_range range;
        size_t length = strcspn(text, ",");
        (void)snprintf(word, sizeof word, "%.*s", (int)(length < 31 ? length : 31), text);
        if (!run_range_read(word, &range, err))
            return false;
        step->runs = mem_grow(step->runs, step->run_count + 1, sizeof *step->runs);
        step->runs[step->run_count++] = range;
        text += length + (text[length] == ',' ? 1 : 0);
    }
    return true;
}

static bool step_read(const struct json *object, struct family_step *step,
                      struct err *err)
{
    const char *member;
    const char *runs;
    const char *who;
    const char *reason;
    if (!json_bool(json_get(object, "rollback"), &step->rollback) ||
        !json_text(json_get(object, "member"), &member) ||
        !json_text(json_get(object, "runs"), &runs) ||
        !json_text(json_get(object, "who"), &who) ||
        !json_text(json_get(object, "reason"), &reason) ||
        !json_i64(json_get(object, "unix_s"), &step->wall_s))
        return err_set(err, E_CATALOG_DAMAGED, "a step of a family is not whole");
    return text_copy(step->member, sizeof step->member, member, err) &&
           text_copy(step->who, sizeof step->who, who, err) &&
           text_copy(step->reason, sizeof step->reason, reason, err) &&
           runs_read(step, runs, err);
}

static bool line_read(struct family *family, const void *data, size_t size,
                      struct err *err)
{
    struct json *document;
    if (family->count == FAMILY_STEPS)
        return err_set(err, E_LIMIT, "campaign %s: above %u amendments", family->base,
                       FAMILY_STEPS);
    if (!json_parse(data, size, family->base, &document, err))
        return false;
    family->steps = mem_grow(family->steps, family->count + 1, sizeof *family->steps);
    struct family_step *step = &family->steps[family->count++];
    *step = (struct family_step){.run_count = 0};
    bool done = step_read(document, step, err);
    json_free(document);
    return done;
}

static void text_name(const char *base, char name[CAMPAIGN_NAME + 8])
{
    (void)snprintf(name, CAMPAIGN_NAME + 8, "family/%s", base);
}

bool family_load(struct family *family, struct catalog_txn *txn, const char *campaign,
                 struct err *err)
{
    char name[CAMPAIGN_NAME + 8];
    struct bytes text;
    *family = (struct family){.count = 0};
    family_base(campaign, family->base);
    text_name(family->base, name);
    bytes_init(&text, FAMILY_TEXT);
    bool done = catalog_get_text(txn, name, &text, err) != LOOKUP_FAILED;
    for (size_t at = 0; done && at < text.size;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
        size_t size = end == NULL ? text.size - at : (size_t)(end - text.data) - at;
        done = line_read(family, text.data + at, size, err);
        at += size + 1;
    }
    bytes_release(&text);
    return done;
}

/* The steps that hold for a run, the last one first in `at`: -1 the campaign itself. */
static void holding(const struct family *family, uint32_t run, int at[2])
{
    int *stack = mem_new(family->count + 1, sizeof *stack);
    uint32_t depth = 0;
    stack[depth++] = -1;
    for (uint32_t i = 0; i < family->count; i++) {
        const struct family_step *step = &family->steps[i];
        if (!family_runs_have(step->runs, step->run_count, run))
            continue;
        if (!step->rollback)
            stack[depth++] = (int)i;
        else if (depth > 1)
            depth--;
    }
    at[0] = stack[depth - 1];
    at[1] = depth > 1 ? stack[depth - 2] : -2;
    free(stack);
}

static const char *member_at(const struct family *family, int at)
{
    return at < 0 ? family->base : family->steps[at].member;
}

const char *family_answer(const struct family *family, uint32_t run)
{
    int at[2] = {-1, -2};
    if (family->count > 0)
        holding(family, run, at);
    return member_at(family, at[0]);
}

const char *family_before(const struct family *family, uint32_t run)
{
    int at[2] = {-1, -2};
    if (family->count > 0)
        holding(family, run, at);
    return at[1] == -2 ? NULL : member_at(family, at[1]);
}

bool family_is(const struct family *family, const char *campaign, uint32_t run)
{
    return strcmp(family_answer(family, run), campaign) == 0;
}

static bool member_paused(struct catalog_txn *txn, const char *member,
                          struct order *order, bool *paused, struct err *err)
{
    struct campaign campaign;
    struct orders orders;
    enum lookup found = catalog_get_campaign(txn, member, &campaign, err);
    if (found != LOOKUP_FOUND || campaign.complete)
        return found != LOOKUP_FAILED;
    if (!orders_read(txn, member, &orders, err))
        return false;
    *paused = orders.hold == CORE_PAUSED;
    if (*paused)
        *order = orders.held;
    return true;
}

bool family_paused(const struct family *family, struct catalog_txn *txn,
                   struct order *order, bool *paused, struct err *err)
{
    *order = (struct order){.priority = 0};
    *paused = false;
    bool done = member_paused(txn, family->base, order, paused, err);
    for (uint32_t i = 0; done && !*paused && i < family->count; i++)
        if (!family->steps[i].rollback)
            done = member_paused(txn, family->steps[i].member, order, paused, err);
    return done;
}

bool family_answers(struct catalog_txn *txn, const char *campaign, uint32_t run,
                    bool *answers, struct err *err)
{
    struct family family;
    bool done = family_load(&family, txn, campaign, err);
    *answers = done && family_is(&family, campaign, run);
    family_release(&family);
    return done;
}

static bool step_write(const struct family_step *step, const char *runs,
                       struct bytes *out, struct err *err)
{
    struct json_writer json;
    json_begin(&json, out);
    json_open_object(&json, NULL);
    json_put_bool(&json, "rollback", step->rollback);
    json_put_text(&json, "member", step->member);
    json_put_text(&json, "runs", runs);
    json_put_text(&json, "who", step->who);
    json_put_text(&json, "reason", step->reason);
    json_put_i64(&json, "unix_s", step->wall_s);
    json_close_object(&json);
    return json_end(&json, err) && bytes_append(out, "\n", 1, err);
}

bool family_add(struct catalog_txn *txn, const char *base, const struct family_step *step,
                struct err *err)
{
    char name[CAMPAIGN_NAME + 8];
    struct bytes text;
    struct bytes runs;
    const char *words;
    text_name(base, name);
    bytes_init(&text, FAMILY_TEXT);
    bytes_init(&runs, FAMILY_TEXT);
    bool done = catalog_get_text(txn, name, &text, err) != LOOKUP_FAILED &&
                family_runs_text(step->runs, step->run_count, &runs, err) &&
                text_terminate(&runs, &words, err) &&
                step_write(step, words, &text, err) &&
                catalog_put_text(txn, name, text.data, text.size, err);
    bytes_release(&text);
    bytes_release(&runs);
    return done;
}

static bool member_add(char (**members)[CAMPAIGN_NAME], uint32_t *count, uint32_t most,
                       const char *name, struct err *err)
{
    if (*count == most)
        return err_set(err, E_LIMIT, "above %u campaigns and amendments", most);
    *members = mem_grow(*members, *count + 1, sizeof **members);
    return text_copy((*members)[(*count)++], CAMPAIGN_NAME, name, err);
}

bool family_expand(struct catalog_txn *txn, const char *const *names, uint32_t count,
                   uint32_t most, char (**members)[CAMPAIGN_NAME], uint32_t *member_count,
                   struct err *err)
{
    *members = NULL;
    *member_count = 0;
    bool done = true;
    for (uint32_t i = 0; done && i < count; i++) {
        struct family family;
        done = family_load(&family, txn, names[i], err) &&
               member_add(members, member_count, most, names[i], err);
        bool whole = done && strcmp(family.base, names[i]) == 0;
        for (uint32_t s = 0; done && whole && s < family.count; s++)
            if (!family.steps[s].rollback)
                done =
                    member_add(members, member_count, most, family.steps[s].member, err);
        family_release(&family);
    }
    return done;
}
