/* executor_main.c - does one task after another for a worker rank; also the reproducer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/resource.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/exhausted.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/text.h"
#include "proto/wire.h"
#include "release_id.h"
#include "worker/at_work.h"
#include "worker/frame.h"
#include "worker/golden.h"
#include "worker/process.h"
#include "worker/walltime.h"

/* Lists of a task of the largest size, and of its report. */
#define TASK_ARENA   ((size_t)1 << 30)
#define REPORT_ARENA ((size_t)1 << 30)

static volatile sig_atomic_t signalled;
static volatile sig_atomic_t late; /* the segment at work took too long, somebody says */

static const char help[] =
    "spillway-executor: processes tasks: raw data in, parts and a report out.\n"
    "\n"
    "  spillway-executor --task FILE [--store DIR] [--cache DIR] [--out REPORT]\n"
    "        does the task of FILE once more, by hand: the way to look at a failure\n"
    "  spillway-executor --serve [--cache DIR] [--until NS]\n"
    "        tasks on stdin, progress and reports on stdout, as the pilot wants it\n"
    "  spillway-executor --fingerprint   sha256 of what a built-in segment gives\n"
    "  spillway-executor --release       release id\n"
    "\n"
    "  --store DIR   write parts there instead of the task's store\n"
    "  --cache DIR   folder of this node for conditions and for chunks that are fetched;\n"
    "                for https $SSL_CERT_FILE names authorities instead of the system's\n"
    "  --out REPORT  write the packed report there\n"
    "  --at FILE     page of the pilot into which the number of the event at work goes\n"
    "  --until NS    begin no segment that may not be done by then (CLOCK_BOOTTIME): what\n"
    "                is done is reported, the rest handed back\n"
    "\n"
    "SIGUSR1: finish the segment at work, report, end. SIGTERM: the same at once, without\n"
    "that segment. SIGUSR2: it took too long, report it as failed.\n"
    "Exit: 0 done; otherwise by the kind of the failure (2 usage, 10 input,\n"
    "11 conditions, 12 payload, 13 resource, 14 node, 15 storage, 16 protocol).\n";

struct options {
    const char *task, *store, *cache, *out, *at;
    uint64_t until_ns; /* 0: no end is known */
    bool serve, fingerprint, release, help;
};

struct executor {
    struct options options;
    struct log log;
    char host[64];
    bool serving;
    struct bytes task;   /* packed */
    struct bytes out;    /* frame being written */
    struct bytes answer; /* to the last wish */
    int64_t limit_ns;    /* of a segment, 0 none */
    struct at_work at;
    struct walltime walltime;
    int64_t begun_ns; /* the segment at work, 0 none */
    uint32_t begun;   /* segments of the task, with the one at work */
};

/* What is urgent stays so. */
static void on_signal(int number)
{
    if (number == SIGUSR2)
        late = 1;
    else if (signalled != SIGTERM)
        signalled = number;
}

static void signals_setup(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* reads are interrupted */
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGUSR1, &action, NULL);
    (void)sigaction(SIGUSR2, &action, NULL);
}

static bool options_read(int argc, char **argv, struct options *options, struct err *err)
{
    static const struct option known[] = {{"task", required_argument, NULL, 't'},
                                          {"store", required_argument, NULL, 's'},
                                          {"cache", required_argument, NULL, 'k'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"until", required_argument, NULL, 'u'},
                                          {"at", required_argument, NULL, 'a'},
                                          {"serve", no_argument, NULL, 'S'},
                                          {"fingerprint", no_argument, NULL, 'f'},
                                          {"release", no_argument, NULL, 'r'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 't')
            options->task = optarg;
        else if (c == 's')
            options->store = optarg;
        else if (c == 'k')
            options->cache = optarg;
        else if (c == 'o')
            options->out = optarg;
        else if (c == 'a')
            options->at = optarg;
        else if (c == 'u') {
            if (!text_to_u64(optarg, INT64_MAX, &options->until_ns, err))
                return err_wrap(err, "--until");
        } else if (c == 'S')
            options->serve = true;
        else if (c == 'f')
            options->fingerprint = true;
        else if (c == 'r')
            options->release = true;
        else if (c == 'h')
            options->help = true;
        else
            return err_set(err, E_USAGE, "%s: not an option of this program",
                           argv[optind - 1]);
    }
    int modes = (options->task != NULL) + options->serve + options->fingerprint +
                options->release + options->help;
    if (optind < argc)
        return err_set(err, E_USAGE, "%s: not an option of this program", argv[optind]);
    if (modes != 1)
        return err_set(err, E_USAGE,
                       "one of --task, --serve, --fingerprint, --release is needed");
    return true;
}

/* What the task may have; how much more was given for its end, once, is in `lifted`. */
static uint64_t memory_bytes;
static bool lifted;

/* Data memory of this process; the sanitizers' own would count as well. A limit that
 * holds already is not set again: small tasks are not to spend their time on it. */
