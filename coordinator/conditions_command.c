/* conditions_command.c - spillway conditions: its words and options.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/conditions_change.h"
#include "coordinator/conditions_check.h"
#include "coordinator/conditions_diff.h"
#include "coordinator/conditions_import.h"
#include "coordinator/conditions_log.h"
#include "coordinator/conditions_serve.h"
#include "coordinator/conditions_show.h"
#include "coordinator/conditions_snapshot.h"
#include "coordinator/conditions_words.h"
#include "model/run.h"

#define SHOW_LIMIT ((size_t)1 << 30)
#define DIFF_MOST  10u /* changed values of a payload that are shown */
#define LISTEN     "127.0.0.1:8480"

const char conditions_usage[] =
    "Looking (URL is http(s)://HOST/api/cdb_rest, file:DIR with tags/NAME.json and\n"
    "payloads/, or file:FILE, a snapshot):\n"
    "spillway conditions tags --source URL\n"
    "    Lists the tags of a source.\n"
    "spillway conditions show [TAG --source URL]\n"
    "    Shows the rows of a tag; without a tag, the payload types of this release.\n"
    "spillway conditions at RUN[/SPILL] --tag TAG --source URL\n"
    "    Shows what is valid for one spill: payload, effective value, fallback level.\n"
    "spillway conditions check TAG --runs FIRST-LAST [--types A,B,...] --source URL\n"
    "    Fetches and verifies every payload for these runs and lists all that is wrong:\n"
    "    gap, overlap, expired (an end that nothing follows), missing, corrupt (checksum\n"
    "    or size), invalid (against its type), group (payloads that do not fit each other).\n"
    "spillway conditions snapshot TAG --runs FIRST-LAST --out FILE [--thin] --source URL\n"
    "    Writes manifest and payloads for these runs into one file, a source by itself;\n"
    "    --thin leaves the payloads where they are.\n"
    "spillway conditions diff A B [--runs FIRST-LAST] [--most N] --source URL\n"
    "    Where two tags say something else: types, intervals, and of each payload the N\n"
    "    values (10) that changed most.\n"
    "  --payloads URL   where payloads are, instead of what the service says\n"
    "  --mirrors URL,...  other sources for what this one lacks or has wrong (not for check)\n"
    "  --json           for scripts\n"
    "\n"
    "Serving and keeping:\n"
    "spillway conditions serve --data DIR [--listen HOST:PORT] [--token FILE]\n"
    "    Serves by the API of the HSF conditions service (default 127.0.0.1:8480; port 0\n"
    "    takes any free one). DIR with tags/ is a folder of files, which are only read;\n"
    "    any other DIR is, or becomes, a store that is changed by the API. Whoever changes\n"
    "    shows a token of FILE (lines NAME SECRET, mode 0600; DIR/token is made when there\n"
    "    is none); the name goes into the log.\n"
    "spillway conditions copy TO --data DIR\n"
    "    Copies a store into the new folder TO, also while it is served.\n"
    "\n"
    "Changing and asking a store that is served:\n"
    "spillway conditions put FILE --tag TAG --type TYPE --runs FIRST-LAST --source URL\n"
    "    Checks a payload text (.csv and .yaml: import) against its type and makes it\n"
    "    valid for these runs; FIRST- is until the next payload, RUN/SPILL may stand for\n"
    "    RUN. --new makes the tag; --replace with FIRST- takes out all that follows.\n"
    "spillway conditions clone A B --source URL    B: a copy of A that may be changed\n"
    "spillway conditions freeze TAG --source URL   never changed again; all payloads must\n"
    "    be there, right, and fit each other\n"
    "spillway conditions uses HASH --source URL    where a payload is valid\n"
    "spillway conditions log [TAG] [--since N] --source URL\n"
    "    Who changed what, when; checks that no entry was changed.\n"
    "  --token FILE     a line NAME SECRET or a secret alone, mode 0600\n"
    "\n"
    "Files that people write, and tags:\n" CONDITIONS_IMPORT_USAGE "\n"
    "All that ask a service: --patience S, seconds to go on when it fails or stalls (180).\n"
    "What looks tries again meanwhile; a change is sent once, and given up when nothing\n"
    "came back for S seconds (30 at most).\n"
    "\n"
    "Without --token, and for a service that answers 401 or 403: the bearer token of\n"
    "$BEARER_TOKEN, the file $BEARER_TOKEN_FILE, $XDG_RUNTIME_DIR/bt_u<uid> or\n"
    "/tmp/bt_u<uid>; it goes by https only. $SSL_CERT_FILE names certificate\n"
    "authorities of a site instead of the system's.\n";

