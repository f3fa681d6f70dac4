/* conditions_command.c - spillway conditions: what is told of a source, and serve.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_command.h"

#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/conditions_import.h"
#include "coordinator/conditions_service.h"
#include "coordinator/conditions_show.h"
#include "coordinator/conditions_snapshot.h"
#include "model/run.h"

#define SHOW_LIMIT ((size_t)1 << 30)

const char conditions_usage[] =
    "spillway conditions serve --data DIR [--listen HOST:PORT]\n"
    "    Serves a folder of tags and payloads by the read API of the HSF conditions\n"
    "    service (default 127.0.0.1:8480; port 0 takes any free one).\n"
    "spillway conditions tags --source URL\n"
    "    Lists the tags of a source.\n"
    "spillway conditions show [TAG --source URL]\n"
    "    Shows the rows of a tag; without a tag, the payload types of this release.\n"
    "spillway conditions at RUN[/SPILL] --tag TAG --source URL\n"
    "    Shows what is valid for one spill: payload, effective value, fallback level.\n"
    "spillway conditions check TAG --runs FIRST-LAST [--types A,B,...] --source URL\n"
    "    Fetches and verifies every payload for these runs and lists all gaps.\n"
    "spillway conditions snapshot TAG --runs FIRST-LAST --out FILE [--thin] --source URL\n"
    "    Writes manifest and payloads for these runs into one file, a source by itself;\n"
    "    --thin leaves the payloads where they are.\n" CONDITIONS_IMPORT_USAGE "\n"
    "URL is http(s)://HOST/api/cdb_rest, file:DIR with tags/NAME.json and payloads/, or\n"
    "file:FILE, a snapshot.\n"
    "  --payloads URL   where payloads are, instead of what the service says\n"
    "  --patience S     seconds to go on trying when the service fails or stalls (default 180)\n"
    "  --json           for scripts\n"
    "A service that answers 401 or 403 gets the bearer token of $BEARER_TOKEN, the file\n"
    "$BEARER_TOKEN_FILE, $XDG_RUNTIME_DIR/bt_u<uid> or /tmp/bt_u<uid>, by https only;\n"
    "$SSL_CERT_FILE names certificate authorities of a site instead of the system's.\n";

struct options {
    const struct area *area;
    const char *source;
    const char *payloads;
    const char *tag;
    const char *runs;
    const char *types;
    const char *data;
    const char *listen;
    const char *out;
    uint64_t patience_s;
    bool thin;
    bool json;
};

static bool options_take(struct options *options, int *argc, char **argv, struct err *err)
{
    const struct command_option table[] = {
        {"source", .text = &options->source},
        {"payloads", .text = &options->payloads},
        {"tag", .text = &options->tag},
        {"runs", .text = &options->runs},
        {"types", .text = &options->types},
        {"data", .text = &options->data},
        {"listen", .text = &options->listen},
        {"out", .text = &options->out},
        {"thin", .flag = &options->thin},
        {"patience", .number = &options->patience_s},
        {"json", .flag = &options->json},
    };
    return command_options(table, sizeof table / sizeof *table, argc, argv, err);
}

static bool source_of(const struct options *options, struct source **source,
                      struct err *err)
{
    struct source_options made = {.url = options->source, .payloads = options->payloads};
    if (!options->source)
        return err_set(err, E_USAGE, "--source is missing");
    if (options->patience_s > TRANSFER_PATIENCE_MAX)
        return err_set(err, E_USAGE, "--patience is at most a day");
    made.transfer =
        transfer_options_patient(clock_random_token(), (uint32_t)options->patience_s);
    made.transfer.bearer = &options->area->bearer;
    made.transfer.authorities = options->area->authorities;
    return source_open(&made, source, err);
}

/* "3500-3599", or one run. */
static bool runs_read(const char *text, uint32_t *first, uint32_t *last, struct err *err)
{
    char copy[32];
    uint64_t from = 0, to = 0;
    if (!text)
        return err_set(err, E_USAGE, "--runs FIRST-LAST is missing");
    if (!text_copy(copy, sizeof copy, text, err))
        return false;
    char *dash = strchr(copy, '-');
    if (dash)
        *dash++ = '\0';
    if (!text_to_u64(copy, RUN_MAXIMUM, &from, err) ||
        !text_to_u64(dash ? dash : copy, RUN_MAXIMUM, &to, err))
        return err_wrap(err, "--runs");
    *first = (uint32_t)from;
    *last = (uint32_t)to;
    return from <= to ||
           err_set(err, E_USAGE, "--runs %s: the last is before the first", text);
}

/* "3661" or "3661/12". */
static bool moment_read(const char *text, struct moment *moment, struct err *err)
{
    char copy[32];
    uint64_t run = 0, spill = 0;
    if (!text_copy(copy, sizeof copy, text, err))
        return false;
    char *slash = strchr(copy, '/');
    if (slash)
        *slash++ = '\0';
    if (!text_to_u64(copy, RUN_MAXIMUM, &run, err) ||
        (slash && !text_to_u64(slash, UINT32_MAX, &spill, err)))
        return err_wrap(err, "RUN[/SPILL]");
    *moment = (struct moment){(int64_t)run, (int64_t)spill};
    return true;
}

