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
    return status->by_state[SEGMENT_COMMITTED] + status->by_state[SEGMENT_LOST];
}

void progress_begin(struct progress *progress, const struct status *status,
                    int64_t now_ns)
{
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO) == 1,
                                  .start_ns = now_ns,
                                  .done_at_start = work_done(status),
                                  .shown_tenth = -1};
}

static void eta_text(const struct progress *progress, const struct status *status,
                     int64_t now_ns, char *out, size_t size)
{
    uint32_t total = status->campaign.segment_count;
    uint32_t done = work_done(status);
    uint32_t made = done - progress->done_at_start;
    int64_t elapsed_ns = now_ns - progress->start_ns;
    if (done >= total || made == 0 || done < progress->done_at_start) {
        (void)snprintf(out, size, "%s", done >= total ? "merging" : "ETA -");
        return;
    }
    int64_t left_s =
        (int64_t)((double)elapsed_ns / 1e9 / (double)made * (double)(total - done)) + 1;
    if (left_s >= 3600)
        (void)snprintf(out, size, "ETA %ldh%02ldm", (long)(left_s / 3600),
                       (long)(left_s / 60 % 60));
    else
        (void)snprintf(out, size, "ETA %ldm%02lds", (long)(left_s / 60),
                       (long)(left_s % 60));
}

void progress_line(const struct progress *progress, const struct status *status,
                   int64_t now_ns, char *out, size_t size)
{
    char bar[BAR_WIDTH + 1];
    char eta[48];
    char set_aside[64] = "";
    char waiting[64] = "";
    uint32_t total = status->campaign.segment_count;
    uint32_t done = work_done(status);
    unsigned share = total == 0 ? 100 : (unsigned)(100.0 * done / total);
    for (unsigned i = 0; i < BAR_WIDTH; i++)
        bar[i] = i * 100 < share * BAR_WIDTH ? '#' : '.';
    bar[BAR_WIDTH] = 0;
    eta_text(progress, status, now_ns, eta, sizeof eta);
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
    char line[256];
    uint32_t total = status->campaign.segment_count;
    int tenth = total == 0 ? 10 : (int)(10.0 * work_done(status) / total);
    bool news =
        tenth > progress->shown_tenth ||
        (status->waiting > 0 && status->waiting_failure != progress->shown_failure);
    if (!progress->terminal && !news)
        return;
    progress->shown_tenth = tenth;
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
