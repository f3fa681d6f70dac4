/* operation.h - one operation of a room, each of whose steps fails in turn.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A child does the operation in a folder of its own, in which one step of it fails, ours
 * or a library's, for all n. It must end as designed: done after all, with an error, or
 * without memory by one line and SIGABRT; a lack of memory is nobody's fault but the
 * machine's. Each file that it leaves is one of before or one of a calm operation, whole.
 * The next child does it again on these files, without a fault: all are there, with the
 * bytes of a calm one. (Once for files that are the same: it would do the same.)
 */
#ifndef SPILLWAY_TESTS_FAULT_OPERATION_H
#define SPILLWAY_TESTS_FAULT_OPERATION_H

#include "tests/fault/steps.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/disk.h"
#include "base/random.h"

#if !FAULTY /* nothing asks */
static bool (*steps_ask)(uint64_t n);
static const void *steps_caller;
#endif

/* No fault comes after this many steps: the test would not end otherwise. */
#define OPERATION_STEPS 20000u

#define OPERATION_FILES 64u
#define OPERATION_BYTES ((size_t)8 << 20) /* of a file */
#define OPERATION_HANGS 60                /* s */
#define OPERATION_KNOWN 64u

/* Exit statuses of a child beside those of errors. */
enum { CHILD_UNPREPARED = 98, CHILD_SILENT = 99 };

/* What is asked of a file. */
enum operation_care {
    CARE_WHOLE, /* old or new */
    CARE_MADE,  /* the same, but a process that is killed leaves it half done */
    CARE_LEFT,  /* so does one that fails */
    CARE_NONE   /* its bytes are not compared: `check` knows better */
};

struct operation {
    const char *name;
    /* Makes what is there before, files and static memory; once, before any child. A
     * child then has a copy of both. NULL: nothing. */
    void (*before)(const char *folder);
    /* In a child, before anything fails. NULL: nothing to do. */
    bool (*load)(const char *folder, struct err *err);
    bool (*run)(const char *folder, struct err *err);
    enum operation_care (*care)(const char *name); /* below the folder; NULL: all whole */
    /* Looks at all in a child, after the operation was done. NULL: nothing to see. */
    bool (*check)(const char *folder, struct err *err);
    uint64_t least[FAULTS]; /* so many steps of each there are */
};

struct operation_file {
    char name[160];
    uint64_t hash; /* of its bytes; of a folder 0 */
    mode_t mode;   /* of a folder 0 */
};

struct operation_files {
    struct operation_file list[OPERATION_FILES];
    uint32_t count;
    size_t skip; /* of a path: the folder */
};

/* nftw gives its visitor nothing of ours. */
static struct operation_files *operation_into;
static const struct operation *operation_at;

static enum operation_care operation_care(const char *name)
{
    return operation_at->care == NULL ? CARE_WHOLE : operation_at->care(name);
}

static int operation_file_seen(const char *path, const struct stat *status, int kind,
                               struct FTW *place)
{
    struct err err;
    struct bytes bytes;
    if (place->level == 0)
        return 0;
    assert_true(operation_into->count < OPERATION_FILES);
    struct operation_file *file = &operation_into->list[operation_into->count++];
    (void)snprintf(file->name, sizeof file->name, "%s", path + operation_into->skip + 1);
    file->hash = 0;
    file->mode = kind == FTW_F ? status->st_mode & 0777 : 0;
    if (kind != FTW_F)
        return 0;
    if (operation_care(file->name) == CARE_NONE) {
        file->hash = atomic_load(&steps->counted[FAULT_WRITE]) << 32 ^
                     atomic_load(&steps->counted[FAULT_SYNC]); /* as far as it came */
        return 0;
    }
    bytes_init(&bytes, OPERATION_BYTES);
    if (!disk_read_file(path, &bytes, &err))
        fail_msg("%s", err.text);
    file->hash = xxh3_of(bytes.data, bytes.size);
    bytes_release(&bytes);
    return 0;
}

