/* progress.c - a progress line with an estimate of the end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/progress.h"

#include <stdio.h>
#include <unistd.h>

#define BAR_WIDTH 24

/* Work is segments, then files: a merge counts as one unit like a segment. */
static uint32_t work_done(const struct status *status)
{
    return status->by_state[SEGMENT_COMMITTED] + status->by_state[SEGMENT_LOST] +
           status->amended;
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

void progress_begin(struct progress *progress, const struct status *status,
                    int64_t now_ns)
{
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO) == 1,
                                  .start_ns = now_ns,
                                  .done_at_start = work_done(status),
                                  .shown_tenth = -1};
    eta_add(&progress->history, seconds(now_ns), work_done(status));
}

static void estimate(const struct progress *progress, const struct status *status,
                     int64_t now_ns, char *out, size_t size)
{
    uint32_t total = status->campaign.segment_count;
    uint32_t done = work_done(status);
    struct eta_history history = progress->history;
    struct eta eta;
    char text[96];
    if (history.count == 0)
        eta_add(&history, seconds(progress->start_ns), progress->done_at_start);
    eta_add(&history, seconds(now_ns), done);
    if (status->orders.hold != CORE_RUNNING)
        (void)orders_hold_text(&status->orders, out, size);
    else if (done >= total)
        (void)snprintf(out, size, "merging");
    else if (!eta_of(&history, total - done, 0, &eta))
        (void)snprintf(out, size, "ETA -");
    else {
        eta.median_s += 1; /* never 0 while something is left */
        (void)snprintf(out, size, "ETA %s", eta_text(&eta, text, sizeof text));
    }
}

void progress_line(const struct progress *progress, const struct status *status,
                   int64_t now_ns, char *out, size_t size)
{
    char bar[BAR_WIDTH + 1];
    char eta[104];
    char set_aside[64] = "";
    char waiting[64] = "";
    uint32_t total = status->campaign.segment_count;
    uint32_t done = work_done(status);
    unsigned share = total == 0 ? 100 : (unsigned)(100.0 * done / total);
    for (unsigned i = 0; i < BAR_WIDTH; i++)
        bar[i] = i * 100 < share * BAR_WIDTH ? '#' : '.';
    bar[BAR_WIDTH] = 0;
    estimate(progress, status, now_ns, eta, sizeof eta);
    uint32_t quarantined = status->by_state[SEGMENT_QUARANTINED];
    if (quarantined > 0)
        (void)snprintf(set_aside, sizeof set_aside, ", %u quarantined", quarantined);
    if (status->waiting > 0)
        (void)snprintf(waiting, sizeof waiting, ", %u wait after %s", status->waiting,
                       err_name((enum err_code)status->waiting_failure));
    (void)snprintf(out, size, "[%s] %3u%% %u/%u segments, %u files published%s%s, %s",
                   bar, share, done, total, status->groups[GROUP_PUBLISHED], set_aside,
                   waiting, eta);
}

void progress_show(struct progress *progress, const struct status *status, int64_t now_ns)
{
    char line[320];
    eta_add(&progress->history, seconds(now_ns), work_done(status));
    uint32_t total = status->campaign.segment_count;
    int tenth = total == 0 ? 10 : (int)(10.0 * work_done(status) / total);
    bool news =
        tenth > progress->shown_tenth || status->orders.hold != progress->shown_hold ||
        (status->waiting > 0 && status->waiting_failure != progress->shown_failure);
    if (!progress->terminal && !news)
        return;
    progress->shown_tenth = tenth;
    progress->shown_hold = status->orders.hold;
    if (status->waiting > 0)
        progress->shown_failure = status->waiting_failure;
    progress_line(progress, status, now_ns, line, sizeof line);
    (void)fprintf(stderr, progress->terminal ? "\r%s\033[K" : "%s\n", line);
    (void)fflush(stderr);
    progress->line_open = progress->terminal;
}

void progress_end(struct progress *progress)
{
    if (progress->line_open)
        (void)fputc('\n', stderr);
    progress->line_open = false;
}
