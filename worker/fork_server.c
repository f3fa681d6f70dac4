/* fork_server.c - a small process that starts executors for one rank.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/fork_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/bytes.h"
#include "base/text.h"

#define SERVER_FD 3
/* One executor runs, one may be dying; the rest is slack. */
#define CHILDREN 16

enum request_kind { REQUEST_START = 1, REQUEST_SIGNAL = 2 };

struct request {
    int32_t kind;
    int32_t pid;
    int32_t number;
};

struct reply {
    int32_t kind; /* enum fork_event_kind */
    int32_t pid;
    int32_t status;
};

/* The rank's side. */

static bool spawn_server(int fd, char *const *arguments, pid_t *pid, struct err *err)
{
    posix_spawn_file_actions_t actions;
    bug_if(posix_spawn_file_actions_init(&actions) != 0);
    int number =
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    for (int file = STDOUT_FILENO; number == 0 && file <= STDERR_FILENO; file++)
        number = posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, file);
    if (number == 0)
        number = posix_spawn_file_actions_adddup2(&actions, fd, SERVER_FD);
    if (number == 0)
        number = posix_spawn(pid, "/proc/self/exe", &actions, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (number != 0)
        return err_errno(err, E_PROCESS, number, "the fork server cannot be started");
    return true;
}

bool fork_server_start(struct fork_server *server, const char *const *argv,
                       struct err *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return err_errno(err, E_PROCESS, errno, "socket for the fork server");
    size_t count = 0;
    while (argv[count] != NULL)
        count++;
    char parent[24];
    (void)snprintf(parent, sizeof parent, "%ld", (long)getpid());
    /* posix_spawn takes char *const * for historical reasons and changes nothing. */
    char **arguments = mem_new(count + 4, sizeof *arguments);
    arguments[0] = mem_text("spillway-fork-server");
    arguments[1] = mem_text(FORK_SERVER_FLAG);
    arguments[2] = mem_text(parent);
    for (size_t i = 0; i < count; i++)
        arguments[3 + i] = mem_text(argv[i]);
    pid_t pid = 0;
    bool started = spawn_server(pair[1], arguments, &pid, err);
    for (size_t i = 0; arguments[i] != NULL; i++)
        free(arguments[i]);
    free(arguments);
    (void)close(pair[1]);
    if (!started) {
        (void)close(pair[0]);
        return false;
    }
    *server = (struct fork_server){pid, pair[0]};
    return true;
}

