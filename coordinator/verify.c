/* verify.c - are the published files what the catalog says, each segment in them once?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/verify.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/disk.h"
#include "catalog/catalog.h"
#include "coordinator/book.h"
#include "coordinator/command.h"
#include "coordinator/family.h"
#include "coordinator/ruling.h"
#include "coordinator/shelf.h"
#include "coordinator/skip_plan.h"
#include "coordinator/tasks.h"
#include "coordinator/verify_root.h"
#include "output/pack.h"
#include "output/reco_file.h"

const char verify_usage[] =
    "spillway verify CAMPAIGN   every published file: size, sha256, every record; each\n"
    "                           committed segment once in each stream; event digests add\n"
    "                           up; selected = delivered + lost + open\n"
    "spillway verify FILE.spw   a part by itself: every byte is under a checksum\n"
    "spillway verify FILE.root  a ROOT file by itself: every key, directory, page, place,\n"
    "                           count and checksum\n"
    "\n"
    "One line a fault. Exit status 0: all is right; 10: something is not.\n";

#define VERIFY_ARENA ((size_t)4 << 20)

struct verify {
    struct catalog_txn *txn;
    struct campaign campaign;
    struct plan_state *states;
    char streams[STREAMS][STREAM_NAME];
    uint32_t stream_count;
    uint8_t *seen; /* segment_count x stream_count: how often in published files */
    uint64_t faults;
    uint64_t files;
    uint64_t bytes;
    struct event_digest selected, delivered, lost, open;
    struct rulings rulings;
    const struct family *family;
};

static void fault(struct verify *verify, const char *where, const char *what)
{
    verify->faults++;
    (void)printf("%s: %s\n", where, what);
}

/* A mismatch is a fault, not an error. */
static void verify_file(struct verify *verify, const struct merge_group *group)
{
    char path[PATH_MAX];
    struct err err;
    int fd;
    uint64_t size;
    verify->files++;
    if (!shelf_path(&verify->campaign, group->published, path, &err) ||
        !disk_open_read(path, &fd, &size, &err)) {
        fault(verify, group->published, err.text);
        return;
    }
    verify->bytes += size;
    struct place whole = {.offset = 0, .length = group->size};
    if (size != group->size)
        fault(verify, group->published, "its size is not the published one");
    else if (!pack_check_bytes(fd, path, &whole, &group->hash, &err))
        fault(verify, group->published, err.text);
    else if (verify_is_root(path) && !verify_root(path, false, &err))
        fault(verify, group->published, err.text);
    (void)close(fd);
}

static uint32_t stream_index(const struct verify *verify, const char *stream)
{
    for (uint32_t i = 0; i < verify->stream_count; i++)
        if (strcmp(verify->streams[i], stream) == 0)
            return i;
    return UINT32_MAX;
}

static bool add_product(struct verify *verify, uint32_t number, const char *stream,
                        struct event_digest *sum, struct err *err)
{
    struct arena arena;
    struct product_set set;
    arena_init(&arena, VERIFY_ARENA);
    uint32_t id = task_product_number(&verify->states[number], stream);
    enum lookup found = catalog_get_products(verify->txn, id, &arena, &set, err);
    const struct product *product =
        found == LOOKUP_FOUND ? task_find_stream(&set, stream) : NULL;
    if (product != NULL)
        event_digest_merge(sum, &product->events);
    else if (found != LOOKUP_FAILED)
        fault(verify, stream, "a committed segment has no product");
    arena_release(&arena);
    return found != LOOKUP_FAILED;
}

/* Each record of a reco file by itself, and that they are all of the group's. What is
 * wrong with the whole file was told. */
static void verify_records(struct verify *verify, const struct merge_group *group)
{
    char path[PATH_MAX];
    struct event_digest events;
    struct err err;
    if (strcmp(group->merge_class.stream, "reco") != 0 ||
        !shelf_path(&verify->campaign, group->published, path, &err) ||
        !disk_exists(path))
        return;
    if (!reco_file_verify(path, &events, &err))
        fault(verify, group->published, err.text);
    else if (!event_digest_equal(&events, &group->events))
        fault(verify, group->published, "its records are not the events of its group");
}

