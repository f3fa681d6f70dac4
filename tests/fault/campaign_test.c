/* campaign_test.c - one failing step of a campaign costs a process, never a byte.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A child does a small campaign from nothing: import, scan, plan, the service
 * behind HTTP and a pilot that does its tasks. In it one random write to a
 * file, sync, allocation or send fails, whoever makes it: ours, LMDB's,
 * libcurl's, libmicrohttpd's. Then the next child goes on without faults: it
 * must complete the campaign with the published bytes of a calm one. FAULTS=n
 * sets how many (300), PROPERTY_SEED repeats a run. Most of the time goes by
 * until the lease of the dead one runs out, so eight go on side by side.
 */
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "base/text.h"
#include "coordinator/plan.h"
#include "coordinator/runs.h"
#include "coordinator/serve.h"
#include "coordinator/status.h"
#include "model/chunk.h"
#include "proto/wire.h"
#include "raw/writer.h"
#include "release_id.h"
#include "tests/fault/steps.h"
#include "transfer/http.h"
#include "worker/process.h"

#define RUNS      2u
#define SPILLS    3u
#define EVENTS    10u
#define CALM      "calm"
#define PATIENCE  60 /* s, of a child */
#define SIDES     8u
#define RAW_LIMIT ((size_t)1 << 20)

static struct err err;
static bool is_child;

static void must(bool done)
{
    if (done)
        return;
    if (!is_child)
        fail_msg("%s %s", err_name((enum err_code)err.code), err.text);
    (void)fprintf(stderr, "%s %s\n", err_name((enum err_code)err.code), err.text);
    _exit(15);
}

/* The raw data, once. */

static void put_event(struct raw_writer *writer, uint32_t run, uint32_t spill,
                      uint32_t number, uint32_t type)
{
    uint32_t words[200];
    struct random dice = {random_mix(run * 1000003u + spill * 1009u + number)};
    struct raw_event_spec spec = {.header = {.type = type,
                                             .run = run,
                                             .event_in_run = number,
                                             .event = number,
                                             .spill = spill,
                                             .time_s = 1700000000u}};
    struct raw_block_spec block = {.source = 700, .words = words};
    block.count = 20 + (size_t)random_below(&dice, 180);
    for (size_t i = 0; i < block.count; i++)
        words[i] = (uint32_t)random_next(&dice);
    must(raw_event_begin(writer, &spec, &err) && raw_subevent_begin(writer, 1, &err) &&
         raw_block(writer, &block, &err));
    raw_subevent_end(writer);
    raw_event_end(writer);
}

static void make_run(const char *folder, uint32_t run, struct bytes *catalogue)
{
    struct raw_writer writer;
    struct chunk_id id = {.run = run, .builder = 1, .number = 1};
    char name[CHUNK_NAME];
    char path[300];
    raw_writer_init(&writer, RAW_LIMIT);
    put_event(&writer, run, 1, 0, EVENT_START_OF_RUN);
    for (uint32_t spill = 1; spill <= SPILLS; spill++) {
        put_event(&writer, run, spill, 0, EVENT_START_OF_BURST);
        for (uint32_t i = 1; i <= EVENTS; i++)
            put_event(&writer, run, spill, i, EVENT_PHYSICS);
        put_event(&writer, run, spill, EVENTS + 1, EVENT_END_OF_BURST);
    }
    chunk_name(&id, name);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    must(disk_write_durable(path, writer.out.data, writer.out.size, 0644, &err));
    must(text_addf(catalogue, &err,
                   "  - run: %u\n    period: \"2022\"\n    setup: test\n"
                   "    particle: electron\n    momentum_gev: 100\n    type: physics\n"
                   "    origin: data\n    quality: good\n    synthetic: true\n"
                   "    chunks:\n      - file: %s\n        size: %zu\n"
                   "        adler32: \"%08x\"\n",
                   run, name, writer.out.size,
                   adler32_add(ADLER32_START, writer.out.data, writer.out.size)));
    raw_writer_release(&writer);
}

