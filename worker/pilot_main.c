/* pilot_main.c - the MPI program that a batch job starts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rank 0 is the lead, the others drive one executor each; a world of one rank does both.
 * A world is disposable: all truth is in the coordinator's catalog.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/text.h"
#include "worker/awake.h"
#include "worker/blobs.h"
#include "worker/caller.h"
#include "worker/lead.h"
#include "worker/pilot_mpi.h"
#include "worker/walltime.h"
#include "worker/worker_rank.h"

#define SECOND_NS ((int64_t)1000000000)

#define NAP_FIRST_NS ((int64_t)50000)
#define NAP_LAST_NS  ((int64_t)2000000)

/* For the last letters, then for MPI_Finalize. */
#define FAREWELL_NS ((int64_t)1000000000)
#define FINALIZE_S  10u

/* MPI_Init waits for every rank and for ever, also for one that died: it gets so many
 * times the silence of a rank. */
#define START_SILENCES 3u

static volatile sig_atomic_t signalled;

struct options {
    const char *coordinator, *token, *scratch, *cache;
    char executor[PATH_MAX];
    uint64_t silence_s, patience_s, walltime_s; /* walltime_s 0: not known */
};

struct pilot {
    struct options options;
    int64_t until_ns; /* of walltime.h, 0: no end is known */
    struct awake awake;
    pid_t parent;
    int rank, size;
    struct log log;
    struct log blobs_log; /* of another thread */
    struct pilot_mpi *mpi;
    struct driver driver;
    struct worker_rank worker;
    struct lead *lead;
    struct caller *caller;
    struct blobs *blobs;
};

/* What is urgent stays so. */
static void on_signal(int number)
{
    if (signalled != SIGTERM)
        signalled = number;
}

static const char help[] =
    "spillway-pilot: runs tasks of a coordinator on the nodes of one batch job.\n"
    "\n"
    "  mpirun --enable-recovery spillway-pilot --coordinator FILE --token FILE\n"
    "         --scratch DIR --cache DIR [--executor PATH]\n"
    "\n"
    "  --coordinator FILE  file with the coordinator's URL in its first line; for https,\n"
    "                      here as for chunks and mirrors, $SSL_CERT_FILE names authorities\n"
    "                      instead of the system's\n"
    "  --token FILE        file with the pilot token in its first line\n"
    "  --scratch DIR       folder of the node for logs of executors\n"
    "  --cache DIR         folder of the node for conditions and fetched chunks\n"
    "  --executor PATH     program that does the tasks (default: beside this one)\n"
    "  --walltime SECONDS  this pilot is ended by others so long after its start (default:\n"
    "                      what $SLURM_JOB_END_TIME says, else unknown); it stops in time:\n"
    "                      no segment is begun that may not be done, what is done counts\n"
    "  --patience SECONDS  wait so long for a coordinator that is silent (1800)\n"
    "  --silence SECONDS   give up a rank that is silent for so long (20), and a world that\n"
    "                      does not start within three times that\n"
    "  --help\n"
    "\n"
    "One rank more than cores is right: the lead sleeps nearly all the time. SIGTERM and\n"
    "SIGUSR1 end it in order, and what is done counts: SIGUSR1 after the segments at\n"
    "work are finished, SIGTERM, after which little time is left, at once.\n"
    "Exit: 0 in order; 2 usage, 14 no rank can work, 16 coordinator silent or refusing.\n";

static bool seconds_read(const char *name, const char *text, uint64_t *seconds,
                         struct err *err)
{
    return text_to_u64(text, 1000000, seconds, err) || err_wrap(err, "--%s", name);
}

static bool walltime_read(const char *text, uint64_t *seconds, struct err *err)
{
    if (!seconds_read("walltime", text, seconds, err))
        return false;
    return *seconds > 0 || err_set(err, E_USAGE, "--walltime: 1 second at least");
}

