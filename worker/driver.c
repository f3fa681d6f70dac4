/* driver.c - one executor at a time, as a state machine that never waits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/wait.h>

#include "base/disk.h"
#include "base/text.h"
#include "proto/wire.h"

#define LOG_TAIL 300u

bool driver_init(struct driver *driver, const char *const *argv, const char *log_path,
                 struct err *err)
{
    *driver = (struct driver){.server = {.fd = -1},
                              .argv = argv,
                              .log_path = log_path,
                              .input = -1,
                              .output = -1,
                              .at_work = UINT32_MAX};
    frame_reader_init(&driver->reader);
    bytes_init(&driver->sending, FRAME_LIMIT + 4);
    bytes_init(&driver->report, FRAME_LIMIT);
    bytes_init(&driver->wanted, FRAME_WANT_LIMIT);
    if (gethostname(driver->host, sizeof driver->host - 1) != 0)
        driver->host[0] = 0;
    return fork_server_start(&driver->server, argv, err);
}

static void close_pipes(struct driver *driver)
{
    if (driver->input >= 0)
        (void)close(driver->input);
    if (driver->output >= 0)
        (void)close(driver->output);
    driver->input = driver->output = -1;
}

void driver_release(struct driver *driver)
{
    close_pipes(driver);
    at_work_release(&driver->at);
    fork_server_stop(&driver->server);
    frame_reader_release(&driver->reader);
    bytes_release(&driver->sending);
    bytes_release(&driver->report);
    bytes_release(&driver->wanted);
}

/* The last line that the executor wrote to its log, "" when there is none. */
static void log_tail(const char *path, char out[LOG_TAIL])
{
    struct err ignored;
    uint64_t size;
    int fd;
    out[0] = 0;
    if (!disk_open_read(path, &fd, &size, &ignored))
        return;
    size_t length = size < LOG_TAIL - 1 ? (size_t)size : LOG_TAIL - 1;
    char text[LOG_TAIL] = {0};
    if (disk_read_at(fd, path, size - length, text, length, &ignored)) {
        while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
            text[--length] = 0;
        const char *line = strrchr(text, '\n');
        line = line == NULL ? text : line + 1;
        memcpy(out, line, strlen(line) + 1);
    }
    (void)close(fd);
}

/* The event at work goes in front of what is said of a segment. */
static void event_name(const struct driver *driver, struct err *failure)
{
    uint32_t event = at_work_get(&driver->at);
    if (driver->at_work != UINT32_MAX && event != AT_WORK_NONE &&
        (failure->code == E_WORKER_CRASH || failure->code == E_WORKER_TIMEOUT ||
         failure->code == E_WORKER_MEMORY))
        err_wrap(failure, "at event %u", event);
}

/* The task's one report when the executor did not make it. */
static void report_make(struct driver *driver, enum report_status status,
                        const struct err *failure, int number)
{
    struct report report = {.attempt = driver->attempt,
                            .token = driver->token,
                            .status = status,
                            .failure = *failure,
                            .blamed = driver->at_work,
                            .signal = number};
    struct err err;
    memcpy(report.host, driver->host, sizeof report.host);
    bytes_clear(&driver->report);
    bug_if(!wire_report_pack(&report, &driver->report, &err));
    driver->tasked = false;
}

/* Without a task in hand the failure is told as such. */
static enum driver_news fail(struct driver *driver, const struct err *failure, int number)
{
    driver->failure = *failure;
    if (!driver->tasked)
        return DRIVER_FAILED;
    event_name(driver, &driver->failure);
    report_make(driver, REPORT_FAILED, &driver->failure, number);
    return DRIVER_REPORT;
}

static bool pipe_pair(int near_end[2], int far_end[2], struct err *err)
{
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0)
        return err_errno(err, E_PROCESS, errno, "pipe for the executor");
    if (pipe2(output, O_CLOEXEC) != 0) {
        int number = errno;
        (void)close(input[0]);
        (void)close(input[1]);
        return err_errno(err, E_PROCESS, number, "pipe for the executor");
    }
    (void)fcntl(input[1], F_SETFL, O_NONBLOCK);
    (void)fcntl(output[0], F_SETFL, O_NONBLOCK);
    near_end[0] = input[1];
    near_end[1] = output[0];
    far_end[0] = input[0];
    far_end[1] = output[1];
    return true;
}