struct options {
    const struct area *area;
    const char *source;
    const char *payloads;
    const char *mirrors;
    const char *tag;
    const char *runs;
    const char *types;
    const char *data;
    const char *listen;
    const char *out;
    bool thin;
    const char *token;
    const char *type;
    uint64_t patience_s;
    uint64_t most;
    uint64_t since;
    bool create;
    bool replace;
    bool json;
};

static bool options_take(struct options *options, int *argc, char **argv, struct err *err)
{
    const struct command_option table[] = {
        {"source", .text = &options->source},
        {"payloads", .text = &options->payloads},
        {"mirrors", .text = &options->mirrors},
        {"tag", .text = &options->tag},
        {"runs", .text = &options->runs},
        {"types", .text = &options->types},
        {"data", .text = &options->data},
        {"listen", .text = &options->listen},
        {"out", .text = &options->out},
        {"thin", .flag = &options->thin},
        {"token", .text = &options->token},
        {"type", .text = &options->type},
        {"most", .number = &options->most},
        {"since", .number = &options->since},
        {"new", .flag = &options->create},
        {"replace", .flag = &options->replace},
        {"patience", .number = &options->patience_s},
        {"json", .flag = &options->json},
    };
    return command_options(table, sizeof table / sizeof *table, argc, argv, err);
}

/* An option that a command does not heed is refused: whoever gives it expects something.
 * `takes` is " NAME NAME "; what is said about sources goes with every command. */
static bool options_fit(const struct options *options, const char *word,
                        const char *takes, struct err *err)
{
    const struct {
        const char *name; /* with blanks around it */
        bool given;
    } special[] = {
        {" tag ", options->tag != NULL},
        {" runs ", options->runs != NULL},
        {" types ", options->types != NULL},
        {" data ", options->data != NULL},
        {" listen ", options->listen != NULL},
        {" out ", options->out != NULL},
        {" thin ", options->thin},
        {" type ", options->type != NULL},
        {" new ", options->create},
        {" replace ", options->replace},
        {" most ", options->most != DIFF_MOST},
        {" since ", options->since > 0},
    };

    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        int length = (int)strlen(special[i].name) - 2;
        if (special[i].given && !strstr(takes, special[i].name))
            return err_set(err, E_USAGE, "conditions %s takes no --%.*s", word, length,
                           special[i].name + 1);
    }
    return true;
}

/* Cuts "A,B" up in place. */
static bool mirrors_of(char *list, const char *mirrors[SOURCE_MIRRORS], size_t *count,
                       struct err *err)
{
    for (char *next = list; next; (*count)++) {
        char *comma = strchr(next, ',');
        if (*count == SOURCE_MIRRORS)
            return err_set(err, E_USAGE, "more than %u mirrors", SOURCE_MIRRORS);
        mirrors[*count] = next;
        next = comma ? comma + 1 : NULL;
        if (comma)
            *comma = '\0';
    }
    return true;
}

static bool source_of(const struct options *options, struct source **source,
                      struct err *err)
{
    const char *mirrors[SOURCE_MIRRORS];
    struct source_options made = {
        .url = options->source, .payloads = options->payloads, .mirrors = mirrors};
    if (!options->source)
        return err_set(err, E_USAGE, "--source is missing");
    if (!command_patience(options->patience_s, err))
        return false;
    made.transfer =
        transfer_options_patient(clock_random_token(), (uint32_t)options->patience_s);
    made.transfer.bearer = &options->area->bearer;
    made.transfer.authorities = options->area->authorities;
    char *list = options->mirrors ? mem_text(options->mirrors) : NULL;
    bool done = mirrors_of(list, mirrors, &made.mirror_count, err) &&
                source_open(&made, source, err);
    free(list);
    return done;
}

/* ---- what is shown ---- */

