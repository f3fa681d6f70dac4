/* clock.c - the time and the kernel's dice.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"

#include <errno.h>

#include <sys/random.h>

#include "base/err.h"

static int64_t clock_read(clockid_t clock)
{
    struct timespec time;
    bug_if(clock_gettime(clock, &time) != 0);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t clock_now_ns(void)
{
    return clock_read(CLOCK_BOOTTIME);
}

int64_t clock_wall_s(void)
{
    struct timespec time; /* whatever the clock is set to, it is not counted in ns */
    bug_if(clock_gettime(CLOCK_REALTIME, &time) != 0);
    return (int64_t)time.tv_sec;
}

int64_t clock_cpu_ns(void)
{
    return clock_read(CLOCK_PROCESS_CPUTIME_ID);
}

void clock_sleep_ns(int64_t duration_ns)
{
    struct timespec left = {.tv_sec = duration_ns / 1000000000,
                            .tv_nsec = duration_ns % 1000000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

struct timespec clock_wait_end(int64_t duration_ns)
{
    int64_t end_ns = clock_read(CLOCK_MONOTONIC) + (duration_ns < 0 ? 0 : duration_ns);
    return (struct timespec){.tv_sec = end_ns / 1000000000,
                             .tv_nsec = end_ns % 1000000000};
}

uint64_t clock_random_token(void)
{
    uint64_t token = 0;
    while (token == 0)
        bug_if(getrandom(&token, sizeof token, 0) != (ssize_t)sizeof token);
    return token;
}

void clock_random_tokens(uint64_t *tokens, uint32_t count)
{
    const uint32_t most = 32; /* 256 bytes always come whole */
    for (uint32_t from = 0; from < count; from += most) {
        size_t size = sizeof *tokens * (count - from < most ? count - from : most);
        bug_if(getrandom(tokens + from, size, 0) != (ssize_t)size);
    }
    for (uint32_t i = 0; i < count; i++)
        if (tokens[i] == 0)
            tokens[i] = clock_random_token();
}