static void operation_files_of(const char *folder, struct operation_files *files)
{
    files->count = 0;
    files->skip = strlen(folder);
    operation_into = files;
    assert_int_equal(nftw(folder, operation_file_seen, 8, FTW_PHYS), 0);
}

static const struct operation_file *operation_find(const struct operation_files *files,
                                                   const char *name)
{
    for (uint32_t i = 0; i < files->count; i++)
        if (strcmp(files->list[i].name, name) == 0)
            return &files->list[i];
    return NULL;
}

static int operation_remove(const char *path, const struct stat *status, int kind,
                            struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

/* Of one name for one purpose: what is written may say where. */
static void operation_folder(char folder[64], const char *purpose)
{
    (void)snprintf(folder, 64, "/dev/shm/steps-%ld.%s", (long)getpid(), purpose);
    assert_int_equal(mkdir(folder, 0755), 0);
}

/* One operation, all its runs. */
struct operation_runs {
    const struct operation *operation;
    char template[64]; /* folder with the files of before */
    struct operation_files before, calm, found;
    uint64_t known[OPERATION_KNOWN]; /* what the next one met and did well */
    uint32_t known_count;
};

static void operation_copy(const struct operation_runs *runs, const char *folder)
{
    for (uint32_t i = 0; i < runs->before.count; i++) {
        const struct operation_file *file = &runs->before.list[i];
        char from[256], to[256];
        struct bytes bytes;
        struct err err;
        (void)snprintf(from, sizeof from, "%s/%s", runs->template, file->name);
        (void)snprintf(to, sizeof to, "%s/%s", folder, file->name);
        if (file->mode == 0) {
            assert_int_equal(mkdir(to, 0755), 0);
            continue;
        }
        bytes_init(&bytes, OPERATION_BYTES);
        int fd = open(to, O_WRONLY | O_CREAT | O_EXCL, file->mode);
        assert_true(fd >= 0 && disk_read_file(from, &bytes, &err) &&
                    disk_write(fd, to, bytes.data, bytes.size, &err));
        (void)close(fd);
        bytes_release(&bytes);
    }
}

static void operation_wipe(const char *folder)
{
    (void)nftw(folder, operation_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* How a child ended and what it said. */
struct operation_end {
    int status; /* of waitpid */
    char said[4096];
    uint32_t lines;
};

enum operation_part { OPERATION_RUN, OPERATION_CHECK };

static bool operation_do(const struct operation *operation, const char *folder,
                         enum operation_part part, struct err *err)
{
    if (part == OPERATION_CHECK)
        return operation->check(folder, err);
    if (operation->load != NULL && !operation->load(folder, err)) {
        dprintf(STDERR_FILENO, "%s\n", err->text);
        _exit(CHILD_UNPREPARED);
    }
    atomic_store(&steps->armed, true);
    bool done = operation->run(folder, err);
    atomic_store(&steps->armed, false);
    return done;
}

static void operation_child(const struct operation *operation, const char *folder,
                            enum operation_part part)
{
    struct err err = {.code = E_NONE};
    (void)alarm(OPERATION_HANGS);
    (void)signal(SIGSEGV, SIG_DFL); /* cmocka would take the child for the test */
    if (operation_do(operation, folder, part, &err))
        _exit(0);
    if (err.code == E_NONE)
        _exit(CHILD_SILENT);
    dprintf(STDERR_FILENO, "%s: %s\n", err_name((enum err_code)err.code), err.text);
    _exit(err_exit_status((enum err_code)err.code));
}

/* What a child says, to its end. */
static void operation_read(int fd, struct operation_end *end)
{
    size_t size = 0;
    for (ssize_t got = 1; got > 0; size += got > 0 ? (size_t)got : 0)
        got = read(fd, end->said + size, sizeof end->said - 1 - size);
    for (size_t i = 0; i < size; i++)
        end->lines += end->said[i] == '\n';
}

static struct operation_end operation_fork(const struct operation *operation,
                                           const char *folder, enum operation_part part)
{
    struct operation_end end = {.lines = 0};
    int ends[2];
    assert_int_equal(pipe(ends), 0); /* no step: it is no file */
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        operation_child(operation, folder, part);
    }
    (void)close(ends[1]);
    operation_read(ends[0], &end);
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &end.status, 0), pid);
    atomic_store(&steps->armed, false);
    return end;
}