static bool executor_ask(struct driver *driver, struct err *err)
{
    if (driver->server.pid == 0 && !fork_server_start(&driver->server, driver->argv, err))
        return false;
    int log =
        open(driver->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0)
        return err_errno(err, E_DISK_WRITE, errno, "%s: cannot be opened",
                         driver->log_path);
    int near_end[2] = {-1, -1}, far_end[2] = {-1, -1};
    if (!pipe_pair(near_end, far_end, err)) {
        (void)close(log);
        return false;
    }
    int files[3] = {far_end[0], far_end[1], log};
    bool asked = fork_server_request(&driver->server, files, err);
    for (int i = 0; i < 3; i++)
        (void)close(files[i]);
    driver->input = near_end[0];
    driver->output = near_end[1];
    if (!asked)
        close_pipes(driver);
    return asked;
}

void driver_wake(struct driver *driver, int64_t now_ns)
{
    if (driver->state != DRIVER_ABSENT)
        return;
    struct err err;
    frame_reader_clear(&driver->reader);
    driver->pid = 0;
    driver->state = DRIVER_STARTING;
    driver->deadline_ns = now_ns + DRIVER_START_NS;
    if (!executor_ask(driver, &err)) {
        /* The next step tells it: a start that is overdue at once. */
        driver->deadline_ns = now_ns;
        driver->failure = err;
    } else
        driver->failure = (struct err){.code = E_NONE};
}

static void deadline_renew(struct driver *driver, int64_t now_ns)
{
    driver->late = false;
    driver->deadline_ns =
        driver->duration_ns > 0 ? now_ns + driver->duration_ns : INT64_MAX;
}