static void make_data(const char *folder)
{
    static const char head[] = "setups:\n  - name: test\n    eot: {source: 800, "
                               "scaler_word: 0, scale: 1}\n"
                               "runs:\n";
    struct bytes catalogue;
    char path[300];
    bytes_init(&catalogue, RAW_LIMIT);
    must(bytes_append(&catalogue, head, sizeof head - 1, &err));
    for (uint32_t run = 5001; run < 5001 + RUNS; run++)
        make_run(folder, run, &catalogue);
    (void)snprintf(path, sizeof path, "%s/runs.yaml", folder);
    must(disk_write_durable(path, catalogue.data, catalogue.size, 0644, &err));
    bytes_release(&catalogue);
}

/* The pilot: one task at a time, in this process. */

struct pilot {
    struct area *area;
    struct http_client *client;
    char token[AREA_TOKEN];
    char url[300];
    uint64_t number; /* 0: must say hello */
    struct arena answers, reports;
    struct report report; /* not answered; attempt 0: none */
    struct bytes body, answer;
};

static bool address_read(struct pilot *pilot)
{
    char path[AREA_PATH];
    struct bytes text;
    bytes_init(&text, sizeof pilot->url - 1);
    bool done = area_path(pilot->area, SERVE_ADDRESS_FILE, path, &err) &&
                disk_read_file(path, &text, &err) && text.size > 1;
    if (done)
        (void)snprintf(pilot->url, sizeof pilot->url, "%.*s", (int)text.size - 1,
                       (const char *)text.data);
    bytes_release(&text);
    return done;
}

/* A call that was not answered is made again, the same, unless it is the last
 * one. */