static bool at_run(const struct options *options, const struct show *show,
                   struct source *source, char **words, struct err *err)
{
    struct moment moment = {0};
    if (!options->tag)
        return err_set(err, E_USAGE, "--tag is missing");
    return words_moment(words[0], &moment, err) &&
           show_at(show, source, options->tag, moment, err);
}

static bool check_run(const struct options *options, const struct show *show,
                      struct source *source, char **words, struct err *err)
{
    struct check_request request = {.tag = words[0], .types = options->types};
    if (options->mirrors)
        return err_set(err, E_USAGE, "check looks at one source: leave out --mirrors");
    return words_runs(options->runs, &request.first_run, &request.last_run, err) &&
           check_show(show, source, &request, err);
}

static bool snapshot_run(const struct options *options, const struct show *show,
                         struct source *source, char **words, struct err *err)
{
    struct snapshot_request request = {
        .tag = words[0], .path = options->out, .thin = options->thin};
    if (!options->out)
        return err_set(err, E_USAGE, "--out FILE is missing");
    return words_runs(options->runs, &request.first_run, &request.last_run, err) &&
           snapshot_take(show, source, &request, err);
}

static bool tags_run(const struct options *options, const struct show *show,
                     struct source *source, char **words, struct err *err)
{
    (void)options;
    (void)words;
    return show_tags(show, source, err);
}

static bool show_run(const struct options *options, const struct show *show,
                     struct source *source, char **words, struct err *err)
{
    (void)options;
    return show_tag(show, source, words[0], err);
}

static bool diff_run(const struct options *options, const struct show *show,
                     struct source *source, char **words, struct err *err)
{
    struct diff_request request = {
        .a = words[0], .b = words[1], .last_run = RUN_MAXIMUM, .most = options->most};
    return (!options->runs ||
            words_runs(options->runs, &request.first_run, &request.last_run, err)) &&
           diff_show(show, source, &request, err);
}

static const struct view {
    const char *name;
    int words;
    const char *what;  /* the word that it needs */
    const char *takes; /* options of its own */
    bool (*run)(const struct options *options, const struct show *show,
                struct source *source, char **words, struct err *err);
} views[] = {
    {"tags", 0, "nothing", "", tags_run},
    {"show", 1, "a tag", "", show_run},
    {"at", 1, "RUN[/SPILL]", " tag ", at_run},
    {"check", 1, "a tag", " runs types ", check_run},
    {"snapshot", 1, "a tag", " runs out thin ", snapshot_run},
    {"diff", 2, "two tags", " runs most ", diff_run},
};

static void print_all(const struct bytes *out, bool json)
{
    if (out->size == 0)
        return;
    (void)fwrite(out->data, 1, out->size, stdout);
    (void)fputs(json ? "\n" : "", stdout);
}

static bool view_run(const struct view *view, const struct options *options, int argc,
                     char **argv, struct err *err)
{
    struct bytes out;
    struct show show = {&out, options->json};
    struct source *source = NULL;
    bool types = view->run == show_run && argc == 1;
    if (!options_fit(options, view->name, view->takes, err))
        return false;
    if (!types && (!command_words(argc, view->words, view->words, view->what, err) ||
                   !source_of(options, &source, err)))
        return false;
    bytes_init(&out, SHOW_LIMIT);
    bool done =
        types ? show_types(&show, err) : view->run(options, &show, source, argv + 1, err);
    print_all(&out, options->json);
    bytes_release(&out);
    if (done && source)
        (void)fputs(source_notes(source), stderr);
    source_close(source);
    return done;
}

/* ---- what a served store is told and asked ---- */

static bool put_run(const struct options *options, const struct show *show,
                    struct remote *remote, char **words, struct err *err)
{
    struct change_put put = {.file = words[0],
                             .tag = options->tag,
                             .type = options->type,
                             .replace = options->replace,
                             .create = options->create};
    (void)show;
    if (!put.tag || !put.type)
        return err_set(err, E_USAGE, "--tag and --type are needed");
    return words_interval(options->runs, &put.interval, err) &&
           change_put(remote, &put, err);
}

static bool clone_run(const struct options *options, const struct show *show,
                      struct remote *remote, char **words, struct err *err)
{
    (void)options;
    (void)show;
    return change_clone(remote, words[0], words[1], err);
}

