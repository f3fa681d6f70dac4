/* order_command.c - spillway pause, resume, cancel, priority.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/order_command.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/command.h"
#include "coordinator/order_send.h"

const char pause_usage[] =
    "spillway pause CAMPAIGN [--reason TEXT]\n"
    "\n"
    "Nothing new of the campaign is handed out; what pilots have in hand is finished and\n"
    "counts. Holds over restarts until spillway resume CAMPAIGN. Works while a\n"
    "coordinator runs and without one. Who, when and why are kept: spillway status.\n";

const char resume_usage[] = "spillway resume CAMPAIGN [--reason TEXT]\n"
                            "\n"
                            "A campaign that was paused goes on.\n";

const char cancel_usage[] =
    "spillway cancel CAMPAIGN --reason TEXT\n"
    "\n"
    "For good: what pilots have in hand is void and nothing more is handed out. What was\n"
    "committed and published stays, and other campaigns use it again by its keys; to go\n"
    "on after all, plan the same file under another name. Works while a coordinator runs\n"
    "and without one.\n";

const char priority_usage[] =
    "spillway priority CAMPAIGN N [--reason TEXT]\n"
    "\n"
    "Among campaigns that one coordinator serves, pilots get work of the one with the\n"
    "highest priority first: 0 (usual) to 1000; among equals of the one planned first.\n"
    "In the campaign file: priority: N. Works while a coordinator runs and without one.\n";

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
    uint64_t priority = 0;
    int words = order->kind == ORDER_PRIORITY ? 2 : 1;
    const struct command_option options[] = {{.name = "reason", .text = &reason}};
    if (!command_options(options, 1, &argc, argv, err) ||
        !command_words(argc, words, words,
                       words == 2 ? "a campaign and a number" : "one campaign", err))
        return false;
    if (words == 2 && !text_to_u64(argv[2], PRIORITY_MAX, &priority, err))
        return false;
    if (order->kind == ORDER_CANCEL && reason[0] == 0)
        return err_set(err, E_USAGE, "--reason TEXT: why is it cancelled?");
    order->priority = (uint32_t)priority;
    order->wall_s = clock_wall_s();
    order_who(order->who);
    return text_copy(order->campaign, sizeof order->campaign, argv[1], err) &&
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

static int order_run(struct area *area, int argc, char **argv, enum order_kind kind)
{
    struct err err;
    struct order order = {.kind = kind};
    bool news = false;
    if (!order_words(area, argc, argv, &order, &err) || !order_readable(&order, &err) ||
        !order_send(area, &order, &news, &err))
        return command_error(&err);
    (void)printf("campaign %s %s\n", order.campaign, done_text(kind, news));
    return 0;
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
