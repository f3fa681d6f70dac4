/* conditions_check.c - all that is wrong with a tag for a selection of runs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_check.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "conditions/match.h"
#include "conditions/payload.h"
#include "coordinator/conditions_faults.h"
#include "coordinator/payload_check.h"

#define CHECK_TYPES 64  /* wanted types */
#define CHECK_WHAT  600 /* two URLs or labels, or one error, cut if longer */

/* A row, when it decides within the selection, and what became of its payload. */
struct checked {
    const struct tag_row *row;
    struct interval valid; /* within the selection; empty: not looked at */
    bool good;
    struct sha256 hash;
    uint64_t size;
    enum fault_kind kind; /* when it is not good */
    const char *problem;
};

struct check {
    struct source *source;
    struct interval window;
    struct arena arena;
    struct tag tag;
    struct match match;
    struct manifest manifest;
    struct faults faults;
    bool twins; /* two rows of a type have one start: never resolved */
};

static struct moment earlier(struct moment a, struct moment b)
{
    return moment_compare(a, b) <= 0 ? a : b;
}

static bool same_start(const struct checked *a, const struct checked *b)
{
    return moment_compare(a->row->interval.start, b->row->interval.start) == 0;
}

/* ---- payloads ---- */

static bool payload_is_valid(struct check *check, struct checked *checked,
                             const struct bytes *bytes, struct err *err)
{
    const struct tag_row *row = checked->row;
    const struct match_payload payload = {row->type, row->url, bytes, checked->hash};
    struct payload_marks marks;
    return !payload_type_find(row->type) ||
           (payload_check(row->type, bytes, row->url, &marks, err) &&
            match_read(&check->match, &payload, err));
}

static bool checked_problem(struct check *check, struct checked *checked,
                            enum fault_kind kind, const struct err *problem,
                            struct err *err)
{
    checked->kind = kind;
    checked->problem = arena_text(&check->arena, problem->text);
    return checked->problem ||
           err_set(err, E_LIMIT, "the faults are more than the memory for them");
}

/* false only when the source does not work. */
static bool payload_look(struct check *check, struct checked *checked, struct err *err)
{
    struct bytes bytes;
    struct err problem = {0};
    bool done = true;
    bytes_init(&bytes, PAYLOAD_LIMIT);
    if (source_read_payload(check->source, checked->row, &bytes, &problem)) {
        checked->hash = sha256_of(bytes.data, bytes.size);
        checked->size = bytes.size;
        checked->good = payload_is_valid(check, checked, &bytes, &problem);
        if (!checked->good)
            done = checked_problem(check, checked, FAULT_INVALID, &problem, err);
    } else if (problem.code == E_PAYLOAD_ABSENT) {
        done = checked_problem(check, checked, FAULT_MISSING, &problem, err);
    } else if (problem.code == E_PAYLOAD_HASH) {
        done = checked_problem(check, checked, FAULT_CORRUPT, &problem, err);
    } else {
        *err = problem;
        done = false;
    }
    bytes_release(&bytes);
    return done;
}

static int compare_payloads(const void *left, const void *right)
{
    const struct tag_row *a = (*(struct checked *const *)left)->row;
    const struct tag_row *b = (*(struct checked *const *)right)->row;
    int sign = strcmp(a->url, b->url);
    sign = sign != 0 ? sign : strcmp(a->checksum, b->checksum);
    return sign != 0 ? sign : (a->size > b->size) - (a->size < b->size);
}

/* Each payload once, however many rows of the type have it. */
static bool look_at_payloads(struct check *check, struct checked *list, size_t count,
                             struct err *err)
{
    struct checked **order = mem_new(count + 1, sizeof(struct checked *));
    size_t used = 0;
    bool done = true;
    for (size_t i = 0; i < count; i++) {
        if (!interval_is_empty(list[i].valid))
            order[used++] = &list[i];
    }
    if (used > 0)
        qsort(order, used, sizeof(struct checked *), compare_payloads);
    for (size_t i = 0; done && i < used; i++) {
        if (i == 0 || compare_payloads(&order[i - 1], &order[i]) != 0) {
            done = payload_look(check, order[i], err);
            continue;
        }
        order[i]->good = order[i - 1]->good;
        order[i]->hash = order[i - 1]->hash;
        order[i]->size = order[i - 1]->size;
        order[i]->kind = order[i - 1]->kind;
        order[i]->problem = order[i - 1]->problem;
    }
    free(order);
    return done;
}