static bool freeze_run(const struct options *options, const struct show *show,
                       struct remote *remote, char **words, struct err *err)
{
    (void)options;
    (void)show;
    return change_freeze(remote, words[0], err);
}

static bool uses_run(const struct options *options, const struct show *show,
                     struct remote *remote, char **words, struct err *err)
{
    (void)options;
    return uses_show(show, remote, words[0], err);
}

/* Behind the last word is NULL. */
static bool log_run(const struct options *options, const struct show *show,
                    struct remote *remote, char **words, struct err *err)
{
    return log_show(show, remote, options->since, words[0], err);
}

static const struct errand {
    const char *name;
    int least, most; /* words */
    const char *what;
    const char *takes;
    bool (*run)(const struct options *options, const struct show *show,
                struct remote *remote, char **words, struct err *err);
} errands[] = {
    {"put", 1, 1, "a file", " tag type runs new replace ", put_run},
    {"clone", 2, 2, "two tags", "", clone_run},
    {"freeze", 1, 1, "a tag", "", freeze_run},
    {"uses", 1, 1, "a sha256 or MD5", "", uses_run},
    {"log", 0, 1, "a tag or nothing", " since ", log_run},
};

static bool errand_run(const struct errand *errand, const struct options *options,
                       int argc, char **argv, struct err *err)
{
    struct bytes out;
    struct show show = {&out, options->json};
    struct remote *remote = NULL;
    struct remote_options opened = {.url = options->source,
                                    .token = options->token,
                                    .places = &options->area->bearer,
                                    .authorities = options->area->authorities,
                                    .patience_s = options->patience_s};
    char *words[3] = {NULL};
    if (!options_fit(options, errand->name, errand->takes, err) ||
        !command_words(argc, errand->least, errand->most, errand->what, err))
        return false;
    if (!options->source)
        return err_set(err, E_USAGE, "--source is missing");
    if (!command_patience(options->patience_s, err))
        return false;
    for (int i = 1; i < argc; i++)
        words[i - 1] = argv[i];
    if (!remote_open(&opened, &remote, err))
        return false;
    bytes_init(&out, SHOW_LIMIT);
    bool done = errand->run(options, &show, remote, words, err);
    print_all(&out, options->json);
    bytes_release(&out);
    remote_close(remote);
    return done;
}

/* ---- stores of this machine ---- */

static bool serve_run(const struct options *options, int argc, struct err *err)
{
    struct serve_conditions serve = {
        options->data, options->listen ? options->listen : LISTEN, options->token};
    if (!options_fit(options, "serve", " data listen ", err) ||
        !command_words(argc, 0, 0, "nothing", err))
        return false;
    if (!serve.data)
        return err_set(err, E_USAGE, "--data DIR is missing");
    return serve_conditions(&serve, err);
}

static bool copy_run(const struct options *options, int argc, char **argv,
                     struct err *err)
{
    if (!options_fit(options, "copy", " data ", err) ||
        !command_words(argc, 1, 1, "a new folder", err))
        return false;
    if (!options->data)
        return err_set(err, E_USAGE, "--data DIR is missing");
    return change_copy(options->data, argv[1], err);
}

static bool word_run(const struct options *options, int argc, char **argv,
                     struct err *err)
{
    if (argc == 0)
        return err_set(
            err, E_USAGE,
            "one of tags, show, at, check, snapshot, diff, serve, copy, put, clone, "
            "freeze, uses, log, import, export is missing");
    if (strcmp(argv[0], "serve") == 0)
        return serve_run(options, argc, err);
    if (strcmp(argv[0], "copy") == 0)
        return copy_run(options, argc, argv, err);
    for (size_t i = 0; i < sizeof errands / sizeof *errands; i++) {
        if (strcmp(argv[0], errands[i].name) == 0)
            return errand_run(&errands[i], options, argc, argv, err);
    }
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        if (strcmp(argv[0], views[i].name) == 0)
            return view_run(&views[i], options, argc, argv, err);
    }
    return err_set(err, E_USAGE, "spillway conditions has no '%s'", argv[0]);
}

int conditions_command(struct area *area, int argc, char **argv)
{
    struct options options = {
        .area = area, .patience_s = TRANSFER_PATIENCE_S, .most = DIFF_MOST};
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