static void call(struct pilot *pilot, const char *path, bool last)
{
    for (bool again = true; again; again = !last) {
        char url[340];
        struct http_response response;
        bytes_clear(&pilot->answer);
        if (address_read(pilot)) {
            (void)snprintf(url, sizeof url, "%s%s", pilot->url, path);
            struct http_call post = {.url = url,
                                     .bearer = pilot->token,
                                     .content_type = "application/x-protobuf",
                                     .body = pilot->body.data,
                                     .body_size = pilot->body.size,
                                     .limits = http_limits_usual(WIRE_MESSAGE_LIMIT)};
            post.limits.total_ms = 5000;
            if (http_post(pilot->client, &post, &pilot->answer, &response, &err))
                return;
            must(err.code != E_PROCESS); /* the program ends: it has no libcurl */
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

static void greet(struct pilot *pilot)
{
    struct hello_answer answer;
    struct hello hello = {
        .protocol = PROTOCOL_VERSION, .host = "here", .pid = 1, .executors = 1};
    must(sha256_from_hex(SPILLWAY_RELEASE_ID, &hello.release, &err));
    hello.fingerprint.bytes[0] = 1;
    bytes_clear(&pilot->body);
    must(wire_hello_pack(&hello, &pilot->body, &err));
    call(pilot, "/pilot/hello", false);
    arena_reset(&pilot->answers);
    must(wire_hello_answer_unpack(pilot->answer.data, pilot->answer.size, &pilot->answers,
                                  &answer, &err));
    pilot->number = answer.pilot;
}

static bool begin(void *user, uint32_t index, struct err *unused)
{
    (void)user, (void)index, (void)unused;
    return true;
}

static bool never(void *user)
{
    (void)user;
    return false;
}

/* false: there is nothing more to do. */
static bool work(struct pilot *pilot)
{
    const struct process_options options = {
        .host = "here", .begin = begin, .stop = never};
    struct sync_answer answer;
    struct sync sync = {.pilot = pilot->number,
                        .want = 1,
                        .reports = &pilot->report,
                        .report_count = pilot->report.attempt != 0};
    if (pilot->number == 0)
        greet(pilot);
    sync.pilot = pilot->number;
    bytes_clear(&pilot->body);
    must(wire_sync_pack(&sync, &pilot->body, &err));
    call(pilot, "/pilot/sync", false);
    arena_reset(&pilot->answers);
    must(wire_sync_answer_unpack(pilot->answer.data, pilot->answer.size, &pilot->answers,
                                 &answer, &err));
    if (answer.unknown) {
        pilot->number = 0;
        return true;
    }
    pilot->report.attempt = 0;
    if (answer.task_count == 1) {
        arena_reset(&pilot->reports);
        process_task(&answer.tasks[0], &options, &pilot->reports, &pilot->report);
    } else if (!answer.drain)
        (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    return !answer.drain || pilot->report.attempt != 0;
}

/* The service beside it. A failure ends the process, as it ends the program. */

struct service {
    struct area *area;
    volatile sig_atomic_t stop;
};

static void *serve_run(void *user)
{
    static const char *const names[] = {"c1"};
    static const struct serve_options options = {
        .campaigns = names, .campaign_count = 1, .listen = "127.0.0.1:0"};
    struct service *service = user;
    struct log log = {.fd = STDERR_FILENO, .level = LOG_LEVEL_ERROR, .room = "serve"};
    struct err why;
    if (!serve(service->area, &options, &log, &service->stop, &why)) {
        (void)fprintf(stderr, "serve: %s\n", why.text);
        _exit(15);
    }
    return NULL;
}

static void campaign_run(struct area *area)
{
    struct service service = {.area = area};
    pthread_t thread;
    struct pilot pilot = {.area = area};
    char path[AREA_PATH];
    bytes_init(&pilot.body, WIRE_MESSAGE_LIMIT);
    bytes_init(&pilot.answer, WIRE_MESSAGE_LIMIT);
    arena_init(&pilot.answers, (size_t)64 << 20);
    arena_init(&pilot.reports, (size_t)64 << 20);
    must(area_token(area, pilot.token, &err));
    must(area_path(area, SERVE_ADDRESS_FILE, path, &err));
    (void)unlink(path); /* of the service before */
    if (pthread_create(&thread, NULL, serve_run, &service) != 0)
        _exit(14);
    pilot.client = http_client_new();
    while (work(&pilot))
        ;
    service.stop = 1;
    call(&pilot, "/pilot/sync", true); /* wakes it */
    (void)pthread_join(thread, NULL);
    http_client_free(pilot.client);
}

static void campaign_file(const struct area *area, char path[AREA_PATH])
{
    static const char text[] =
        "name: c1\npurpose: test\nstore: store\nselect: {types: [physics]}\n"
        "skims:\n  - {name: all, kind: all, events: [physics]}\n"
        "  - {name: random, kind: random, fraction: 0.3, events: [physics]}\n"
        "lease_s: 1\ntask: {segments: 2}\nretry: {delay_s: 0}\n";
    must(area_path(area, "c1.yaml", path, &err));
    if (!disk_exists(path))
        must(disk_write_durable(path, text, sizeof text - 1, 0644, &err));
}

/* All of a campaign that is not done yet. */
static void child(const char *top, const char *name)
{
    char runs[AREA_PATH], path[AREA_PATH], planned[CAMPAIGN_NAME];
    char token[AREA_TOKEN];
    struct area area = {.authorities = NULL};
    bool made;
    (void)alarm(PATIENCE);
    int null = open("/dev/null", O_WRONLY);
    (void)dup2(null, STDOUT_FILENO);
    (void)snprintf(area.folder, sizeof area.folder, "%s/%s", top, name);
    (void)snprintf(runs, sizeof runs, "%s/runs.yaml", top);
    must(disk_make_path(area.folder, &err));
    campaign_file(&area, path);
    (void)snprintf(token, sizeof token, "%064d", 7);
    must(area_init(&area, token, &made, &err) && area_open(&area, &err));
    char word[] = "runs", first[] = "import", second[] = "scan";
    char *import[] = {word, first, runs, NULL};
    char *scan[] = {word, second, NULL};
    if (runs_command(&area, 3, import) != 0 || runs_command(&area, 2, scan) != 0)
        _exit(15);
    must(plan_file(&area, path, planned, &err));
    campaign_run(&area);
}

/* How the child ended: its exit status, or 128 and the signal. */
static int child_run(const char *top, const char *name, bool faulty)
{
    char log[300];
    (void)snprintf(log, sizeof log, "%s/%s.log", top, name);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        (void)dup2(fd, STDERR_FILENO);
        is_child = true;
        atomic_store(&steps->armed, faulty);
        child(top, name);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Published files by name and bytes; nftw gives its visitor nothing of ours. */
static struct {
    size_t skip; /* of the path */
    uint64_t sum, files;
} seen;

static int visit(const char *path, const struct stat *status, int type, struct FTW *place)
{
    struct bytes text;
    (void)status, (void)place;
    if (type != FTW_F || strstr(path, ".prov.json") != NULL)
        return 0;
    bytes_init(&text, 2 * RAW_LIMIT);
    must(bytes_append(&text, path + seen.skip, strlen(path + seen.skip), &err) &&
         disk_read_file(path, &text, &err));
    struct sha256 hash = sha256_of(text.data, text.size);
    bytes_release(&text);
    seen.sum += le64_load(hash.bytes); /* in any order */
    seen.files++;
    return 0;
}

static int entry_remove(const char *path, const struct stat *status, int type,
                        struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static uint64_t published(const char *top, const char *name)
{
    char path[300];
    int length = snprintf(path, sizeof path, "%s/%s/store/published", top, name);
    seen.skip = (size_t)length;
    seen.sum = seen.files = 0;
    assert_int_equal(nftw(path, visit, 8, FTW_PHYS), 0);
    (void)snprintf(path, sizeof path, "%s/%s/store/parts", top, name);
    uint64_t sum = seen.sum, files = seen.files;
    (void)nftw(path, visit, 8, FTW_PHYS);
    assert_int_equal(seen.files, files); /* nothing is left */
    assert_true(files > 0);
    return sum;
}

/* Complete, and right from the ground up. */
static void campaign_check(const char *top, const char *name)
{
    char folder[AREA_PATH];
    struct catalog *catalog;
    struct catalog_txn *txn = NULL;
    struct status status;
    struct bytes report;
    uint64_t faults = 1;
    bytes_init(&report, RAW_LIMIT);
    (void)snprintf(folder, sizeof folder, "%s/%s/catalog", top, name);
    must(catalog_open(folder, CATALOG_READ, &catalog, &err) &&
         catalog_begin(catalog, &txn, &err) && status_read(txn, "c1", &status, &err) &&
         catalog_check(txn, &report, &faults, &err));
    catalog_abort(txn);
    catalog_close(catalog);
    if (faults > 0)
        fail_msg("%.*s", (int)report.size, (const char *)report.data);
    bytes_release(&report);
    assert_true(status.campaign.complete);
    assert_int_equal(status.by_state[SEGMENT_COMMITTED], status.campaign.segment_count);
}

static void log_show(const char *top, const char *name)
{
    char path[300];
    struct bytes text;
    bytes_init(&text, RAW_LIMIT);
    (void)snprintf(path, sizeof path, "%s/%s.log", top, name);
    if (disk_read_file(path, &text, &err))
        print_error("%.*s", (int)text.size, (const char *)text.data);
    bytes_release(&text);
}

static void campaign_clean(const char *top, const char *name, const char *after)
{
    int status = child_run(top, name, false);
    if (status != 0) {
        log_show(top, name);
        fail_msg("the campaign ends with %d %s", status, after);
    }
    campaign_check(top, name);
}

static void folder_remove(const char *top, const char *name)
{
    char path[300];
    (void)snprintf(path, sizeof path, "%s/%s", top, name);
    assert_int_equal(nftw(path, entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* What a calm campaign has. */
struct calm {
    const char *top;
    uint64_t totals[FAULTS];
    uint64_t published;
};

/* One n; how the child that met it ended is counted in `ends`. */
static void one_fault(const struct calm *calm, const char *name, struct random *random,
                      uint32_t ends[3])
{
    char after[80];
    enum fault fault = (enum fault)random_below(random, FAULTS);
    uint64_t n = 1 + random_below(random, calm->totals[fault]);
    (void)snprintf(after, sizeof after, "after %s %llu of %llu failed",
                   fault_names[fault], (unsigned long long)n,
                   (unsigned long long)calm->totals[fault]);
    for (unsigned i = 0; i < FAULTS; i++) {
        atomic_store(&steps->counted[i], 0);
        steps->due[i] = i == fault ? n : 0;
    }
    int status = child_run(calm->top, name, true);
    if (status == 128 + SIGALRM) {
        log_show(calm->top, name);
        fail_msg("a process hangs %s", after);
    }
    ends[status == 0 ? 0 : status < 128 ? 1 : 2]++;
    campaign_clean(calm->top, name, after);
    if (published(calm->top, name) != calm->published)
        fail_msg("other bytes are published %s", after);
    folder_remove(calm->top, name);
}

static void steps_make(void)
{
    steps = mmap(NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    assert_true(steps != MAP_FAILED);
}

/* Every SIDES-th of the faults, in a process with steps of its own; a failure
 * in it is told by it and by its exit status. */
static pid_t side_start(const struct calm *calm, unsigned side, uint64_t seed,
                        uint64_t wanted)
{
    char name[16];
    uint32_t ends[3] = {0};
    struct random random = {random_mix(seed + side)};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    steps_make();
    (void)snprintf(name, sizeof name, "wild%u", side);
    for (uint64_t i = side; i < wanted; i += SIDES)
        one_fault(calm, name, &random, ends);
    print_message("%u went on, %u ended with an error, %u by a signal\n", ends[0],
                  ends[1], ends[2]);
    _exit(0);
}

static void any_step_of_a_campaign_may_fail(void **state)
{
    (void)state;
    char top[] = "/dev/shm/campaign_test-XXXXXX";
    const char *word = getenv("FAULTS");
    const char *seeded = getenv("PROPERTY_SEED");
    uint64_t wanted = 300, seed = clock_random_token();
    struct calm calm = {.top = top};
    pid_t sides[SIDES];
    if (!FAULTY) {
        print_message("SKIPPED: sanitizers have an allocator of their own\n");
        skip();
    }
    if ((word != NULL && !text_to_u64(word, 100000, &wanted, &err)) ||
        (seeded != NULL && !text_to_u64(seeded, UINT64_MAX, &seed, &err)))
        fail_msg("%s", err.text);
    print_message("PROPERTY_SEED=%llu FAULTS=%llu\n", (unsigned long long)seed,
                  (unsigned long long)wanted);
    steps_make();
    assert_non_null(mkdtemp(top));
    make_data(top);
    assert_int_equal(child_run(top, CALM, true), 0); /* counts, and nothing fails */
    campaign_check(top, CALM);
    calm.published = published(top, CALM);
    for (unsigned i = 0; i < FAULTS; i++) {
        calm.totals[i] = atomic_load(&steps->counted[i]);
        print_message("%llu %ss\n", (unsigned long long)calm.totals[i], fault_names[i]);
        assert_true(calm.totals[i] > 10);
    }
    int failed = 0;
    for (unsigned i = 0; i < SIDES; i++)
        sides[i] = side_start(&calm, i, seed, wanted);
    for (unsigned i = 0; i < SIDES; i++) {
        int status;
        assert_int_equal(waitpid(sides[i], &status, 0), sides[i]);
        failed += status != 0;
    }
    assert_int_equal(failed, 0);
    assert_int_equal(nftw(top, entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_a_campaign_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
