/* serve_command.c - spillway serve.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/command.h"
#include "coordinator/serve.h"
#include "coordinator/turn.h"

const char serve_usage[] =
    "spillway serve CAMPAIGN... [--listen HOST:PORT] [--debug]\n"
    "\n"
    "The coordinator of planned campaigns, until SIGTERM: leases tasks to pilots, commits\n"
    "what they report, publishes. Work is taken from the campaign with the highest\n"
    "priority that has some (spillway help priority), among equals from the one that was\n"
    "planned first. Its address is put into coordinator.url of the area, pilots show the\n"
    "token in pilot.token. Default: 127.0.0.1 and any free port. It may be killed at any\n"
    "moment and started again. One coordinator per area.\n";

static volatile sig_atomic_t stop;

static void on_stop(int number)
{
    stop = number;
}

int serve_command(struct area *area, int argc, char **argv)
{
    struct err err;
    bool debug = false;
    struct serve_options options = {.listen = "127.0.0.1:0"};
    const struct command_option table[] = {{.name = "listen", .text = &options.listen},
                                           {.name = "debug", .flag = &debug}};
    if (!command_options(table, 2, &argc, argv, &err) ||
        !command_words(argc, 1, TURN_CAMPAIGNS, "campaigns", &err) ||
        !area_open(area, &err))
        return command_error(&err);
    struct log log = {.fd = STDERR_FILENO,
                      .level = debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
                      .room = "coordinator"};
    struct sigaction action = {.sa_handler = on_stop};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    options.campaigns = (const char *const *)argv + 1;
    options.campaign_count = (uint32_t)argc - 1;
    if (serve(area, &options, &log, &stop, &err))
        return 0;
    return command_error(&err);
}
