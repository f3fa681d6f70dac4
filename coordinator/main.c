/* main.c - the spillway command: finds the command, and nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/amend.h"
#include "coordinator/campaign_rules.h"
#include "coordinator/catalog_command.h"
#include "coordinator/close.h"
#include "coordinator/command.h"
#include "coordinator/conditions_command.h"
#include "coordinator/explain.h"
#include "coordinator/export_command.h"
#include "coordinator/gate_command.h"
#include "coordinator/order_command.h"
#include "coordinator/overdue.h"
#include "coordinator/plan.h"
#include "coordinator/raw_command.h"
#include "coordinator/replay.h"
#include "coordinator/report.h"
#include "coordinator/retry.h"
#include "coordinator/run.h"
#include "coordinator/runs.h"
#include "coordinator/serve.h"
#include "coordinator/show.h"
#include "coordinator/skip.h"
#include "coordinator/status.h"
#include "coordinator/trace.h"
#include "coordinator/verify.h"
#include "model/message.h"
#include "model/quantity.h"
#include "release_id.h"

static int init_command(struct area *area, int argc, char **argv);

static const char init_usage[] =
    "spillway init [DIR]\n"
    "\n"
    "Makes the production area DIR (default: the area in use): marker, pilot token with\n"
    "mode 0600, logs. An area that is already there is left as it is.\n";

/* One row a command, in the order in which a campaign needs them. */
static const struct command commands[] = {
    {"init", "make a production area", init_usage, init_command},
    {"runs", "the run catalogue: import, scan, list, show, summary", runs_usage,
     runs_command},
    {"conditions", "serve, show and check calibrations", conditions_usage,
     conditions_command},
    {"plan", "a campaign file into segments with keys", plan_usage, plan_command},
    {"impact", "which segments two plans give other keys, and why", impact_usage,
     impact_command},
    {"explain", "key texts: of one segment, or the difference of two plans",
     explain_usage, explain_command},
    {"run", "a whole campaign on this machine", run_usage, run_command},
    {"serve", "the coordinator of one or more campaigns", serve_usage, serve_command},
    {"status", "how far campaigns are", status_usage, status_command},
    {"overdue", "what is late, whose it is, and why", overdue_usage, overdue_command},
    {"report", "events, spills and EOT: selected = delivered + lost + open", report_usage,
     report_command},
    {"retry", "quarantined segments again, after the cause was mended", retry_usage,
     retry_command},
    {"amend", "another tag, release or skims for some runs of a campaign", amend_usage,
     amend_command},
    {"rollback", "some runs as before their last amendment", rollback_usage,
     rollback_command},
    {"validate", "what the sample of a period came to, to decide on", validate_usage,
     validate_command},
    {"gate", "the word on a sample: the rest of its period, or not", gate_usage,
     gate_command},
    {"pause", "hand out nothing more of a campaign for now", pause_usage, pause_command},
    {"resume", "go on with a paused campaign", resume_usage, resume_command},
    {"cancel", "end a campaign before it is complete", cancel_usage, cancel_command},
    {"priority", "which campaign gets pilots first", priority_usage, priority_command},
    {"skip", "take an event that crashes the reconstruction out of a campaign",
     skip_usage, skip_command},
    {"close", "accept what is quarantined as lost, with name and reason", close_usage,
     close_command},
    {"recover", "open exactly what was accepted as lost again", recover_usage,
     recover_command},
    {"replay", "the decisions of a coordinator again, also under another policy",
     replay_usage, replay_command},
    {"verify", "published files against the catalog", verify_usage, verify_command},
    {"trace", "what made a file, what an input made", trace_usage, trace_command},
    {"show", "what is in a file: columns, ranges, histograms, pictures", show_usage,
     show_command},
    {"export", "events as CSV, JSON, or a TTree for older macros", export_usage,
     export_command},
    {"raw", "what is in a raw file", raw_usage, raw_command},
    {"catalog", "check, copy, owner of the catalog", catalog_usage, catalog_command},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static int init_command(struct area *area, int argc, char **argv)
{
    struct err err;
    char token[AREA_TOKEN];
    bool made = false;
    if (!command_options(NULL, 0, &argc, argv, &err) ||
        !command_words(argc, 0, 1, "one folder", &err) ||
        (argc == 2 && !text_copy(area->folder, sizeof area->folder, argv[1], &err)))
        return command_error(&err);
    for (size_t i = 0; i < 4; i++)
        (void)snprintf(&token[16 * i], 17, "%016" PRIx64, clock_random_token());
    if (!area_init(area, token, &made, &err))
        return command_error(&err);
    (void)printf("%s %s\n", area->folder, made ? "is ready" : "was already there");
    return 0;
}

static void help_print(FILE *out)
{
    (void)fputs("spillway [--area DIR] COMMAND ...\n"
                "\n"
                "Reprocesses the raw data of NA64. DIR is the production area; without\n"
                "--area it is $SPILLWAY_AREA, or the current folder.\n\n",
                out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        (void)fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
    (void)fputs(
        "\n"
        "  spillway COMMAND --help   tells the options of a command\n"
        "  spillway help errors      lists the error codes and what to do\n"
        "  spillway help quantities  lists what the cuts of a skim may name\n"
        "  spillway help rules       lists what is done after a failure, and how\n"
        "                            a campaign file changes it\n"
        "  spillway --version        version, release id, protocol\n",
        out);
}

static int errors_print(void)
{
    (void)printf("%-24s %5s %-10s %4s  %s\n", "code", "nr", "kind", "exit", "advice");
#define ERROR_ROW(name, number, kind, advice)                                            \
    (void)printf("%-24s %5d %-10s %4d  %s\n", #name, (number), err_kind_name(kind),      \
                 err_exit_status(name), err_advice(name));
    ERR_CODES(ERROR_ROW)
    return 0;
}

static int quantities_print(void)
{
    (void)printf("%-24s %-4s  %s\n", "quantity", "unit", "meaning");
    for (int i = 0; i < QUANTITY_COUNT; i++) {
        enum quantity quantity = (enum quantity)i;
        (void)printf("%-24s %-4s  %s\n", quantity_name(quantity), quantity_unit(quantity),
                     quantity_meaning(quantity));
    }
    return 0;
}

static int rules_print(void)
{
    struct err err;
    struct bytes text;
    bytes_init(&text, (size_t)1 << 16);
    int status =
        campaign_rules_help(&text, &err) ? command_print(&text) : command_error(&err);
    bytes_release(&text);
    return status;
}

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static bool help_wanted(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

static int command_run(struct area *area, int argc, char **argv)
{
    struct err err;
    const char *word = argv[0];
    bool help = strcmp(word, "help") == 0;
    if (help && argc > 1 && strcmp(argv[1], "errors") == 0)
        return errors_print();
    if (help && argc > 1 && strcmp(argv[1], "quantities") == 0)
        return quantities_print();
    if (help && argc > 1 && strcmp(argv[1], "rules") == 0)
        return rules_print();
    if ((help && argc == 1) || strcmp(word, "--help") == 0) {
        help_print(stdout);
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        (void)printf("spillway %s\nrelease %s\nprotocol %u\n", SPILLWAY_VERSION,
                     SPILLWAY_RELEASE_ID, PROTOCOL_VERSION);
        return 0;
    }
    const struct command *command = command_find(help ? argv[1] : word);
    if (command == NULL) {
        (void)err_set(&err, E_USAGE, "unknown command %s", help ? argv[1] : word);
        return command_error(&err);
    }
    if (command->usage != NULL && (help || help_wanted(argc, argv))) {
        (void)fputs(command->usage, stdout);
        return 0;
    }
    return command->run(area, argc, argv);
}

int main(int argc, char **argv)
{
    struct err err;
    struct area area = {.bearer = {.token = getenv("BEARER_TOKEN"),
                                   .file = getenv("BEARER_TOKEN_FILE"),
                                   .runtime = getenv("XDG_RUNTIME_DIR"),
                                   .uid = getuid()},
                        .authorities = getenv("SSL_CERT_FILE")};
    const char *folder = getenv("SPILLWAY_AREA");
    int first = 1;
    while (first < argc && strncmp(argv[first], "--area", 6) == 0 &&
           (argv[first][6] == 0 || argv[first][6] == '=')) {
        bool joined = argv[first][6] == '=';
        folder = joined ? argv[first] + 7 : argv[first + 1];
        first += joined ? 1 : 2;
        if (folder == NULL) {
            (void)err_set(&err, E_USAGE, "--area needs a folder");
            return command_error(&err);
        }
    }
    if (folder == NULL || folder[0] == 0)
        folder = ".";
    if (!text_copy(area.folder, sizeof area.folder, folder, &err))
        return command_error(&err);
    if (first >= argc) {
        help_print(stderr);
        return 2;
    }
    int status = command_run(&area, argc - first, argv + first);
    if (fflush(stdout) != 0 && status == 0) {
        (void)err_errno(&err, E_DISK_WRITE, errno, "standard output");
        return command_error(&err);
    }
    return status;
}