static bool executor_default(char out[PATH_MAX], struct err *err)
{
    static const char name[] = "spillway-executor";
    ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - sizeof name);
    if (length < 0)
        return err_errno(err, E_PROCESS, errno, "/proc/self/exe");
    while (length > 0 && out[length - 1] != '/')
        length--;
    memcpy(out + length, name, sizeof name);
    return true;
}

/* *go is false when all was said with --help. */
static bool options_read(int argc, char **argv, struct options *options, bool *go,
                         struct err *err)
{
    static const struct option known[] = {{"coordinator", required_argument, NULL, 'c'},
                                          {"token", required_argument, NULL, 't'},
                                          {"scratch", required_argument, NULL, 's'},
                                          {"cache", required_argument, NULL, 'k'},
                                          {"executor", required_argument, NULL, 'e'},
                                          {"patience", required_argument, NULL, 'p'},
                                          {"silence", required_argument, NULL, 'q'},
                                          {"walltime", required_argument, NULL, 'w'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    *options = (struct options){.silence_s = 20, .patience_s = 1800};
    bool good = executor_default(options->executor, err);
    *go = true;
    opterr = 0;
    for (int c; good && (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'c')
            options->coordinator = optarg;
        else if (c == 't')
            options->token = optarg;
        else if (c == 's')
            options->scratch = optarg;
        else if (c == 'k')
            options->cache = optarg;
        else if (c == 'e')
            good = text_copy(options->executor, sizeof options->executor, optarg, err);
        else if (c == 'p')
            good = seconds_read("patience", optarg, &options->patience_s, err);
        else if (c == 'q')
            good = seconds_read("silence", optarg, &options->silence_s, err);
        else if (c == 'w')
            good = walltime_read(optarg, &options->walltime_s, err);
        else if (c == 'h') {
            *go = false;
            return fputs(help, stdout) >= 0;
        } else
            good = err_set(err, E_USAGE, "%s: not an option of this program",
                           argv[optind - 1]);
    }
    if (good && optind < argc)
        good = err_set(err, E_USAGE, "%s: not an option of this program", argv[optind]);
    if (good && (options->coordinator == NULL || options->token == NULL ||
                 options->scratch == NULL || options->cache == NULL))
        good = err_set(err, E_USAGE,
                       "--coordinator, --token, --scratch and --cache are needed");
    return good && disk_make_path(options->scratch, err) &&
           disk_make_path(options->cache, err);
}

static void signals_setup(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGUSR1, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Nothing else gets a turn inside MPI_Init; what is called here is safe in a handler. */
static char late_text[512];
static size_t late_size;
static int late_status;

static void on_late_start(int number)
{
    (void)number;
    ssize_t written = write(STDERR_FILENO, late_text, late_size);
    (void)written; /* there is nobody else to tell */
    _exit(late_status);
}

static bool world_start(struct pilot *pilot, struct err *err)
{
    unsigned limit_s = START_SILENCES * (unsigned)pilot->options.silence_s;
    int size =
        snprintf(late_text, sizeof late_text,
                 "spillway-pilot: error %s: MPI does not start within %u s\n  %s\n",
                 err_name(E_WORKER_WORLD), limit_s, err_advice(E_WORKER_WORLD));
    bug_if(size < 0 || (size_t)size >= sizeof late_text);
    late_size = (size_t)size;
    late_status = err_exit_status(E_WORKER_WORLD);
    struct sigaction action = {.sa_handler = on_late_start};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGALRM, &action, NULL);
    (void)alarm(limit_s);
    bool started = pilot_mpi_start(&pilot->mpi, &pilot->rank, &pilot->size, err);
    (void)alarm(0);
    return started;
}

/* Between two looks at letters and pipes: an eighth of the time in which nothing
 * happened, so that short tasks do not wait long; cut short by what the executor says. */
struct nap {
    int64_t duration_ns;
    bool deaf; /* its pipe was ready and that led to nothing: do not look again */
};

static void nap(struct nap *nap, const struct driver *driver, bool something)
{
    if (something) { /* and more may follow from it at once */
        *nap = (struct nap){.duration_ns = NAP_FIRST_NS};
        return;
    }
    struct pollfd pipe = {.fd = driver->output, .events = POLLIN};
    struct timespec time = {.tv_nsec = nap->duration_ns};
    if (nap->deaf || pipe.fd < 0)
        clock_sleep_ns(nap->duration_ns);
    else
        nap->deaf = ppoll(&pipe, 1, &time, NULL) > 0;
    nap->duration_ns += nap->duration_ns / 8;
    if (nap->duration_ns > NAP_LAST_NS)
        nap->duration_ns = NAP_LAST_NS;
}

static void farewell(struct pilot *pilot)
{
    int64_t end_ns = clock_now_ns() + FAREWELL_NS;
    while (!pilot_mpi_sent(pilot->mpi) && clock_now_ns() < end_ns)
        clock_sleep_ns(NAP_LAST_NS);
}

/* With all ranks alive MPI wants an orderly end; it may hang if one dies just now. */
static void world_end(struct pilot *pilot, bool clean, int status)
{
    if (clean) {
        (void)signal(SIGALRM, SIG_DFL);
        (void)alarm(FINALIZE_S);
        pilot_mpi_finish(pilot->mpi);
    }
    _exit(status);
}

/* A rank that drives an executor. */

static int64_t pilot_now(struct pilot *pilot)
{
    return awake_now(&pilot->awake, clock_now_ns());
}

static void rank_deliver(struct pilot *pilot)
{
    for (struct letter *letter; (letter = post_take(&pilot->worker.outbox)) != NULL;)
        pilot_mpi_send(pilot->mpi, letter);
}

static bool rank_abandoned(const struct pilot *pilot, int64_t now_ns)
{
    return getppid() != pilot->parent ||
           now_ns - pilot->worker.heard_ns >
               (int64_t)pilot->options.silence_s * SECOND_NS;
}

static void rank_loop(struct pilot *pilot)
{
    struct nap between = {.duration_ns = NAP_FIRST_NS};
    int drained = 0; /* the signal that was obeyed last */
    worker_rank_init(&pilot->worker, &pilot->driver, 0, pilot_now(pilot));
    while (!pilot->worker.over) {
        int64_t now_ns = pilot_now(pilot);
        bool something = false;
        for (struct letter *letter; (letter = pilot_mpi_receive(pilot->mpi)) != NULL;) {
            worker_rank_mail(&pilot->worker, letter, now_ns);
            something = true;
        }
        if (signalled != drained) {
            drained = signalled;
            worker_rank_drain(&pilot->worker, drained == SIGTERM, now_ns);
        }
        something = worker_rank_step(&pilot->worker, now_ns) || something;
        rank_deliver(pilot);
        if (rank_abandoned(pilot, now_ns)) {
            log_write(&pilot->log, LOG_LEVEL_ERROR, "rank=%d lead=lost", pilot->rank);
            break;
        }
        nap(&between, &pilot->driver, something);
    }
    driver_release(&pilot->driver);
    world_end(pilot, pilot->worker.over && pilot->worker.clean, 0);
}

/* The lead. */

static void letter_deliver(struct pilot *pilot, struct letter *letter, int64_t now_ns)
{
    if (pilot->size == 1)
        worker_rank_mail(&pilot->worker, letter, now_ns);
    else
        pilot_mpi_send(pilot->mpi, letter);
}

static void lead_deliver(struct pilot *pilot, int64_t now_ns)
{
    for (int lost; (lost = lead_take_lost(pilot->lead)) >= 0;)
        if (pilot->size > 1)
            pilot_mpi_abandon(pilot->mpi, lost);
    for (struct letter *letter; (letter = lead_take_want(pilot->lead)) != NULL;)
        blobs_ask(pilot->blobs, letter);
    for (struct letter *letter; (letter = blobs_take(pilot->blobs)) != NULL;)
        letter_deliver(pilot, letter, now_ns);
    for (struct letter *letter; (letter = lead_take_letter(pilot->lead)) != NULL;)
        letter_deliver(pilot, letter, now_ns);
}

static bool lead_collect(struct pilot *pilot, int64_t now_ns)
{
    bool something = false;
    if (pilot->size > 1) {
        for (struct letter *letter; (letter = pilot_mpi_receive(pilot->mpi)) != NULL;) {
            lead_mail(pilot->lead, letter, now_ns);
            something = true;
        }
        return something;
    }
    something = worker_rank_step(&pilot->worker, now_ns);
    for (struct letter *letter; (letter = post_take(&pilot->worker.outbox)) != NULL;)
        lead_mail(pilot->lead, letter, now_ns);
    return something;
}

static bool lead_calls(struct pilot *pilot, int64_t now_ns)
{
    enum caller_outcome outcome;
    const struct bytes *answer;
    struct err err;
    struct lead_call call;
    if (caller_over(pilot->caller, &outcome, &answer, &err)) {
        switch (outcome) {
        case CALLER_ANSWERED:
            lead_answered(pilot->lead, answer->data, answer->size, now_ns);
            break;
        case CALLER_UNANSWERED:
            lead_unanswered(pilot->lead, &err, now_ns);
            break;
        case CALLER_REJECTED:
            lead_rejected(pilot->lead, &err);
            break;
        }
        return true;
    }
    if (caller_running(pilot->caller) || !lead_call_due(pilot->lead, now_ns, &call))
        return false;
    caller_begin(pilot->caller, call.path, call.body);
    return true;
}

static struct lead *lead_start(struct pilot *pilot)
{
    struct lead_options options = {
        .first_rank = pilot->size > 1 ? 1 : 0,
        .executors = pilot->size > 1 ? (uint32_t)pilot->size - 1 : 1,
        .silence_ns = (int64_t)pilot->options.silence_s * SECOND_NS,
        .patience_ns = (int64_t)pilot->options.patience_s * SECOND_NS,
        .until_ns = pilot->until_ns,
        .pid = (uint32_t)getpid(),
        .seed = clock_random_token()};
    if (gethostname(options.host, sizeof options.host - 1) != 0)
        options.host[0] = 0;
    return lead_new(&options, &pilot->log, pilot_now(pilot));
}

static void lead_end(struct pilot *pilot, const struct err *why, bool clean)
{
    if (why->code != E_NONE)
        log_write(&pilot->log, LOG_LEVEL_ERROR, "end=%s text=\"%s\" advice=\"%s\"",
                  err_name((enum err_code)why->code), why->text,
                  err_advice((enum err_code)why->code));
    else
        log_write(&pilot->log, LOG_LEVEL_INFO, "end=in-order");
    lead_dismiss(pilot->lead);
    lead_deliver(pilot, pilot_now(pilot));
    if (pilot->size > 1)
        farewell(pilot);
    driver_release(&pilot->driver);
    world_end(pilot, clean,
              why->code == E_NONE ? 0 : err_exit_status((enum err_code)why->code));
}

static void lead_loop(struct pilot *pilot)
{
    struct nap between = {.duration_ns = NAP_FIRST_NS};
    struct err why;
    bool clean;
    pilot->lead = lead_start(pilot);
    pilot->blobs =
        blobs_new(pilot->options.cache, getenv("SSL_CERT_FILE"), &pilot->blobs_log);
    if (pilot->size == 1)
        worker_rank_init(&pilot->worker, &pilot->driver, 0, pilot_now(pilot));
    else
        driver_release(&pilot->driver);
    while (!lead_over(pilot->lead, &why, &clean)) {
        int64_t slept_ns = pilot->awake.slept_ns;
        int64_t now_ns = pilot_now(pilot);
        if (pilot->awake.slept_ns != slept_ns) {
            slept_ns = pilot->awake.slept_ns - slept_ns;
            log_write(&pilot->log, LOG_LEVEL_WARN, "slept_s=%.1f",
                      (double)slept_ns * 1e-9);
            lead_slept(pilot->lead, slept_ns);
        }
        bool something = lead_collect(pilot, now_ns);
        if (signalled != 0)
            lead_drain(pilot->lead, signalled == SIGTERM, now_ns);
        something = lead_calls(pilot, now_ns) || something;
        lead_step(pilot->lead, now_ns);
        lead_deliver(pilot, now_ns);
        if (getppid() != pilot->parent) {
            err_set(&why, E_WORKER_LOST, "the process that started this pilot is gone");
            clean = false;
            break;
        }
        nap(&between, &pilot->driver, something);
    }
    lead_end(pilot, &why, clean);
}

/* The end of the allocation, as told or as Slurm says in seconds since 1970. */
static int64_t allocation_until(struct pilot *pilot, int64_t now_ns)
{
    struct err err;
    uint64_t end_s = 0;
    const char *slurm = getenv("SLURM_JOB_END_TIME");
    if (pilot->options.walltime_s > 0)
        return walltime_until(now_ns, (int64_t)pilot->options.walltime_s * SECOND_NS);
    if (slurm == NULL)
        return 0;
    if (!text_to_u64(slurm, UINT32_MAX, &end_s, &err)) {
        log_write(&pilot->log, LOG_LEVEL_WARN, "SLURM_JOB_END_TIME=unknown text=\"%s\"",
                  err.text);
        return 0;
    }
    return walltime_until(now_ns, ((int64_t)end_s - clock_wall_s()) * SECOND_NS);
}

static bool pilot_run(struct pilot *pilot, struct err *err)
{
    char log_path[PATH_MAX], at_path[PATH_MAX + 4];
    char until[24];
    pilot->until_ns = allocation_until(pilot, clock_now_ns());
    (void)snprintf(until, sizeof until, "%" PRId64, pilot->until_ns);
    const char *const executor[] = {pilot->options.executor,
                                    "--serve",
                                    "--cache",
                                    pilot->options.cache,
                                    "--until",
                                    until,
                                    "--at",
                                    at_path,
                                    NULL};
    int length = snprintf(log_path, sizeof log_path, "%s/executor-%ld.log",
                          pilot->options.scratch, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof log_path)
        return err_set(err, E_USAGE, "--scratch: the path is too long");
    (void)snprintf(at_path, sizeof at_path, "%s.at", log_path);
    if (!driver_init(&pilot->driver, executor, log_path, err) ||
        !at_work_make(&pilot->driver.at, at_path, err) || !world_start(pilot, err))
        return false;
    if (pilot->rank > 0)
        rank_loop(pilot);
    if (!caller_new(pilot->options.coordinator, pilot->options.token,
                    getenv("SSL_CERT_FILE"), &pilot->caller, err))
        return false;
    lead_loop(pilot);
    return true;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], FORK_SERVER_FLAG) == 0)
        return fork_server_main(argc, argv);
    struct pilot pilot = {.parent = getppid(),
                          .log = {STDERR_FILENO, LOG_LEVEL_INFO, "pilot", 0},
                          .blobs_log = {STDERR_FILENO, LOG_LEVEL_INFO, "blobs", 0}};
    struct err err = {.code = E_NONE};
    bool go;
    signals_setup();
    if (!options_read(argc, argv, &pilot.options, &go, &err) ||
        (go && !pilot_run(&pilot, &err))) {
        (void)fprintf(stderr, "spillway-pilot: error %s: %s\n  %s\n",
                      err_name((enum err_code)err.code), err.text,
                      err_advice((enum err_code)err.code));
        return err_exit_status((enum err_code)err.code);
    }
    return 0;
}
