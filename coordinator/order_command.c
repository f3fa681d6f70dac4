/* order_command.c - spillway pause, resume, cancel, priority.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/order_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/family.h"
#include "coordinator/order_send.h"
#include "coordinator/who.h"

#define FAMILY                                                                             \
    "With a campaign its amendments are meant, CAMPAIGN+1 one of them alone. Who is the\n" \
    "login name unless --by gives another one.\n"

const char pause_usage[] =
    "spillway pause CAMPAIGN [--reason TEXT] [--by WHO]\n"
    "\n"
    "Nothing new of the campaign is handed out; what pilots have in hand is finished and\n"
    "counts. Holds over restarts until spillway resume CAMPAIGN. Works while a\n"
    "coordinator runs and without one. Who, when and why are kept: spillway status.\n" FAMILY;

const char resume_usage[] = "spillway resume CAMPAIGN [--reason TEXT] [--by WHO]\n"
                            "\n"
                            "A campaign that was paused goes on.\n" FAMILY;

const char cancel_usage[] =
    "spillway cancel CAMPAIGN --reason TEXT [--by WHO]\n"
    "\n"
    "For good: what pilots have in hand is void and nothing more is handed out. What was\n"
    "committed and published stays, and other campaigns use it again by its keys; to go\n"
    "on after all, plan the same file under another name. Works while a coordinator runs\n"
    "and without one.\n" FAMILY;

const char priority_usage[] =
    "spillway priority CAMPAIGN N [--reason TEXT] [--by WHO]\n"
    "\n"
    "Among campaigns that one coordinator serves, pilots get work of the one with the\n"
    "highest priority first: 0 (usual) to 1000; among equals of the one planned first.\n"
    "In the campaign file: priority: N. Works while a coordinator runs and without one.\n" FAMILY;

static const char *done_text(enum order_kind kind, bool news)
{
    static const char *const texts[ORDER_KINDS][2] = {
        [ORDER_PRIORITY] = {"has that priority already", "has another priority now"},
        [ORDER_PAUSE] = {"is paused already", "is paused: what is in hand is finished"},
        [ORDER_RESUME] = {"is not paused", "goes on"},
        [ORDER_CANCEL] = {"is cancelled already",
                          "is cancelled: what was committed stays"}};
    return texts[kind][news ? 1 : 0];
}

static bool order_words(struct area *area, int argc, char **argv, struct order *order,
                        struct err *err)
{
    const char *reason = "";
    const char *by = NULL;
    uint64_t priority = 0;
    int words = order->kind == ORDER_PRIORITY ? 2 : 1;
    const struct command_option options[] = {{.name = "reason", .text = &reason},
                                             {.name = "by", .text = &by}};
    if (!command_options(options, 2, &argc, argv, err) ||
        !command_words(argc, words, words,
                       words == 2 ? "a campaign and a number" : "one campaign", err))
        return false;
    if (words == 2 && !text_to_u64(argv[2], PRIORITY_MAX, &priority, err))
        return false;
    if (order->kind == ORDER_CANCEL && reason[0] == 0)
        return err_set(err, E_USAGE, "--reason TEXT: why is it cancelled?");
    order->priority = (uint32_t)priority;
    order->wall_s = clock_wall_s();
    return who_read(by, order->who, err) &&
           text_copy(order->campaign, sizeof order->campaign, argv[1], err) &&
           text_copy(order->reason, sizeof order->reason, reason, err) &&
           area_open(area, err);
}

/* What the reader of an order would refuse is refused here. */
static bool order_readable(const struct order *order, struct err *err)
{
    struct order again;
    struct bytes text;
    bytes_init(&text, 4096);
    bool done =
        order_pack(order, &text, err) && order_unpack(text.data, text.size, &again, err);
    bytes_release(&text);
    if (!done)
        err->code = E_USAGE;
    return done;
}

/* Those of the family to which the order can say anything; the campaign that was named
 * when there is none, so that it is refused with the reason. */
struct members {
    char (*names)[CAMPAIGN_NAME];
    uint32_t count;
};

static bool member_takes(struct catalog_txn *txn, const char *name, enum order_kind kind,
                         bool *takes, struct err *err)
{
    struct campaign campaign;
    struct orders orders;
    enum lookup found = catalog_get_campaign(txn, name, &campaign, err);
    if (found == LOOKUP_FAILED || !orders_read(txn, name, &orders, err))
        return false;
    *takes =
        found == LOOKUP_FOUND &&
        (kind == ORDER_PRIORITY || (!campaign.complete && orders.hold != CORE_CANCELLED));
    return true;
}

static bool members_choose(struct catalog_txn *txn, const struct order *order,
                           struct members *members, struct err *err)
{
    const char *named = order->campaign;
    uint32_t all;
    if (!family_expand(txn, &named, 1, FAMILY_STEPS + 1, &members->names, &all, err))
        return false;
    for (uint32_t i = 0; i < all; i++) {
        bool takes;
        if (!member_takes(txn, members->names[i], order->kind, &takes, err))
            return false;
        if (takes)
            memmove(members->names[members->count++], members->names[i], CAMPAIGN_NAME);
    }
    if (members->count == 0)
        memcpy(members->names[members->count++], order->campaign, CAMPAIGN_NAME);
    return true;
}

static bool members_find(const struct area *area, const struct order *order,
                         struct members *members, struct err *err)
{
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    bool done =
        area_read(area, &catalog, &txn, err) && members_choose(txn, order, members, err);
    catalog_abort(txn);
    catalog_close(catalog);
    return done;
}

static int order_run(struct area *area, int argc, char **argv, enum order_kind kind)
{
    struct err err;
    struct order order = {.kind = kind};
    struct members members = {.count = 0};
    bool done = order_words(area, argc, argv, &order, &err) &&
                order_readable(&order, &err) &&
                members_find(area, &order, &members, &err);
    for (uint32_t i = 0; done && i < members.count; i++) {
        bool news = false;
        memcpy(order.campaign, members.names[i], CAMPAIGN_NAME);
        done = order_send(area, &order, &news, &err);
        if (done)
            (void)printf("campaign %s %s\n", order.campaign, done_text(kind, news));
    }
    free(members.names);
    return done ? 0 : command_error(&err);
}

int pause_command(struct area *area, int argc, char **argv)
{
    return order_run(area, argc, argv, ORDER_PAUSE);
}

int resume_command(struct area *area, int argc, char **argv)
{
    return order_run(area, argc, argv, ORDER_RESUME);
}

int cancel_command(struct area *area, int argc, char **argv)
{
    return order_run(area, argc, argv, ORDER_CANCEL);
}

int priority_command(struct area *area, int argc, char **argv)
{
    return order_run(area, argc, argv, ORDER_PRIORITY);
}
