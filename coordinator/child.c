/* child.c - a program that the supervisor keeps running.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/bytes.h"
#include "base/clock.h"

#define SECOND_NS   ((int64_t)1000000000)
#define POLL_NS     (SECOND_NS / 100)
#define QUICK_NS    (10 * SECOND_NS)
#define DELAY_NS    (SECOND_NS / 10)
#define DELAY_MOST  (5 * SECOND_NS)
#define CHILD_WORDS 31

static void child_become(const char *const *words, int log, pid_t parent)
{
    char *argv[CHILD_WORDS + 1] = {NULL};
    for (int i = 0; i < CHILD_WORDS && words[i] != NULL; i++)
        argv[i] = mem_text(words[i]);
    bug_if(argv[0] == NULL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (argv[0] == NULL || getppid() != parent)
        _exit(127);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0)
        _exit(127);
    (void)execvp(argv[0], argv);
    _exit(127);
}

bool child_start(struct child *child, const char *const *words, const char *log,
                 struct err *err)
{
    int count = 0;
    while (words[count] != NULL)
        count++;
    bug_if(count > CHILD_WORDS);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_errno(err, E_DISK_OPEN, errno, "%s: cannot be opened", log);
    off_t log_start = lseek(fd, 0, SEEK_END);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child_become(words, fd, parent);
    int number = errno;
    (void)close(fd);
    if (pid < 0)
        return err_errno(err, E_PROCESS, number, "%s cannot be started", words[0]);
    child->pid = pid;
    child->start_ns = clock_now_ns();
    child->log_start = log_start < 0 ? 0 : (uint64_t)log_start;
    return true;
}

bool child_alive(struct child *child)
{
    if (child->pid == 0)
        return false;
    pid_t ended = waitpid(child->pid, &child->status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR))
        return true;
    child->pid = 0;
    child->end_ns = clock_now_ns();
    bool quick = child->end_ns - child->start_ns < QUICK_NS;
    child->quick_deaths = quick ? child->quick_deaths + 1 : 0;
    return false;
}

int64_t child_due_ns(const struct child *child)
{
    int64_t delay_ns = child->quick_deaths == 0 ? 0 : DELAY_NS;
    for (unsigned i = 1; i < child->quick_deaths && delay_ns < DELAY_MOST; i++)
        delay_ns *= 2;
    return child->end_ns + (delay_ns < DELAY_MOST ? delay_ns : DELAY_MOST);
}

void child_signal(const struct child *child, int number)
{
    if (child->pid != 0)
        (void)kill(child->pid, number);
}

bool child_wait(struct child *child, int64_t wait_ns)
{
    int64_t until = clock_now_ns() + wait_ns;
    while (child_alive(child)) {
        if (clock_now_ns() >= until)
            return false;
        clock_sleep_ns(POLL_NS);
    }
    return true;
}

void child_stop(struct child *child, int64_t wait_ns)
{
    child_signal(child, SIGTERM);
    if (child_wait(child, wait_ns))
        return;
    child_signal(child, SIGKILL);
    (void)child_wait(child, INT64_MAX / 4);
}