static void task_write(struct driver *driver)
{
    while (driver->sent < driver->sending.size) {
        ssize_t n = write(driver->input, driver->sending.data + driver->sent,
                          driver->sending.size - driver->sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; /* full, or its reader is dead: the fork server will say so */
        driver->sent += (size_t)n;
    }
}

/* Gives the task to an executor that is free. */
static void task_begin(struct driver *driver, int64_t now_ns)
{
    if (driver->state != DRIVER_IDLE || !driver->tasked)
        return;
    driver->state = DRIVER_BUSY;
    deadline_renew(driver, now_ns);
    task_write(driver);
}

void driver_submit(struct driver *driver, const struct driver_task *task, int64_t now_ns)
{
    struct err err;
    bug_if(driver->tasked);
    driver->tasked = true;
    driver->attempt = task->attempt;
    driver->token = task->token;
    driver->duration_ns = task->duration_ns;
    driver->at_work = UINT32_MAX;
    at_work_set(&driver->at, AT_WORK_NONE);
    driver->sent = 0;
    bytes_clear(&driver->sending);
    bug_if(!frame_pack_task(&driver->sending, task->data, task->size, &err));
    driver_wake(driver, now_ns);
    task_begin(driver, now_ns);
}

/* The executor has read its whole task before it can want anything. */
void driver_answer(struct driver *driver, const void *body, size_t size)
{
    struct err err;
    if (driver->state != DRIVER_BUSY || driver->sent < driver->sending.size)
        return;
    driver->sent = 0;
    bytes_clear(&driver->sending);
    bug_if(!frame_pack_task(&driver->sending, body, size, &err));
}

static void executor_kill(struct driver *driver, int64_t now_ns)
{
    if (driver->pid != 0)
        fork_server_signal(&driver->server, driver->pid, SIGKILL);
    driver->state = DRIVER_DYING;
    driver->deadline_ns = now_ns + DRIVER_START_NS;
}

void driver_drop(struct driver *driver, int64_t now_ns)
{
    bool busy = driver->tasked && driver->state == DRIVER_BUSY;
    driver->tasked = false;
    if (busy)
        executor_kill(driver, now_ns);
}

enum driver_news driver_drain(struct driver *driver, bool at_once)
{
    if (driver->state == DRIVER_BUSY && driver->pid != 0)
        fork_server_signal(&driver->server, driver->pid, at_once ? SIGTERM : SIGUSR1);
    if (driver->state == DRIVER_BUSY || !driver->tasked)
        return DRIVER_NOTHING;
    report_make(driver, REPORT_RETURNED, &(struct err){.code = E_NONE}, 0);
    return DRIVER_REPORT;
}

static enum driver_news frame_take(struct driver *driver, const struct frame *frame,
                                   int64_t now_ns)
{
    struct err unused;
    switch (frame->kind) {
    case FRAME_READY:
        memcpy(driver->release.bytes, frame->body, SHA256_SIZE);
        memcpy(driver->fingerprint.bytes, frame->body + SHA256_SIZE, SHA256_SIZE);
        driver->failed_starts = 0;
        if (driver->state == DRIVER_STARTING)
            driver->state = DRIVER_IDLE;
        return DRIVER_READY;
    case FRAME_PROGRESS:
        driver->at_work = le32_load(frame->body);
        if (driver->state == DRIVER_BUSY)
            deadline_renew(driver, now_ns);
        return DRIVER_NOTHING;
    case FRAME_WANT:
        if (driver->state != DRIVER_BUSY)
            return DRIVER_NOTHING;
        bytes_clear(&driver->wanted);
        bug_if(!bytes_append(&driver->wanted, frame->body, frame->size, &unused));
        return DRIVER_WANT;
    case FRAME_REPORT:
        break;
    }
    if (!driver->tasked)
        return DRIVER_NOTHING;
    struct err err;
    bytes_clear(&driver->report);
    bug_if(!bytes_append(&driver->report, frame->body, frame->size, &err));
    driver->tasked = false;
    if (driver->state == DRIVER_BUSY)
        driver->state = DRIVER_IDLE;
    return DRIVER_REPORT;
}

/* Reads what the executor said, up to the first news. An executor can be quicker than the
 * word that it was started: until its pid is known nothing that it says is taken, or it
 * could not be killed for it. */
static enum driver_news listen_once(struct driver *driver, int64_t now_ns)
{
    struct err err;
    struct frame frame;
    bool ended = false;
    if (driver->output < 0 || driver->pid == 0)
        return DRIVER_NOTHING;
    bool good = frame_reader_fill(&driver->reader, driver->output, &ended, &err);
    while (good) {
        enum lookup found = frame_reader_next(&driver->reader, &frame, &err);
        if (found == LOOKUP_ABSENT)
            return DRIVER_NOTHING;
        good = found == LOOKUP_FOUND;
        enum driver_news news =
            good ? frame_take(driver, &frame, now_ns) : DRIVER_NOTHING;
        if (news != DRIVER_NOTHING)
            return news;
    }
    if (driver->state == DRIVER_DYING)
        return DRIVER_NOTHING;
    executor_kill(driver, now_ns);
    return fail(driver, &err, 0);
}

static bool signal_is_ours_to_blame(int number)
{
    static const int external[] = {SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof external / sizeof external[0]; i++)
        if (number == external[i])
            return false;
    return true;
}

static void late_explain(const struct driver *driver, struct err *failure)
{
    err_set(failure, E_WORKER_TIMEOUT, "no progress for %.1f s",
            (double)driver->duration_ns * 1e-9);
}

/* Says in *failure why an executor with a task ended. */
static void death_explain(const struct driver *driver, int status, struct err *failure)
{
    char tail[LOG_TAIL];
    log_tail(driver->log_path, tail);
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (driver->state == DRIVER_BUSY && driver->late)
        late_explain(driver, failure);
    else if (number != 0 && !signal_is_ours_to_blame(number))
        err_set(failure, E_WORKER_KILLED, "the executor was killed by signal %d", number);
    else if (number == SIGABRT && strstr(tail, "out of memory") != NULL)
        err_set(failure, E_WORKER_MEMORY, "the executor ended for lack of memory: %s",
                tail);
    else if (number == SIGBUS)
        err_set(failure, E_WORKER_MAPPED,
                "the raw file became shorter or could not be read");
    else if (number != 0)
        err_set(failure, E_WORKER_CRASH, "the executor crashed with signal %d%s%s",
                number, tail[0] == 0 ? "" : ": ", tail);
    else if (driver->state == DRIVER_STARTING)
        err_set(failure, E_WORKER_START,
                "%s ended with status %d before it was ready%s%s", driver->argv[0],
                WEXITSTATUS(status), tail[0] == 0 ? "" : ": ", tail);
    else
        err_set(failure, E_WORKER_CRASH,
                "the executor ended with status %d without a report%s%s",
                WEXITSTATUS(status), tail[0] == 0 ? "" : ": ", tail);
}

static enum driver_news executor_ended(struct driver *driver, int status, int64_t now_ns)
{
    enum driver_state was = driver->state;
    struct err failure;
    death_explain(driver, status, &failure);
    close_pipes(driver);
    driver->pid = 0;
    driver->state = DRIVER_ABSENT;
    if (was == DRIVER_STARTING)
        driver->failed_starts++;
    /* It was told to drain before it had read its task. */
    if (was == DRIVER_BUSY && driver->tasked && driver->at_work == UINT32_MAX &&
        WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        report_make(driver, REPORT_RETURNED, &(struct err){.code = E_NONE}, 0);
        return DRIVER_REPORT;
    }
    if (was == DRIVER_STARTING || (was == DRIVER_BUSY && driver->tasked))
        return fail(driver, &failure, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    /* Ended while idle, or as told: a task that waits gets another one. */
    if (driver->tasked)
        driver_wake(driver, now_ns);
    return DRIVER_NOTHING;
}

static enum driver_news server_news(struct driver *driver, int64_t now_ns)
{
    struct fork_event event;
    struct err failure;
    if (!fork_server_poll(&driver->server, &event))
        return DRIVER_NOTHING;
    switch (event.kind) {
    case FORK_STARTED:
        driver->pid = event.pid;
        if (driver->state == DRIVER_DYING)
            fork_server_signal(&driver->server, driver->pid, SIGKILL);
        return DRIVER_NOTHING;
    case FORK_REFUSED:
        close_pipes(driver);
        driver->state = DRIVER_ABSENT;
        driver->failed_starts++;
        err_errno(&failure, E_WORKER_START, event.status, "no process for the executor");
        return fail(driver, &failure, 0);
    case FORK_ENDED:
        if (event.pid != driver->pid)
            return DRIVER_NOTHING;
        /* What it said before it ended counts. */
        for (;;) {
            enum driver_news last = listen_once(driver, now_ns);
            if (last == DRIVER_REPORT) {
                (void)executor_ended(driver, event.status, now_ns);
                return last;
            }
            if (last == DRIVER_NOTHING)
                return executor_ended(driver, event.status, now_ns);
        }
    case FORK_LOST:
        break;
    }
    close_pipes(driver);
    driver->pid = 0;
    bool starting = driver->state == DRIVER_STARTING;
    bool busy = driver->state == DRIVER_BUSY && driver->tasked;
    driver->state = DRIVER_ABSENT;
    driver->failed_starts += starting;
    err_set(&failure, E_WORKER_KILLED, "the fork server of the rank was killed");
    if (starting || busy)
        return fail(driver, &failure, SIGKILL);
    if (driver->tasked)
        driver_wake(driver, now_ns);
    return DRIVER_NOTHING;
}

static enum driver_news overdue(struct driver *driver, int64_t now_ns)
{
    struct err failure;
    switch (driver->state) {
    case DRIVER_ABSENT:
    case DRIVER_IDLE:
        return DRIVER_NOTHING;
    case DRIVER_BUSY:
        if (!driver->late) {
            fork_server_signal(&driver->server, driver->pid, SIGUSR2);
            driver->late = true;
            driver->deadline_ns = now_ns + DRIVER_LATE_NS;
            return DRIVER_NOTHING;
        }
        executor_kill(driver, now_ns);
        late_explain(driver, &failure);
        return fail(driver, &failure, SIGKILL);
    case DRIVER_STARTING:
        driver->failed_starts++;
        if (driver->failure.code != E_NONE) { /* it could not even be asked for */
            failure = driver->failure;
            driver->state = DRIVER_ABSENT;
            return fail(driver, &failure, 0);
        }
        executor_kill(driver, now_ns);
        err_set(&failure, E_WORKER_START, "%s was not ready in time", driver->argv[0]);
        return fail(driver, &failure, 0);
    case DRIVER_DYING:
        break;
    }
    /* A process that SIGKILL does not end hangs in the kernel, most often on a file
     * system: nothing can be started beside it that would not hang too. */
    driver->failed_starts++;
    driver->deadline_ns = now_ns + DRIVER_START_NS;
    err_set(&failure, E_WORKER_START, "the executor cannot be killed");
    return fail(driver, &failure, 0);
}

enum driver_news driver_step(struct driver *driver, int64_t now_ns)
{
    task_begin(driver, now_ns);
    if (driver->state == DRIVER_BUSY)
        task_write(driver);
    enum driver_news news = listen_once(driver, now_ns);
    if (news == DRIVER_NOTHING)
        news = server_news(driver, now_ns);
    if (news == DRIVER_NOTHING && now_ns >= driver->deadline_ns)
        news = overdue(driver, now_ns);
    return news;
}