/* The kinds of error that a failing step may give, in a line, and perhaps the advice: a
 * lack of memory is not said of data, conditions or a peer, which somebody would be sent
 * to mend. */
static bool operation_may_end(enum fault fault, const struct operation_end *end)
{
    if (WIFSIGNALED(end->status))
        return fault == FAULT_ALLOCATION && WTERMSIG(end->status) == SIGABRT &&
               end->lines == 1 && strncmp(end->said, "out of memory", 13) == 0;
    int status = WEXITSTATUS(end->status);
    if (status == 0)
        return end->lines == 0;
    bool storage = status == err_exit_status(E_DISK_WRITE);
    bool machine =
        status == err_exit_status(E_LIMIT) || status == err_exit_status(E_PROCESS);
    bool peer = fault == FAULT_SEND && strncmp(end->said, "E_CONDITIONS_FETCH", 18) == 0;
    bool one = end->lines == 1 || (end->lines == 2 && strstr(end->said, "\n  ") != NULL);
    return one && (storage || peer || (machine && fault == FAULT_ALLOCATION));
}

/* Each file found is one of before or of a calm run, unless from this care on it may be
 * another. */
static bool operation_none_torn(const struct operation_runs *runs,
                                enum operation_care least)
{
    for (uint32_t i = 0; i < runs->found.count; i++) {
        const struct operation_file *file = &runs->found.list[i];
        const struct operation_file *old = operation_find(&runs->before, file->name);
        const struct operation_file *new = operation_find(&runs->calm, file->name);
        if ((old != NULL && old->hash == file->hash) ||
            (new != NULL &&new->hash == file->hash) ||
            operation_care(file->name) >= least)
            continue;
        print_error("%s is neither old nor new\n", file->name);
        return false;
    }
    return true;
}

/* What a calm run leaves is there. */
static bool operation_all_there(const struct operation_runs *runs)
{
    for (uint32_t i = 0; i < runs->calm.count; i++) {
        const struct operation_file *file = &runs->calm.list[i];
        const struct operation_file *found = operation_find(&runs->found, file->name);
        if (operation_care(file->name) == CARE_NONE ||
            (found != NULL && found->hash == file->hash))
            continue;
        print_error("%s is %s\n", file->name, found == NULL ? "not there" : "another");
        return false;
    }
    return true;
}

/* Whether the next one met just these files already, and did well: it would again. */
static bool operation_known(struct operation_runs *runs)
{
    uint64_t sum = 0; /* in any order */
    for (uint32_t i = 0; i < runs->found.count; i++) {
        const struct operation_file *file = &runs->found.list[i];
        sum += random_mix(xxh3_of(file->name, strlen(file->name)) ^ file->hash);
    }
    for (uint32_t i = 0; i < runs->known_count; i++)
        if (runs->known[i] == sum)
            return true;
    if (runs->known_count < OPERATION_KNOWN)
        runs->known[runs->known_count++] = sum;
    return false;
}

static bool operation_checked(const struct operation_runs *runs, const char *folder)
{
    if (runs->operation->check == NULL)
        return true;
    struct operation_end end = operation_fork(runs->operation, folder, OPERATION_CHECK);
    if (end.status != 0)
        print_error("%s", end.said);
    return end.status == 0;
}