bool fork_server_request(struct fork_server *server, const int files[3], struct err *err)
{
    if (server->pid == 0)
        return err_set(err, E_PROCESS, "there is no fork server");
    struct request request = {.kind = REQUEST_START};
    struct iovec data = {&request, sizeof request};

    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(3 * sizeof(int))];
    } control = {.space = {0}};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(3 * sizeof(int));
    memcpy(CMSG_DATA(header), files, 3 * sizeof(int));
    if (sendmsg(server->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return err_errno(err, E_PROCESS, errno, "the fork server does not listen");
    return true;
}

void fork_server_signal(struct fork_server *server, pid_t pid, int number)
{
    struct request request = {REQUEST_SIGNAL, pid, number};
    if (server->pid != 0)
        (void)send(server->fd, &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool fork_server_poll(struct fork_server *server, struct fork_event *event)
{
    if (server->pid == 0)
        return false;
    struct reply reply;
    ssize_t n = recv(server->fd, &reply, sizeof reply, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n == (ssize_t)sizeof reply) {
        *event = (struct fork_event){(enum fork_event_kind)reply.kind, reply.pid,
                                     reply.status};
        return true;
    }
    fork_server_stop(server);
    *event = (struct fork_event){.kind = FORK_LOST};
    return true;
}

void fork_server_stop(struct fork_server *server)
{
    if (server->pid == 0)
        return;
    (void)close(server->fd);
    (void)kill(server->pid, SIGKILL);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *server = (struct fork_server){.fd = -1};
}

/* The server's side. */

struct server {
    char *const *argv;
    int signals; /* signalfd for SIGCHLD */
    pid_t children[CHILDREN];
};

static void answer(enum fork_event_kind kind, pid_t pid, int status)
{
    struct reply reply = {(int32_t)kind, pid, status};
    /* A rank that does not listen any more is gone: the poll will say so. */
    (void)send(SERVER_FD, &reply, sizeof reply, MSG_NOSIGNAL);
}

/* The kernel should end executors before ranks when memory is short. */
static void become_first_victim(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, "1000", 4) != 4)
        (void)dprintf(STDERR_FILENO, "oom_score_adj cannot be set\n");
    (void)close(fd);
}

static _Noreturn void child_run(const struct server *server, const int files[3],
                                pid_t parent)
{
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    for (int i = 0; i < 3; i++)
        if (dup2(files[i], i) < 0)
            _exit(127);
    become_first_victim();
    (void)close_range(SERVER_FD, ~0u, 0);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execv(server->argv[0], server->argv);
    (void)dprintf(STDERR_FILENO, "%s: cannot be started: %s\n", server->argv[0],
                  strerror(errno));
    _exit(127);
}

static pid_t *child_place(struct server *server, pid_t pid)
{
    for (size_t i = 0; i < CHILDREN; i++)
        if (server->children[i] == pid)
            return &server->children[i];
    return NULL;
}

static void child_start(struct server *server, const int files[3])
{
    pid_t *place = child_place(server, 0);
    pid_t parent = getpid();
    pid_t pid = place == NULL ? -1 : fork();
    if (pid == 0)
        child_run(server, files, parent);
    int number = place == NULL ? EAGAIN : errno;
    for (int i = 0; i < 3; i++)
        (void)close(files[i]);
    if (pid < 0) {
        answer(FORK_REFUSED, 0, number);
        return;
    }
    *place = pid;
    answer(FORK_STARTED, pid, 0);
}

/* false: the rank is gone. */
static bool serve_request(struct server *server)
{
    struct request request;
    struct iovec data = {&request, sizeof request};

    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(3 * sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    ssize_t n = recvmsg(SERVER_FD, &message, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR)
        return true;
    if (n != (ssize_t)sizeof request)
        return false;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    bool files = header != NULL && header->cmsg_type == SCM_RIGHTS &&
                 header->cmsg_len == CMSG_LEN(3 * sizeof(int));
    if (request.kind == REQUEST_START && files) {
        int list[3];
        memcpy(list, CMSG_DATA(header), sizeof list);
        child_start(server, list);
    }
    if (request.kind == REQUEST_SIGNAL && request.pid > 0 &&
        child_place(server, request.pid) != NULL)
        (void)kill(request.pid, request.number);
    return true;
}

static void reap(struct server *server)
{
    struct signalfd_siginfo ignored;
    while (read(server->signals, &ignored, sizeof ignored) > 0)
        ;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        pid_t *place = child_place(server, pid);
        if (place == NULL)
            continue;
        *place = 0;
        answer(FORK_ENDED, pid, status);
    }
}

static bool server_setup(struct server *server, pid_t parent)
{
    (void)setpgid(0, 0);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        (void)sigaction(ignored[i], &ignore, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        return false;
    (void)close_range(SERVER_FD + 1, ~0u, 0);
    sigset_t watched;
    (void)sigemptyset(&watched);
    (void)sigaddset(&watched, SIGCHLD);
    (void)signal(SIGCHLD, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &watched, NULL);
    server->signals = signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC);
    return server->signals >= 0;
}

int fork_server_main(int argc, char **argv)
{
    uint64_t parent;
    struct err err;
    if (argc < 4 || !text_to_u64(argv[2], INT32_MAX, &parent, &err))
        return 2;
    struct server server = {.argv = argv + 3};
    if (!server_setup(&server, (pid_t)parent))
        return 14;
    for (;;) {
        struct pollfd watched[2] = {{.fd = SERVER_FD, .events = POLLIN},
                                    {.fd = server.signals, .events = POLLIN}};
        if (poll(watched, 2, -1) < 0)
            continue;
        if (watched[1].revents != 0)
            reap(&server);
        /* The end of the rank ends this process, and that its executors. */
        if (watched[0].revents != 0 && !serve_request(&server))
            return 0;
    }
}