/* ---- serve ---- */

static bool serve_until_signal(const char *listen, struct conditions_service *service,
                               struct err *err)
{
    struct http_options options = http_options_usual(listen);
    struct http_server *server = NULL;
    sigset_t signals;
    int signal = 0;
    options.threads = 1; /* the service has no lock */
    options.max_body = 4096;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* also in the server's thread */
    if (!http_server_new(&options, conditions_service_handle, service, &server, err))
        return false;
    int host = (int)(strrchr(listen, ':') - listen);
    (void)printf("listening on http://%.*s:%u/api/cdb_rest\n", host, listen,
                 http_server_port(server));
    (void)fflush(stdout);
    (void)sigwait(&signals, &signal);
    http_server_stop(server);
    return true;
}

static bool serve_run(const struct options *options, int argc, char **argv,
                      struct err *err)
{
    struct conditions_service *service = NULL;
    (void)argv;
    if (!command_words(argc, 0, 0, "nothing", err))
        return false;
    if (!options->data)
        return err_set(err, E_USAGE, "--data DIR is missing");
    if (!conditions_service_new(options->data, &service, err))
        return false;
    bool done = serve_until_signal(options->listen, service, err);
    conditions_service_free(service);
    return done;
}

/* ---- what is shown ---- */

static bool at_run(const struct options *options, const struct show *show,
                   struct source *source, const char *word, struct err *err)
{
    struct moment moment = {0};
    if (!options->tag)
        return err_set(err, E_USAGE, "--tag is missing");
    return moment_read(word, &moment, err) &&
           show_at(show, source, options->tag, moment, err);
}

static bool check_run(const struct options *options, const struct show *show,
                      struct source *source, const char *word, struct err *err)
{
    struct show_check check = {.tag = word, .types = options->types};
    return runs_read(options->runs, &check.first_run, &check.last_run, err) &&
           show_check(show, source, &check, err);
}

static bool snapshot_run(const struct options *options, const struct show *show,
                         struct source *source, const char *word, struct err *err)
{
    struct snapshot_request request = {
        .tag = word, .path = options->out, .thin = options->thin};
    if (!options->out)
        return err_set(err, E_USAGE, "--out FILE is missing");
    return runs_read(options->runs, &request.first_run, &request.last_run, err) &&
           snapshot_take(show, source, &request, err);
}

static bool tags_run(const struct options *options, const struct show *show,
                     struct source *source, const char *word, struct err *err)
{
    (void)options;
    (void)word;
    return show_tags(show, source, err);
}

static bool show_run(const struct options *options, const struct show *show,
                     struct source *source, const char *word, struct err *err)
{
    (void)options;
    return show_tag(show, source, word, err);
}

static const struct view {
    const char *name;
    int words;
    const char *what; /* the word that it needs */
    bool (*run)(const struct options *options, const struct show *show,
                struct source *source, const char *word, struct err *err);
} views[] = {
    {"tags", 0, "nothing", tags_run},       {"show", 1, "a tag", show_run},
    {"at", 1, "RUN[/SPILL]", at_run},       {"check", 1, "a tag", check_run},
    {"snapshot", 1, "a tag", snapshot_run},
};

static bool view_run(const struct view *view, const struct options *options, int argc,
                     char **argv, struct err *err)
{
    struct bytes out;
    struct show show = {&out, options->json};
    struct source *source = NULL;
    bool types = view->run == show_run && argc == 1;
    if (!types && (!command_words(argc, view->words, view->words, view->what, err) ||
                   !source_of(options, &source, err)))
        return false;
    bytes_init(&out, SHOW_LIMIT);
    bool done =
        types ? show_types(&show, err) : view->run(options, &show, source, argv[1], err);
    if (out.size > 0) {
        (void)fwrite(out.data, 1, out.size, stdout);
        (void)fputs(options->json ? "\n" : "", stdout);
    }
    bytes_release(&out);
    source_close(source);
    return done;
}

static bool word_run(const struct options *options, int argc, char **argv,
                     struct err *err)
{
    if (argc == 0)
        return err_set(err, E_USAGE,
                       "one of serve, tags, show, at, check, snapshot, import, export "
                       "is missing");
    if (strcmp(argv[0], "serve") == 0)
        return serve_run(options, argc, argv, err);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        if (strcmp(argv[0], views[i].name) == 0)
            return view_run(&views[i], options, argc, argv, err);
    }
    return err_set(err, E_USAGE, "spillway conditions has no '%s'", argv[0]);
}

int conditions_command(struct area *area, int argc, char **argv)
{
    struct options options = {
        .area = area, .listen = "127.0.0.1:8480", .patience_s = TRANSFER_PATIENCE_S};
    struct err err = {0};
    if (argc > 1 && strcmp(argv[1], "import") == 0)
        return conditions_import(area, argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "export") == 0)
        return conditions_export(area, argc - 1, argv + 1);
    if (options_take(&options, &argc, argv, &err) &&
        word_run(&options, argc - 1, argv + 1, &err))
        return 0;
    (void)fflush(stdout); /* what was found stands before the error */
    return command_error(&err);
}
