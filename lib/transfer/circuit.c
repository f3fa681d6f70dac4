/* circuit.c - a server that keeps failing is left alone, by all processes of a node.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/circuit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/disk.h"
#include "base/text.h"

#define CIRCUIT_LINE 96

/* ---- the rule ---- */

/* One more than CIRCUIT_FAILURES: open, and somebody makes the one try. */
#define CIRCUIT_PROBING (CIRCUIT_FAILURES + 1)

int64_t circuit_ask(struct circuit *circuit, int64_t now_ns)
{
    if (circuit->failures < CIRCUIT_FAILURES)
        return 0;
    int64_t left_ns = circuit->until_ns - now_ns;
    if (left_ns > 0 && left_ns <= CIRCUIT_MOST_NS)
        return left_ns;
    circuit->failures = CIRCUIT_PROBING;
    circuit->until_ns = now_ns + circuit->pause_ns;
    return 0;
}

/* Failures of tries that were under way when the circuit opened say nothing new. */
void circuit_note(struct circuit *circuit, bool alive, int64_t now_ns)
{
    if (alive) {
        *circuit = (struct circuit){0};
        return;
    }
    if (circuit->failures == CIRCUIT_FAILURES || ++circuit->failures < CIRCUIT_FAILURES)
        return;
    circuit->failures = CIRCUIT_FAILURES;
    circuit->pause_ns = circuit->pause_ns == 0 ? CIRCUIT_FIRST_NS : 2 * circuit->pause_ns;
    if (circuit->pause_ns > CIRCUIT_MOST_NS)
        circuit->pause_ns = CIRCUIT_MOST_NS;
    circuit->until_ns = now_ns + circuit->pause_ns;
}

/* ---- its file ---- */

/* -1: the circuit is not shared. The lock is held for a read and a write of one line, so
 * waiting for it is short; it goes with the descriptor. */
static int file_open(const struct circuit_place *place)
{
    char path[PATH_MAX];
    char hex[SHA256_HEX];
    struct err unused;
    struct stat status;
    if (!place->folder || !disk_make_path(place->folder, &unused))
        return -1;
    struct sha256 hash = sha256_of(place->server, strlen(place->server));
    sha256_to_hex(&hash, hex);
    int length = snprintf(path, sizeof path, "%s/%.16s", place->folder, hex);
    if (length < 0 || length >= (int)sizeof path)
        return -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        flock(fd, LOCK_EX) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* "FAILURES PAUSE UNTIL" and LF; anything else is a circuit that was never used. */
static struct circuit file_read(int fd)
{
    char line[CIRCUIT_LINE];
    struct err unused;
    struct circuit circuit;
    uint64_t failures = 0;
    ssize_t got = pread(fd, line, sizeof line - 1, 0);
    char *end = got > 0 ? memchr(line, '\n', (size_t)got) : NULL;
    if (!end)
        return (struct circuit){0};
    *end = '\0';
    char *pause = strchr(line, ' ');
    char *until = pause ? strchr(pause + 1, ' ') : NULL;
    if (!until)
        return (struct circuit){0};
    *pause++ = '\0';
    *until++ = '\0';
    if (!text_to_u64(line, CIRCUIT_PROBING, &failures, &unused) ||
        !text_to_i64(pause, 0, CIRCUIT_MOST_NS, &circuit.pause_ns, &unused) ||
        !text_to_i64(until, 0, INT64_MAX / 2, &circuit.until_ns, &unused))
        return (struct circuit){0};
    circuit.failures = (uint32_t)failures;
    return circuit;
}

/* What a longer line leaves behind the end of a shorter one is never read. A write that
 * fails costs the sharing only. */
static void file_write(int fd, const struct circuit *circuit)
{
    char line[CIRCUIT_LINE];
    int length = snprintf(line, sizeof line, "%" PRIu32 " %" PRId64 " %" PRId64 "\n",
                          circuit->failures, circuit->pause_ns, circuit->until_ns);
    ssize_t written = pwrite(fd, line, (size_t)length, 0);
    (void)written;
}

int64_t circuit_place_ask(const struct circuit_place *place, int64_t now_ns)
{
    int fd = file_open(place);
    if (fd < 0)
        return circuit_ask(place->own, now_ns);
    struct circuit before = file_read(fd);
    struct circuit circuit = before;
    int64_t left_ns = circuit_ask(&circuit, now_ns);
    if (circuit.until_ns != before.until_ns)
        file_write(fd, &circuit);
    (void)close(fd);
    return left_ns;
}

void circuit_place_note(const struct circuit_place *place, bool alive, int64_t now_ns)
{
    int fd = file_open(place);
    if (fd < 0) {
        circuit_note(place->own, alive, now_ns);
        return;
    }
    struct circuit circuit = file_read(fd);
    bool same = alive && circuit.failures == 0;
    circuit_note(&circuit, alive, now_ns);
    if (!same)
        file_write(fd, &circuit);
    (void)close(fd);
}