static void memory_set(uint64_t bytes)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    static struct rlimit limit;
    static bool known;
    known = known || getrlimit(RLIMIT_DATA, &limit) == 0;
    rlim_t wanted = bytes == 0 || bytes > limit.rlim_max ? limit.rlim_max : bytes;
    if (!known || limit.rlim_cur == wanted)
        return;
    limit.rlim_cur = wanted;
    known = setrlimit(RLIMIT_DATA, &limit) == 0;
    if (!known)
        (void)fprintf(stderr, "memory limit of %" PRIu64 " bytes: %s\n", bytes,
                      strerror(errno));
#else
    (void)bytes;
#endif
}

static void memory_limit(uint64_t bytes)
{
    memory_bytes = bytes;
    lifted = false;
    heap_limited(bytes);
    memory_set(bytes);
}

/* What an executor needs before its first event, with all decoders and histograms. */
#define MEMORY_START ((uint64_t)32 << 20)

/* Half as much again, enough for the buffer of any segment: the segment at work is given
 * up before its next event, so nearly nothing of it is touched, and what is done counts.
 * Whoever meets that limit too ends without a word. */
static bool memory_lift(void)
{
    if (lifted || memory_bytes == 0)
        return false;
    lifted = true;
    memory_set(memory_bytes + memory_bytes / 2 + MEMORY_START);
    return true;
}

/* The peak that a report tells is that of its task; where the kernel does not let it be
 * forgotten, that of all tasks of this process. */
static void memory_peak_forget(void)
{
    static int fd = -1; /* kept open: to open it takes longer than to use it */
    if (fd < 0)
        fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    ssize_t unused = fd < 0 ? 0 : write(fd, "5", 1);
    (void)unused;
}

static bool frame_send(struct executor *executor, enum frame_kind kind, const void *body,
                       size_t size, struct err *err)
{
    bytes_clear(&executor->out);
    return frame_pack(&executor->out, kind, body, size, err) &&
           disk_write(STDOUT_FILENO, "pipe to the pilot", executor->out.data,
                      executor->out.size, err);
}

static bool begin(void *user, uint32_t index, struct err *err)
{
    struct executor *executor = user;
    uint8_t body[4];
    executor->begun_ns = clock_now_ns();
    executor->begun++;
    at_work_set(&executor->at, AT_WORK_NONE);
    if (!executor->serving) {
        (void)fprintf(stderr, "segment %" PRIu32 "\n", index);
        return true;
    }
    le32_store(body, index);
    return frame_send(executor, FRAME_PROGRESS, body, sizeof body, err);
}

static bool stop(void *user)
{
    struct executor *executor = user;
    int64_t now_ns = clock_now_ns();
    if (executor->begun_ns != 0)
        walltime_learn(&executor->walltime, now_ns - executor->begun_ns);
    executor->begun_ns = 0;
    return signalled != 0 || walltime_over(&executor->walltime, now_ns) ||
           (lifted && executor->begun > 0);
}

static void at(void *user, uint32_t event)
{
    at_work_set(&((const struct executor *)user)->at, event);
}

/* Late is what is said of this segment, not of the one before. */
static enum process_urge urge(void *user)
{
    const struct executor *executor = user;
    if (signalled == SIGTERM)
        return PROCESS_QUIT;
    /* In a task of its own, with nothing before it, the segment may fit. */
    if (lifted)
        return executor->begun > 1 ? PROCESS_QUIT : PROCESS_MEMORY;
    if (late == 0 && executor->walltime.until_ns == 0)
        return PROCESS_GO_ON;
    int64_t now_ns = clock_now_ns();
    if (late != 0 && executor->limit_ns > 0 &&
        now_ns - executor->begun_ns >= executor->limit_ns / 2)
        return PROCESS_LATE;
    late = 0;
    bool over = executor->walltime.until_ns != 0 && now_ns >= executor->walltime.until_ns;
    return over ? PROCESS_QUIT : PROCESS_GO_ON;
}

static void told(void *user, const char *text)
{
    log_write(&((struct executor *)user)->log, LOG_LEVEL_WARN, "%s", text);
}

/* The rank answers, from the lead or with nothing. */
static bool ask(void *user, const char *store, const char *mirrors,
                const struct sha256 *hash, struct bytes *out)
{
    struct executor *executor = user;
    struct err err;
    struct frame_want want = {.hash = *hash};
    uint8_t body[FRAME_WANT_LIMIT];
    if (!executor->serving || !text_copy(want.store, sizeof want.store, store, &err) ||
        !text_copy(want.mirrors, sizeof want.mirrors, mirrors, &err))
        return false;
    size_t size = frame_want_pack(&want, body);
    const struct bytes *answer = &executor->answer;
    return frame_send(executor, FRAME_WANT, body, size, &err) &&
           frame_read_answer(STDIN_FILENO, &executor->answer, &err) &&
           answer->size >= FRAME_ANSWER_HEAD && answer->data[0] == 1 &&
           bytes_append(out, answer->data + FRAME_ANSWER_HEAD,
                        answer->size - FRAME_ANSWER_HEAD, &err);
}