static bool operation_survives(struct operation_runs *runs, const char *folder,
                               enum fault fault)
{
    struct operation_end end = operation_fork(runs->operation, folder, OPERATION_RUN);
    bool right = operation_may_end(fault, &end);
    if (!right)
        print_error("it ends with wait status %d and says: %s\n", end.status, end.said);
    operation_files_of(folder, &runs->found);
    enum operation_care least = WIFSIGNALED(end.status) ? CARE_MADE
                                : end.status != 0       ? CARE_LEFT
                                                        : CARE_NONE;
    right = operation_none_torn(runs, least) && right &&
            (end.status != 0 || operation_all_there(runs));
    if (!right || operation_known(runs))
        return right;
    steps->due[fault] = 0;
    end = operation_fork(runs->operation, folder, OPERATION_RUN);
    if (end.status != 0)
        print_error("again: it ends with wait status %d and says: %s\n", end.status,
                    end.said);
    operation_files_of(folder, &runs->found);
    return operation_none_torn(runs, least) && operation_all_there(runs) &&
           end.status == 0 && operation_checked(runs, folder);
}

/* Without faults: what there is to be left; how many steps of each that takes. */
static void operation_calm(struct operation_runs *runs, uint64_t totals[FAULTS])
{
    char folder[64];
    operation_folder(runs->template, "old");
    if (runs->operation->before != NULL)
        runs->operation->before(runs->template);
    operation_files_of(runs->template, &runs->before);
    operation_folder(folder, "work");
    operation_copy(runs, folder);
    for (unsigned i = 0; i < FAULTS; i++) {
        atomic_store(&steps->counted[i], 0);
        steps->due[i] = 0;
    }
    struct operation_end end = operation_fork(runs->operation, folder, OPERATION_RUN);
    if (end.status != 0)
        fail_msg("%s: %s", runs->operation->name, end.said);
    for (unsigned i = 0; i < FAULTS; i++)
        totals[i] = atomic_load(&steps->counted[i]);
    operation_files_of(folder, &runs->calm);
    assert_true(operation_checked(runs, folder));
    operation_wipe(folder);
}

static void operation_fault(struct operation_runs *runs, enum fault fault, uint64_t n)
{
    char folder[64];
    operation_folder(folder, "work");
    operation_copy(runs, folder);
    for (unsigned i = 0; i < FAULTS; i++)
        atomic_store(&steps->counted[i], 0);
    steps->due[fault] = n;
    bool right = operation_survives(runs, folder, fault);
    steps->due[fault] = 0;
    operation_wipe(folder);
    if (!right)
        fail_msg("%s: %s %llu failed", runs->operation->name, fault_names[fault],
                 (unsigned long long)n);
}

/* ---- allocations ----
 *
 * Nearly all of them are of memory without which a process ends at once. So one child,
 * the trunk, does the operation; at an allocation it forks a branch in which that one
 * fails and which may do nothing more than say its line and abort. It then was killed
 * with the files as the trunk had them. What remains to be done from the start are
 * allocations whose branch wanted to do anything else, and the first one after a change
 * of a file. Those of mem_new() and mem_grow() need no branch: they end there, whoever
 * called. */

/* Code of either; a little more of it, of base/bytes.c too, allocates nothing itself. */
#define OPERATION_CODE 160u

static bool operation_mem(void)
{
    uintptr_t caller = (uintptr_t)steps_caller;
    return caller - (uintptr_t)mem_new < OPERATION_CODE ||
           caller - (uintptr_t)mem_grow < OPERATION_CODE;
}

struct operation_branches {
    bool whole[OPERATION_STEPS + 1]; /* by n: from the start */
    uint64_t files;                  /* how they look */
    char folder[64];
};

static struct operation_branches *branches; /* shared with the trunk */

static uint64_t operation_looks;

static int operation_look(const char *path, const struct stat *status, int kind,
                          struct FTW *place)
{
    (void)kind, (void)place;
    uint64_t times = (uint64_t)status->st_mtim.tv_sec * 1000000007u +
                     (uint64_t)status->st_mtim.tv_nsec;
    operation_looks += random_mix(xxh3_of(path, strlen(path)) ^
                                  random_mix(times + (uint64_t)status->st_size));
    return 0;
}

