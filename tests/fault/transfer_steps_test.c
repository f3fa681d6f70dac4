/* transfer_steps_test.c - the n-th write, sync, allocation or send of a transfer fails.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A child gets a body from a server into memory and into a file, and puts it under a
 * local URL. One step of it fails, ours or libcurl's, for all n. Whatever becomes of the
 * call: bytes that it said it got are those that were sent, and a file has its name only
 * when it is whole. The server is another process, in which nothing fails.
 */
#include "tests/fault/steps.h"

#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/disk.h"
#include "transfer/transfer.h"

#define BODY 200000u /* several reads and writes */

/* No fault comes after this many steps: the test would not end otherwise. */
#define STEPS_LIMIT 20000u

/* How the child ended, beside an error or a signal. */
enum { CHILD_DONE, CHILD_WRONG = 3, CHILD_ERROR = 15 };

static uint8_t body[BODY];

static void answer(int fd)
{
    char request[4096];
    char head[100];
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n"
                        "Connection: close\r\n\r\n",
                        BODY);
    if (recv(fd, request, sizeof request, 0) > 0 &&
        send(fd, head, (size_t)size, MSG_NOSIGNAL) == size)
        (void)send(fd, body, BODY, MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    while (recv(fd, request, sizeof request, 0) > 0)
        ;
    (void)close(fd);
}

static pid_t server_start(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    while (pid == 0) {
        int caller = accept(fd, NULL, NULL);
        if (caller < 0)
            _exit(0);
        answer(caller);
    }
    (void)close(fd);
    return pid;
}

/* One try each: what is tried again would hide what failed. */
static int child(const char *folder, unsigned port)
{
    struct transfer_options options = transfer_options_usual(1);
    struct http_response response;
    struct bytes out;
    struct err err = {.code = E_NONE};
    char url[64], path[96];
    options.retry.tries = 1;
    options.limits.total_ms = 20000;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/x", port);
    struct transfer *transfer = transfer_new(&options);
    bytes_init(&out, BODY);
    bool got = transfer_get(transfer, url, BODY, &out, &response, &err);
    if (got && (out.size != BODY || memcmp(out.data, body, BODY) != 0))
        return CHILD_WRONG;
    (void)snprintf(path, sizeof path, "%s/got", folder);
    bool kept = transfer_get_file(transfer, url, BODY, path, &err);
    (void)snprintf(path, sizeof path, "%s/a/b/put", folder);
    bool put = transfer_put(path, body, BODY, 0644, &err);
    transfer_free(transfer);
    bytes_release(&out);
    if (got && kept && put)
        return CHILD_DONE;
    return err.code == E_NONE ? CHILD_WRONG : CHILD_ERROR;
}

/* Whether it is there; when it is, all of it, or the test fails. */
static bool file_there(const char *folder, const char *name)
{
    char path[96];
    struct bytes data;
    struct err err;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!disk_exists(path))
        return false;
    bytes_init(&data, 2 * BODY);
    assert_true(disk_read_file(path, &data, &err));
    assert_int_equal(data.size, BODY);
    assert_memory_equal(data.data, body, BODY);
    bytes_release(&data);
    return true;
}

static int entry_remove(const char *path, const struct stat *status, int type,
                        struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

/* One n; false when there was no such step. */
static bool fault_run(unsigned port, enum fault fault, uint64_t n)
{
    char folder[] = "/dev/shm/transfer_steps-XXXXXX";
    int status;
    assert_non_null(mkdtemp(folder));
    for (unsigned i = 0; i < FAULTS; i++) {
        atomic_store(&steps->counted[i], 0);
        steps->due[i] = i == fault ? n : 0;
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(STDERR_FILENO); /* what is said of a lack of memory */
        (void)alarm(60);
        atomic_store(&steps->armed, true);
        _exit(child(folder, port));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    atomic_store(&steps->armed, false);
    bool done = WIFEXITED(status) && WEXITSTATUS(status) == CHILD_DONE;
    if ((WIFEXITED(status) && WEXITSTATUS(status) == CHILD_WRONG) ||
        (WIFSIGNALED(status) && WTERMSIG(status) != SIGABRT))
        fail_msg("%s %llu failed: wait status %d", fault_names[fault],
                 (unsigned long long)n, status);
    bool got = file_there(folder, "got");
    bool put = file_there(folder, "a/b/put");
    assert_true(!done || (got && put));
    (void)nftw(folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
    return atomic_load(&steps->counted[fault]) >= n;
}

static void any_step_of_a_transfer_may_fail(void **state)
{
    unsigned port;
    (void)state;
    if (!FAULTY) {
        print_message("SKIPPED: sanitizers have an allocator of their own\n");
        skip();
    }
    for (uint32_t i = 0; i < BODY; i++)
        body[i] = (uint8_t)(i * 2654435761u >> 24);
    pid_t server = server_start(&port);
    http_client_free(
        http_client_new()); /* libcurl is found and loaded once, not n times */
    steps = mmap(NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    assert_true(steps != MAP_FAILED);
    for (enum fault fault = FAULT_WRITE; fault < FAULTS; fault++) {
        uint64_t n = 1;
        while (fault_run(port, fault, n))
            assert_true(++n < STEPS_LIMIT);
        print_message("%llu %ss\n", (unsigned long long)n - 1, fault_names[fault]);
        assert_true(n > 2); /* each of the calls that can have one does */
    }
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_a_transfer_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