/* Unpacks and does the packed task; *failure is that of the report, if any. */
static bool task_do(struct executor *executor, struct bytes *packed, struct err *failure,
                    struct err *err)
{
    struct arena task_arena, report_arena;
    struct task task;
    struct report report;
    arena_init(&task_arena, TASK_ARENA);
    arena_init(&report_arena, REPORT_ARENA);
    struct process_options options = {.cache_path = executor->options.cache,
                                      .store = executor->options.store,
                                      .authorities = getenv("SSL_CERT_FILE"),
                                      .told = told,
                                      .host = executor->host,
                                      .begin = begin,
                                      .ask = ask,
                                      .stop = stop,
                                      .at = at,
                                      .urge = urge,
                                      .user = executor};
    bool done = wire_task_unpack(executor->task.data, executor->task.size, &task_arena,
                                 &task, err);
    if (done) {
        executor->begun_ns = 0;
        executor->begun = 0;
        executor->limit_ns = task.duration_ns;
        memory_peak_forget();
        memory_limit(task.memory_bytes);
        process_task(&task, &options, &report_arena, &report);
        memory_limit(0);
        *failure = report.status == REPORT_FAILED ? report.failure
                                                  : (struct err){.code = E_NONE};
        bytes_clear(packed);
        done = wire_report_pack(&report, packed, err);
    }
    arena_release(&task_arena);
    arena_release(&report_arena);
    return done;
}

static bool ready_send(struct executor *executor, struct err *err)
{
    uint8_t body[FRAME_READY_SIZE];
    struct sha256 release, fingerprint;
    if (!sha256_from_hex(SPILLWAY_RELEASE_ID, &release, err) ||
        !golden_fingerprint(NULL, &fingerprint, err))
        return false;
    memcpy(body, release.bytes, SHA256_SIZE);
    memcpy(body + SHA256_SIZE, fingerprint.bytes, SHA256_SIZE);
    return frame_send(executor, FRAME_READY, body, sizeof body, err);
}

static bool serve(struct executor *executor, struct err *err)
{
    struct bytes packed;
    struct err failure;
    executor->serving = true;
    executor->walltime.until_ns = (int64_t)executor->options.until_ns;
    if (!ready_send(executor, err))
        return false;
    bytes_init(&packed, FRAME_LIMIT);
    bool good = true;
    while (good && signalled == 0) {
        enum lookup found = frame_read_task(STDIN_FILENO, &executor->task, err);
        if (found == LOOKUP_ABSENT)
            break;
        good = found == LOOKUP_FOUND && task_do(executor, &packed, &failure, err) &&
               frame_send(executor, FRAME_REPORT, packed.data, packed.size, err);
    }
    bytes_release(&packed);
    return good;
}

static bool by_hand(struct executor *executor, struct err *err)
{
    struct bytes packed;
    struct err failure;
    const struct options *options = &executor->options;
    bytes_init(&packed, FRAME_LIMIT);
    bool done = disk_read_file(options->task, &executor->task, err) &&
                task_do(executor, &packed, &failure, err) &&
                (options->out == NULL ||
                 disk_write_durable(options->out, packed.data, packed.size, 0644, err));
    bytes_release(&packed);
    if (done && failure.code != E_NONE) {
        *err = failure;
        return false;
    }
    return done;
}

static bool fingerprint_print(struct err *err)
{
    struct sha256 fingerprint;
    char hex[SHA256_HEX];
    if (!golden_fingerprint(NULL, &fingerprint, err))
        return false;
    sha256_to_hex(&fingerprint, hex);
    return puts(hex) >= 0;
}

static bool run(struct executor *executor, struct err *err)
{
    const struct options *options = &executor->options;
    if (options->help)
        return fputs(help, stdout) >= 0;
    if (options->release)
        return puts(SPILLWAY_RELEASE_ID) >= 0;
    if (options->fingerprint)
        return fingerprint_print(err);
    if (options->at != NULL && !at_work_open(&executor->at, options->at, err))
        return false;
    signals_setup();
    exhausted_call(memory_lift);
    return options->serve ? serve(executor, err) : by_hand(executor, err);
}

int main(int argc, char **argv)
{
    struct err err = {.code = E_NONE};
    struct executor executor = {.log = {STDERR_FILENO, LOG_LEVEL_INFO, "executor", 0}};
    heap_prepare();
    bytes_init(&executor.task, FRAME_LIMIT);
    bytes_init(&executor.out, FRAME_LIMIT + 16);
    bytes_init(&executor.answer, FRAME_LIMIT);
    if (gethostname(executor.host, sizeof executor.host - 1) != 0)
        executor.host[0] = 0;
    bool done = options_read(argc, argv, &executor.options, &err) && run(&executor, &err);
    at_work_release(&executor.at);
    bytes_release(&executor.task);
    bytes_release(&executor.out);
    bytes_release(&executor.answer);
    if (done)
        return 0;
    (void)fprintf(stderr, "spillway-executor: error %s: %s\n  %s\n",
                  err_name((enum err_code)err.code), err.text,
                  err_advice((enum err_code)err.code));
    return err_exit_status((enum err_code)err.code);
}
