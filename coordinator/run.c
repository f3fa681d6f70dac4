/* run.c - a whole campaign on one machine.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/run.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/statvfs.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/disk.h"
#include "catalog/owner.h"
#include "coordinator/child.h"
#include "coordinator/command.h"
#include "coordinator/family.h"
#include "coordinator/last_words.h"
#include "coordinator/plan.h"
#include "coordinator/progress.h"
#include "coordinator/serve.h"
#include "coordinator/turn.h"

const char run_usage[] =
    "spillway run CAMPAIGN.yaml... [--workers N] [--listen HOST:PORT]\n"
    "\n"
    "Runs campaigns on this machine until everything is published: plans them if that was\n"
    "not done, starts the coordinator and mpirun with N worker ranks (default: one a\n"
    "core), starts them again when they die. What is there already is not done again.\n"
    "Ctrl-C drains; the same command goes on later. Logs are in logs/ of the area.\n"
    "\n"
    "Of several campaigns the one with the highest priority comes first.\n"
    "Exit status 0: complete. 10: quarantined segments keep it open:\n"
    "they are listed; mend the cause, then spillway retry. 17: all that is left waits\n"
    "behind gates: spillway validate, spillway gate, then the same command again.\n"
    "A campaign that is paused waits for spillway resume; one that was cancelled ends it\n"
    "with exit status 2.\n";

#define SECOND_NS ((int64_t)1000000000)
#define POLL_NS   (SECOND_NS / 5)

/* Looking at the catalog takes a twentieth of a processor at most. */
#define LOOK_SHARE 20

/* A child that dies quickly this often in a row, without a segment or file done in
 * between, will not do better the next time: some twenty seconds of trying. */
#define QUICK_DEATHS 10u

/* Less than this left: the disk of the area is full. */
#define AREA_ROOM ((uint64_t)1 << 16)

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    interrupted = number;
}

struct supervisor {
    const struct area *area;
    char (*names)[CAMPAIGN_NAME]; /* of the campaigns */
    uint32_t count;
    struct status *each;         /* as they were at the last look */
    struct status sum;           /* of them, as if they were one */
    char programs[PATH_MAX / 2]; /* folder of this program */
    const char *listen;
    uint64_t workers;
    struct child coordinator;
    struct child pilots;
    char log_coordinator[AREA_PATH];
    char log_pilots[AREA_PATH];
    uint32_t done;   /* segments and files, at the last look */
    int64_t look_ns; /* when the next one is due */
};

static bool find_programs(char *out, size_t size, struct err *err)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0)
        return err_errno(err, E_PROCESS, errno, "/proc/self/exe cannot be read");
    path[length] = 0;
    *strrchr(path, '/') = 0;
    if (strlen(path) >= size)
        return err_set(err, E_LIMIT, "%.80s...: the path is too long", path);
    memcpy(out, path, strlen(path) + 1);
    return true;
}

static bool start_coordinator(struct supervisor *supervisor, struct err *err)
{
    char program[PATH_MAX];
    (void)snprintf(program, sizeof program, "%s/spillway", supervisor->programs);
    const char *words[TURN_CAMPAIGNS + 7] = {
        program, "--area",   supervisor->area->folder,
        "serve", "--listen", supervisor->listen};
    uint32_t at = 6;
    for (uint32_t i = 0; i < supervisor->count; i++)
        if (strchr(supervisor->names[i], '+') == NULL) /* amendments follow */
            words[at++] = supervisor->names[i];
    return child_start(&supervisor->coordinator, words, supervisor->log_coordinator, err);
}

/* mpirun's exit status says nothing with --enable-recovery; the catalog tells. */
static bool start_pilots(struct supervisor *supervisor, struct err *err)
{
    const struct area *area = supervisor->area;
    char pilot[PATH_MAX];
    char executor[PATH_MAX];
    char address[AREA_PATH];
    char token[AREA_PATH];
    char cache[AREA_PATH];
    char scratch[AREA_PATH];
    char ranks[24];
    if (!area_path(area, SERVE_ADDRESS_FILE, address, err) ||
        !area_path(area, "pilot.token", token, err) ||
        !area_path(area, "cache", cache, err) ||
        !area_path(area, "scratch", scratch, err))
        return false;
    (void)snprintf(ranks, sizeof ranks, "%" PRIu64, supervisor->workers + 1);
    (void)snprintf(pilot, sizeof pilot, "%s/spillway-pilot", supervisor->programs);
    (void)snprintf(executor, sizeof executor, "%s/spillway-executor",
                   supervisor->programs);
    /* clang-format off */
    const char *const words[] = {
        "mpirun.openmpi", "--enable-recovery", "--oversubscribe",
        "--mca", "mpi_yield_when_idle", "1", "-n", ranks,
        pilot, "--coordinator", address, "--token", token,
        "--cache", cache, "--scratch", scratch, "--executor", executor, NULL};
    /* clang-format on */
    return child_start(&supervisor->pilots, words, supervisor->log_pilots, err);
}