static bool verify_group(struct verify *verify, const struct merge_group *group,
                         struct err *err)
{
    struct event_digest sum = {.count = 0};
    uint32_t stream = stream_index(verify, group->merge_class.stream);
    if (stream == UINT32_MAX) {
        fault(verify, group->published, "its stream is not one of the campaign");
        return true;
    }
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        if (verify->states[i].state != SEGMENT_COMMITTED)
            continue;
        uint8_t *seen = &verify->seen[(size_t)i * verify->stream_count + stream];
        *seen = *seen == UINT8_MAX ? *seen : (uint8_t)(*seen + 1);
        if (!add_product(verify, i, group->merge_class.stream, &sum, err))
            return false;
    }
    if (!event_digest_equal(&sum, &group->events))
        fault(verify, group->published, "its events are not the sum of its segments");
    verify_file(verify, group);
    verify_records(verify, group);
    return true;
}

/* Skipped events are lost, whatever becomes of the rest of their segment. */
static bool verify_skips(struct verify *verify, uint32_t number,
                         const struct plan_segment *plan, struct event_digest *part,
                         struct err *err)
{
    struct skip_list list;
    struct arena arena;
    if (verify->rulings.count == 0)
        return true;
    arena_init(&arena, SKIP_MEMORY);
    bool done = skip_plan_list(verify->txn, &verify->campaign, plan->reco_set, &arena,
                               &list, err);
    arena_release(&arena);
    for (uint32_t i = 0; done && i < list.count; i++) {
        struct event_digest one = {.count = 0};
        const struct ruling *ruling =
            rulings_last_event(&verify->rulings, number, list.events[i]);
        if (ruling == NULL || ruling->kind != RULING_SKIP) {
            fault(verify, verify->campaign.name,
                  "an event is skipped that nobody skipped");
            continue;
        }
        event_digest_add(&one, plan->id.chunk.run, plan->spill, ruling->event,
                         ruling->type);
        event_digest_take(part, &one);
        event_digest_merge(&verify->lost, &one);
    }
    return done;
}

static bool verify_segment(struct verify *verify, uint32_t number, struct err *err)
{
    struct plan_segment plan;
    struct segment segment;
    char where[CHUNK_NAME + 32];
    char name[CHUNK_NAME];
    if (catalog_get_plan_segment(verify->txn, verify->campaign.id, number, &plan, err) !=
            LOOKUP_FOUND ||
        catalog_get_segment(verify->txn, &plan.id, &segment, err) != LOOKUP_FOUND)
        return err_set(err, E_CATALOG_DAMAGED, "plan segment %u is not whole", number);
    if (!family_is(verify->family, verify->campaign.name, plan.id.chunk.run))
        return true;
    event_digest_merge(&verify->selected, &segment.digest);
    enum segment_state state = (enum segment_state)verify->states[number].state;
    struct event_digest *part = state == SEGMENT_COMMITTED ? &verify->delivered
                                : state == SEGMENT_LOST    ? &verify->lost
                                                           : &verify->open;
    event_digest_merge(part, &segment.digest);
    if (!verify_skips(verify, number, &plan, part, err))
        return false;
    if (state != SEGMENT_COMMITTED || !verify->campaign.complete)
        return true;
    chunk_name(&plan.id.chunk, name);
    (void)snprintf(where, sizeof where, "%s segment %u", name, plan.id.ordinal);
    for (uint32_t s = 0; s < verify->stream_count; s++) {
        unsigned seen = verify->seen[(size_t)number * verify->stream_count + s];
        if (seen == 0)
            fault(verify, where, "is in no published file of a stream");
        else if (seen > 1)
            fault(verify, where, "is in more than one published file of a stream");
    }
    return true;
}