static bool list_payloads(struct check *check, const struct checked *list, size_t count,
                          struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct checked *one = &list[i];
        if (!interval_is_empty(one->valid) && !one->good &&
            !faults_add(&check->faults, one->kind, one->row->type, &one->valid,
                        one->problem, err))
            return false;
    }
    return true;
}

/* ---- intervals ---- */

/* From the start to the end, or to the next later start. */
static void find_valid(const struct check *check, struct checked *list, size_t count)
{
    struct moment next = MOMENT_OPEN;
    for (size_t i = count; i-- > 0;) {
        if (i + 1 < count && !same_start(&list[i], &list[i + 1]))
            next = list[i + 1].row->interval.start;
        struct interval valid = list[i].row->interval;
        valid.end = earlier(valid.end, next);
        list[i].valid = interval_common(valid, check->window);
    }
}

static bool add_overlap(struct check *check, const struct checked *one,
                        const struct checked *before, bool twin, struct err *err)
{
    char what[CHECK_WHAT];
    struct interval both = interval_common(one->valid, before->row->interval);
    if (interval_is_empty(both))
        return true;
    check->twins = check->twins || twin;
    (void)snprintf(what, sizeof what,
                   twin ? "%.280s and %.280s begin at one moment"
                        : "%.280s ends after the start of %.280s",
                   before->row->url, one->row->url);
    return faults_add(&check->faults, FAULT_OVERLAP, one->row->type, &both, what, err);
}

/* An open end is meant to end at the next start; a stated one that goes beyond is not. */
static bool list_overlaps(struct check *check, const struct checked *list, size_t count,
                          struct err *err)
{
    const struct checked *longest = NULL; /* with the latest stated end so far */
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        struct interval own = list[i].row->interval;
        if (i > 0 && same_start(&list[i - 1], &list[i]))
            done = add_overlap(check, &list[i], &list[i - 1], true, err);
        else if (longest)
            done = add_overlap(check, &list[i], longest, false, err);
        if (own.end.run != INT64_MAX &&
            (!longest || moment_compare(own.end, longest->row->interval.end) > 0))
            longest = &list[i];
    }
    return done;
}

/* The row that was the last one to begin before a gap has ended too early. */
static bool list_gap(struct check *check, const char *type, const struct checked *before,
                     const struct interval *gap, struct err *err)
{
    char what[CHECK_WHAT];
    if (!faults_add(&check->faults, FAULT_GAP, type, gap, "nothing is valid", err))
        return false;
    if (!before)
        return true;
    bool last = moment_compare(gap->end, check->window.end) == 0;
    (void)snprintf(what, sizeof what, "%.280s ends before %s", before->row->url,
                   last ? "the selection does" : "the next one begins");
    return faults_add(&check->faults, FAULT_EXPIRED, type, &before->row->interval, what,
                      err);
}

static bool add_piece(struct check *check, const char *type, const struct checked *one,
                      struct interval interval, struct err *err)
{
    struct manifest_entry entry = {.gap = !one || !one->good, .interval = interval};
    if (!entry.gap) {
        entry.hash = one->hash;
        entry.size = one->size;
    }
    if (strlen(type) >= sizeof entry.type)
        return err_set(err, E_TAG_ROW, "type '%.80s' has more than %d characters", type,
                       TYPE_NAME - 1);
    memcpy(entry.type, type, strlen(type) + 1);
    return manifest_add(&check->manifest, &entry, err);
}

/* Into the manifest; what cannot be used is a gap there. */
static bool cut_type(struct check *check, const char *type, const struct checked *list,
                     size_t count, struct err *err)
{
    struct interval *intervals = mem_new(count + 1, sizeof *intervals);
    struct interval_piece *pieces = mem_new(2 * count + 1, sizeof *pieces);
    const struct checked *before = NULL;
    size_t begun = 0;
    bool done = true;
    for (size_t i = 0; i < count; i++)
        intervals[i] = list[i].row->interval;
    size_t made = interval_cut(check->window, intervals, count, pieces);
    for (size_t i = 0; done && i < made; i++) {
        const struct interval *interval = &pieces[i].interval;
        bool gap = pieces[i].index == INTERVAL_GAP;
        for (; begun < count &&
               moment_compare(intervals[begun].start, interval->start) <= 0;
             begun++)
            before = &list[begun];
        done =
            (!gap || list_gap(check, type, before, interval, err)) &&
            add_piece(check, type, gap ? NULL : &list[pieces[i].index], *interval, err);
    }
    free(pieces);
    free(intervals);
    return done;
}

/* ---- types ---- */