static bool area_is_full(const struct supervisor *supervisor)
{
    struct statvfs disk;
    return statvfs(supervisor->area->folder, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize < AREA_ROOM;
}

/* The child's own error; the disk that has no room even for that; or how it ended. */
static bool give_up(const struct supervisor *supervisor, const struct child *child,
                    const char *log, struct err *err)
{
    struct err words;
    if (last_words(log, child->log_start, &words))
        return err_set(err, (enum err_code)words.code,
                       "%s died %u times in a row, see %s: %.300s", child->name,
                       child->quick_deaths, log, words.text);
    if (area_is_full(supervisor))
        return err_set(err, E_DISK_FULL,
                       "%s: the disk is full: %s died %u times in a row",
                       supervisor->area->folder, child->name, child->quick_deaths);
    bool signalled = WIFSIGNALED(child->status);
    return err_set(err, E_PROCESS, "%s died %u times in a row, see %s: %s %d",
                   child->name, child->quick_deaths, log,
                   signalled ? "signal" : "exit status",
                   signalled ? WTERMSIG(child->status) : WEXITSTATUS(child->status));
}

/* Goes by what child_alive said last. */
static bool keep_running(struct supervisor *supervisor, struct child *child,
                         bool (*start)(struct supervisor *, struct err *),
                         const char *log, struct err *err)
{
    if (child->pid != 0)
        return true;
    if (child->quick_deaths >= QUICK_DEATHS)
        return give_up(supervisor, child, log, err);
    return clock_now_ns() < child_due_ns(child) || start(supervisor, err);
}

/* After the end or an interrupt: pilots first, so that their last reports get an answer.
 */
static void wind_down(struct supervisor *supervisor, bool drain)
{
    if (drain)
        child_signal(&supervisor->pilots, SIGUSR1);
    if (!child_wait(&supervisor->pilots, 20 * SECOND_NS))
        child_stop(&supervisor->pilots, 5 * SECOND_NS);
    child_stop(&supervisor->coordinator, 5 * SECOND_NS);
}

/* Both children are running or will be. */
static bool keep_all_running(struct supervisor *supervisor, struct err *err)
{
    return keep_running(supervisor, &supervisor->coordinator, start_coordinator,
                        supervisor->log_coordinator, err) &&
           keep_running(supervisor, &supervisor->pilots, start_pilots,
                        supervisor->log_pilots, err);
}

static bool about_to_give_up(const struct supervisor *supervisor)
{
    return supervisor->coordinator.quick_deaths >= QUICK_DEATHS ||
           supervisor->pilots.quick_deaths >= QUICK_DEATHS;
}

static void add_up(struct status *sum, const struct status *one)
{
    sum->campaign.segment_count += one->campaign.segment_count;
    sum->amended += one->amended;
    sum->campaign.complete = sum->campaign.complete && one->campaign.complete;
    for (unsigned i = 0; i < SEGMENT_STATES; i++)
        sum->by_state[i] += one->by_state[i];
    for (unsigned i = 0; i <= GROUP_VOID; i++)
        sum->groups[i] += one->groups[i];
    if (sum->waiting == 0)
        sum->waiting_failure = one->waiting_failure;
    sum->waiting += one->waiting;
    sum->gates += one->gates;
}

static bool read_all(struct supervisor *supervisor, struct err *err)
{
    struct status *sum = &supervisor->sum;
    bool over = true;
    bool held = true;
    memset(sum, 0, sizeof *sum);
    sum->campaign.complete = true;
    for (uint32_t i = 0; i < supervisor->count; i++) {
        struct status *one = &supervisor->each[i];
        if (!status_of(supervisor->area, supervisor->names[i], one, err))
            return false;
        over = over && status_is_over(one);
        add_up(sum, one);
        if (status_is_over(one))
            continue;
        held = held && one->orders.hold == CORE_PAUSED;
        sum->orders = one->orders;
    }
    if (!held) /* something goes on */
        sum->orders = (struct orders){.hold = CORE_RUNNING};
    sum->stuck = over && !sum->campaign.complete;
    return true;
}

/* Reads every state of the campaigns: the larger they are the less often, but nobody is
 * given up for what an old look did not see. */
static bool look(struct supervisor *supervisor, struct err *err)
{
    const struct status *sum = &supervisor->sum;
    int64_t start_ns = clock_now_ns();
    if (start_ns < supervisor->look_ns && !about_to_give_up(supervisor))
        return true;
    if (!read_all(supervisor, err))
        return false;
    int64_t end_ns = clock_now_ns();
    supervisor->look_ns = end_ns + LOOK_SHARE * (end_ns - start_ns);
    uint32_t done = sum->by_state[SEGMENT_COMMITTED] + sum->groups[GROUP_PUBLISHED];
    if (done != supervisor->done) {
        supervisor->coordinator.quick_deaths = 0;
        supervisor->pilots.quick_deaths = 0;
    }
    supervisor->done = done;
    return true;
}

/* Deaths first, then the catalog, then what follows from both. */
static bool supervise_once(struct supervisor *supervisor, struct err *err)
{
    (void)child_alive(&supervisor->coordinator);
    (void)child_alive(&supervisor->pilots);
    return look(supervisor, err) &&
           (status_is_over(&supervisor->sum) || keep_all_running(supervisor, err));
}

static bool supervise(struct supervisor *supervisor, struct err *err)
{
    struct progress progress;
    const struct status *sum = &supervisor->sum;
    progress_begin(&progress, sum, clock_now_ns());
    bool done = true;
    while (done && interrupted == 0 && !status_is_over(sum)) {
        done = supervise_once(supervisor, err);
        if (done)
            progress_show(&progress, sum, clock_now_ns());
        if (done && !status_is_over(sum))
            clock_sleep_ns(POLL_NS);
    }
    progress_end(&progress);
    /* Only of a complete campaign does the coordinator tell them to end. */
    wind_down(supervisor, !done || !sum->campaign.complete);
    return done;
}

static void print_end(const struct status *status)
{
    const struct campaign *campaign = &status->campaign;
    (void)printf("campaign %s is complete: %u segments committed, %u lost, %u files "
                 "published below %s/published\n",
                 campaign->name, status->by_state[SEGMENT_COMMITTED],
                 status->by_state[SEGMENT_LOST], status->groups[GROUP_PUBLISHED],
                 campaign->store);
    (void)printf("ask: spillway report %s | spillway trace FILE | spillway verify %s\n",
                 campaign->name, campaign->name);
}

/* 0 is the default: one a core. */
static bool workers_check(struct supervisor *supervisor, struct err *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (supervisor->workers > 1024)
        return err_set(err, E_USAGE, "--workers takes 1 to 1024");
    if (supervisor->workers == 0)
        supervisor->workers = cores < 1 ? 1 : (uint64_t)cores;
    return true;
}

static bool prepare(struct supervisor *supervisor, struct err *err)
{
    supervisor->coordinator.name = "the coordinator";
    supervisor->pilots.name = "mpirun";
    struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (geteuid() == 0) {
        (void)setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
        (void)setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    }
    return find_programs(supervisor->programs, sizeof supervisor->programs, err) &&
           area_path(supervisor->area, "logs/coordinator.log",
                     supervisor->log_coordinator, err) &&
           area_path(supervisor->area, "logs/pilots.log", supervisor->log_pilots, err);
}

static void print_nothing(const struct status *status)
{
    (void)printf("nothing to run: all %u segments of %s are committed and its %u "
                 "files are published; release, inputs and conditions are unchanged\n",
                 status->campaign.segment_count, status->campaign.name,
                 status->groups[GROUP_PUBLISHED]);
}

/* How one campaign ended: its exit status. */
static int tell_end(const struct supervisor *supervisor, const struct status *status,
                    struct err *err)
{
    const char *name = status->campaign.name;
    if (status->campaign.complete) {
        print_end(status);
        return 0;
    }
    if (status->orders.hold == CORE_CANCELLED) {
        (void)err_set(err, E_ORDER, "campaign %s was cancelled by %s: %.160s", name,
                      status->orders.held.who, status->orders.held.reason);
        return command_error(err);
    }
    if (!status->stuck)
        return 0;
    if (status_is_gated(status)) {
        (void)err_set(err, E_GATE,
                      "campaign %s: %u %s closed, %u of %u segments wait, all else is "
                      "done: spillway status %s",
                      name, status->gates, status->gates == 1 ? "gate is" : "gates are",
                      status->by_state[SEGMENT_PLANNED], status->campaign.segment_count,
                      name);
        return command_error(err);
    }
    (void)err_set(err, E_CAMPAIGN_STUCK,
                  "campaign %s: %u of %u segments are quarantined and %u merges were "
                  "given up, all else is done%s",
                  name, status->by_state[SEGMENT_QUARANTINED],
                  status->campaign.segment_count, status->groups[GROUP_FAILED],
                  status->gates > 0 ? " or waits for gates" : "");
    int exit_status = command_error(err);
    if (!status_print_stuck(supervisor->area, name, err))
        return command_error(err);
    return exit_status;
}

static int run_campaigns(struct supervisor *supervisor, struct err *err)
{
    const struct status *sum = &supervisor->sum;
    if (!read_all(supervisor, err))
        return command_error(err);
    if (sum->campaign.complete) {
        for (uint32_t i = 0; i < supervisor->count; i++)
            print_nothing(&supervisor->each[i]);
        return 0;
    }
    supervisor->done = sum->by_state[SEGMENT_COMMITTED];
    if (!status_is_over(sum) &&
        (!prepare(supervisor, err) || !supervise(supervisor, err)))
        return command_error(err);
    if (!status_is_over(sum)) {
        (void)fprintf(stderr, "stopped by signal %d; the same command goes on\n",
                      (int)interrupted);
        return 128 + (int)interrupted;
    }
    int exit_status = 0;
    for (uint32_t i = 0; i < supervisor->count; i++) {
        int one = tell_end(supervisor, &supervisor->each[i], err);
        exit_status = exit_status == 0 ? one : exit_status;
    }
    return exit_status;
}

/* The campaigns of the files, and their amendments. */
static bool find_campaigns(struct supervisor *supervisor, char **files, uint32_t count,
                           struct err *err)
{
    char planned[TURN_CAMPAIGNS][CAMPAIGN_NAME];
    const char *names[TURN_CAMPAIGNS];
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    struct area area = *supervisor->area;
    for (uint32_t i = 0; i < count; i++) {
        if (!plan_file(supervisor->area, files[i], planned[i], err))
            return false;
        names[i] = planned[i];
    }
    bool done = area_catalog(&area, CATALOG_READ, &catalog, err) &&
                catalog_begin(catalog, &txn, err) &&
                family_expand(txn, names, count, TURN_CAMPAIGNS, &supervisor->names,
                              &supervisor->count, err);
    catalog_abort(txn);
    catalog_close(catalog);
    return done;
}

/* One supervisor an area: two would fight for the catalog. The lock ends with us. */
static bool area_take(const struct area *area, struct err *err)
{
    int lock;
    if (owner_take(area->folder, &lock, err))
        return true;
    return err->code == E_CATALOG_OWNED ? err_wrap(err, "another spillway run is at work")
                                        : false;
}

int run_command(struct area *area, int argc, char **argv)
{
    struct err err;
    struct supervisor supervisor = {.area = area, .listen = "127.0.0.1:0"};
    const struct command_option options[] = {
        {.name = "workers", .number = &supervisor.workers},
        {.name = "listen", .text = &supervisor.listen}};
    if (!command_options(options, 2, &argc, argv, &err) ||
        !command_words(argc, 1, TURN_CAMPAIGNS, "campaign files", &err) ||
        !workers_check(&supervisor, &err) || !area_open(area, &err) ||
        !area_take(area, &err))
        return command_error(&err);
    int status;
    if (find_campaigns(&supervisor, argv + 1, (uint32_t)argc - 1, &err)) {
        supervisor.each = mem_new(supervisor.count, sizeof *supervisor.each);
        status = run_campaigns(&supervisor, &err);
    } else {
        status = command_error(&err);
    }
    free(supervisor.names);
    free(supervisor.each);
    return status;
}