static bool verify_member(struct verify *verify, struct err *err)
{
    uint32_t count = verify->campaign.segment_count;
    free(verify->states);
    free(verify->seen);
    verify->states = NULL;
    verify->seen = NULL;
    rulings_release(&verify->rulings);
    verify->stream_count = book_streams(&verify->campaign, verify->streams, STREAMS);
    if (!rulings_read(&verify->rulings, verify->txn, verify->campaign.id, err))
        return false;
    verify->states = mem_new(count, sizeof *verify->states);
    verify->seen = mem_new((size_t)count * verify->stream_count, 1);
    if (!catalog_get_states(verify->txn, verify->campaign.id, 0, count, verify->states,
                            err))
        return false;
    for (uint32_t i = 0; i < verify->campaign.group_count; i++) {
        struct merge_group group;
        if (catalog_get_group(verify->txn, verify->campaign.id, i, &group, err) !=
            LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "merge group %u is missing", i);
        if (group.state == GROUP_PUBLISHED &&
            family_is(verify->family, verify->campaign.name, group.merge_class.run) &&
            !verify_group(verify, &group, err))
            return false;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!verify_segment(verify, i, err))
            return false;
    return true;
}

/* Each run as the member of the family has it that answers for it. */
static bool verify_all(struct verify *verify, struct err *err)
{
    const struct family *family = verify->family;
    bool whole = strcmp(family->base, verify->campaign.name) == 0;
    if (!verify_member(verify, err))
        return false;
    for (uint32_t i = 0; whole && i < family->count; i++) {
        const char *member = family->steps[i].member;
        if (family->steps[i].rollback)
            continue;
        enum lookup found =
            catalog_get_campaign(verify->txn, member, &verify->campaign, err);
        if (found == LOOKUP_ABSENT)
            err_set(err, E_CATALOG_DAMAGED, "amendment %s is missing", member);
        if (found != LOOKUP_FOUND || !verify_member(verify, err))
            return false;
    }
    struct event_digest sum = verify->delivered;
    event_digest_merge(&sum, &verify->lost);
    event_digest_merge(&sum, &verify->open);
    if (!event_digest_equal(&sum, &verify->selected))
        fault(verify, verify->campaign.name, "selected is not delivered + lost + open");
    return true;
}

static bool verify_campaign(const struct area *area, const char *name, struct err *err)
{
    struct catalog *catalog = NULL;
    struct family family = {.count = 0};
    struct verify verify = {.family = &family};
    bool done = area_read(area, &catalog, &verify.txn, err);
    if (done) {
        enum lookup found = catalog_get_campaign(verify.txn, name, &verify.campaign, err);
        if (found == LOOKUP_ABSENT)
            err_set(err, E_NOT_FOUND, "\"%s\" is neither a campaign nor a file of ours",
                    name);
        done = found == LOOKUP_FOUND && family_load(&family, verify.txn, name, err) &&
               verify_all(&verify, err);
    }
    family_release(&family);
    catalog_abort(verify.txn);
    catalog_close(catalog);
    rulings_release(&verify.rulings);
    free(verify.states);
    free(verify.seen);
    if (!done)
        return false;
    (void)printf("%s: %" PRIu64 " files, %" PRIu64
                 " bytes; events and records selected %" PRIu64 " = delivered %" PRIu64
                 " + lost %" PRIu64 " + open %" PRIu64 "; %" PRIu64 " faults\n",
                 name, verify.files, verify.bytes, verify.selected.count,
                 verify.delivered.count, verify.lost.count, verify.open.count,
                 verify.faults);
    return verify.faults == 0 ||
           err_set(err, E_VERIFY, "campaign %s: %" PRIu64 " faults, listed above", name,
                   verify.faults);
}

static bool verify_pack(const char *path, struct err *err)
{
    struct pack_report report;
    if (!pack_verify(path, &report, err))
        return false;
    (void)printf("%s: %" PRIu64 " records, %" PRIu64 " entries, %" PRIu64
                 " bytes of payload: all right\n",
                 path, report.records, report.entries, report.payload_bytes);
    return true;
}

int verify_command(struct area *area, int argc, char **argv)
{
    struct err err;
    if (!command_options(NULL, 0, &argc, argv, &err) ||
        !command_words(argc, 1, 1, "one campaign or file", &err))
        return command_error(&err);
    const char *dot = strrchr(argv[1], '.');
    bool done;
    if (dot != NULL && strcmp(dot, ".spw") == 0)
        done = verify_pack(argv[1], &err);
    else if (verify_is_root(argv[1]))
        done = verify_root(argv[1], true, &err);
    else
        done = area_open(area, &err) && verify_campaign(area, argv[1], &err);
    return done ? 0 : command_error(&err);
}