static bool check_type(void *user, const char *type, const struct tag_row *rows,
                       size_t count, struct err *err)
{
    struct check *check = user;
    struct checked *list = mem_new(count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct checked){.row = &rows[i]};
    find_valid(check, list, count);
    bool done = look_at_payloads(check, list, count, err) &&
                cut_type(check, type, list, count, err) &&
                list_overlaps(check, list, count, err) &&
                list_payloads(check, list, count, err);
    free(list);
    return done;
}

/* The list "a,b,c" in place. */
struct type_names {
    char text[CHECK_TYPES * TYPE_NAME];
    const char *names[CHECK_TYPES];
    size_t count;
};

static bool names_read(struct type_names *names, const char *list, struct err *err)
{
    names->count = 0;
    if (!text_copy(names->text, sizeof names->text, list, err))
        return false;
    for (char *at = names->text; at;) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma++ = '\0';
        if (!payload_type_find(at))
            return err_set(err, E_PAYLOAD_TYPE,
                           "'%.40s' is no payload type of this release", at);
        if (names->count == CHECK_TYPES)
            return err_set(err, E_USAGE, "more than %d payload types", CHECK_TYPES);
        names->names[names->count++] = at;
        at = comma;
    }
    return true;
}

/* ---- groups ---- */

static bool add_group(void *user, const struct match_fault *fault, struct err *err)
{
    struct check *check = user;
    const struct match_link *link = fault->link;
    char what[CHECK_WHAT];
    (void)snprintf(what, sizeof what,
                   "made with %s '%.160s', the %s of the tag has %s '%.160s'",
                   link->field, fault->wanted, link->other, link->label, fault->found);
    return faults_add(&check->faults, FAULT_GROUP, link->type, &fault->interval, what,
                      err);
}

/* ---- the answer ---- */

/* Whether a campaign could resolve the tag: gaps and overlaps do not hinder that. */
static bool can_resolve(const struct check *check)
{
    const size_t *counts = check->faults.counts;
    return !check->twins && counts[FAULT_MISSING] == 0 && counts[FAULT_CORRUPT] == 0 &&
           counts[FAULT_INVALID] == 0 && counts[FAULT_GROUP] == 0;
}

static void answer_json(const struct check *check, const char *hash,
                        struct json_writer *writer)
{
    json_open_object(writer, NULL);
    if (hash)
        json_put_text(writer, "manifest", hash);
    else
        json_put_null(writer, "manifest");
    json_put_u64(writer, "intervals", check->manifest.count);
    faults_json(&check->faults, writer);
    json_close_object(writer);
}

static bool answer(const struct show *show, const struct check *check, struct err *err)
{
    struct sha256 hash;
    char hex[SHA256_HEX];
    struct json_writer writer;
    bool resolves = can_resolve(check);
    if (resolves && !manifest_hash(&check->manifest, &hash, err))
        return false;
    if (resolves)
        sha256_to_hex(&hash, hex);
    if (show->json) {
        json_begin(&writer, show->out);
        answer_json(check, resolves ? hex : NULL, &writer);
        return json_end(&writer, err);
    }
    bool done = resolves
                    ? text_addf(show->out, err, "manifest %s, %zu intervals\n", hex,
                                check->manifest.count)
                    : text_add(show->out, "no manifest: the tag does not resolve\n", err);
    return done && faults_write(&check->faults, show->out, err);
}

static bool check_run(struct check *check, const struct check_request *request,
                      const struct show *show, const struct type_names *names,
                      struct err *err)
{
    char what[TAG_NAME + 64];
    (void)snprintf(what, sizeof what, "tag %s, runs %" PRIu32 " - %" PRIu32, request->tag,
                   request->first_run, request->last_run);
    return source_read_rows(check->source, request->tag, &check->arena, &check->tag,
                            err) &&
           tag_each_type(&check->tag, request->types ? names->names : NULL, names->count,
                         check_type, check, err) &&
           match_walk(&check->match, &check->manifest, add_group, check, err) &&
           answer(show, check, err) && faults_none(&check->faults, what, err);
}

bool check_show(const struct show *show, struct source *source,
                const struct check_request *request, struct err *err)
{
    struct type_names names = {.count = 0};
    struct check check = {.source = source,
                          .window =
                              interval_of_runs(request->first_run, request->last_run)};
    if (request->types && !names_read(&names, request->types, err))
        return false;
    arena_init(&check.arena, TAG_MEMORY);
    check.faults.arena = &check.arena;
    manifest_init(&check.manifest, request->first_run, request->last_run);
    bool done = check_run(&check, request, show, &names, err);
    faults_release(&check.faults);
    manifest_release(&check.manifest);
    match_release(&check.match);
    arena_release(&check.arena);
    return done;
}