static void operation_only_abort(void)
{
#define ONLY(call)                                                                       \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                               \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
    static struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ONLY(rt_sigprocmask),
        ONLY(getpid),
        ONLY(gettid),
        ONLY(tgkill),
        ONLY(brk),
        ONLY(mmap),
        ONLY(munmap),
        ONLY(madvise),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, STDERR_FILENO, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    static const struct sock_fprog program = {.len = sizeof filter / sizeof filter[0],
                                              .filter = filter};
    (void)alarm(5);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(1);
#undef ONLY
}

/* In a branch: true. In the trunk `right` says whether the branch ended as it should. */
static bool operation_fork_branch(bool *right)
{
    struct operation_end end = {.lines = 0};
    int ends[2];
    *right = false;
    if (pipe(ends) != 0)
        return false;
    pid_t pid = _Fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        steps = NULL; /* counts no more */
        operation_only_abort();
        return true;
    }
    (void)close(ends[1]);
    operation_read(ends[0], &end);
    (void)close(ends[0]);
    *right = pid > 0 && waitpid(pid, &end.status, 0) == pid && WIFSIGNALED(end.status) &&
             operation_may_end(FAULT_ALLOCATION, &end);
    return false;
}

static bool operation_branch(uint64_t n)
{
    bool right = operation_mem();
    if (n > OPERATION_STEPS)
        return false;
    operation_looks = 0;
    (void)nftw(branches->folder, operation_look, 8, FTW_PHYS);
    bool same = operation_looks == branches->files;
    if (same && !right && operation_fork_branch(&right))
        return true;
    branches->whole[n] = !same || !right;
    branches->files = operation_looks;
    return false;
}

static void operation_trunk(struct operation_runs *runs)
{
    memset(branches, 0, sizeof *branches);
    operation_folder(branches->folder, "trunk");
    operation_copy(runs, branches->folder);
    atomic_store(&steps->counted[FAULT_ALLOCATION], 0);
    steps_ask = operation_branch;
    struct operation_end end =
        operation_fork(runs->operation, branches->folder, OPERATION_RUN);
    steps_ask = NULL;
    if (end.status != 0)
        fail_msg("%s: wait status %d, %s", runs->operation->name, end.status, end.said);
    operation_wipe(branches->folder);
}

/* Threads may come to an allocation in another order than before. */
static void operation_allocations(struct operation_runs *runs, uint64_t total)
{
    uint64_t whole = 0;
    operation_trunk(runs);
    for (uint64_t n = 1; n <= total; n++)
        if (branches->whole[n]) {
            operation_fault(runs, FAULT_ALLOCATION, n);
            whole++;
        }
    print_message("%s: %llu of them from the start\n", runs->operation->name,
                  (unsigned long long)whole);
}

static void operation_each_step(const struct operation *operation)
{
    static struct operation_runs runs;
    uint64_t totals[FAULTS];
    if (!FAULTY) {
        print_message("SKIPPED: sanitizers have an allocator of their own\n");
        skip();
    }
    runs.operation = operation_at = operation;
    runs.known_count = 0;
    steps = mmap(NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    branches = mmap(NULL, sizeof *branches, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(steps != MAP_FAILED && branches != MAP_FAILED);
    sha256_free(sha256_new()); /* OpenSSL is set up once, not n times */
    operation_calm(&runs, totals);
    for (enum fault fault = FAULT_WRITE; fault < FAULTS; fault++) {
        print_message("%s: %llu %ss\n", operation->name,
                      (unsigned long long)totals[fault], fault_names[fault]);
        assert_in_range(totals[fault], operation->least[fault], OPERATION_STEPS);
        if (fault == FAULT_ALLOCATION)
            operation_allocations(&runs, totals[fault]);
        for (uint64_t n = 1; fault != FAULT_ALLOCATION && n <= totals[fault]; n++)
            operation_fault(&runs, fault, n);
    }
    operation_wipe(runs.template);
}

#endif
