/* wire_message.c - what pilots and the coordinator say to each other.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proto/wire_internal.h"

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Hello, p, struct hello, m, ##__VA_ARGS__)

static const struct wire_field hello_rows[] = {
    ROW(U32, protocol, protocol, UINT32_MAX), ROW(HASH, release, release),
    ROW(HASH, fingerprint, fingerprint),      ROW(TEXT, host, host),
    ROW(U32, pid, pid, UINT32_MAX),           ROW(U32, executors, executors, UINT32_MAX),
};
#undef ROW

static const struct wire_form hello_form =
    WIRE_FORM("hello", spillway__hello__descriptor, struct hello, hello_rows, NULL);
WIRE_PAIR_OF(hello, hello_form)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__HelloAnswer, p, struct hello_answer, m, ##__VA_ARGS__)

static const struct wire_field hello_answer_rows[] = {
    ROW(U64, pilot, pilot),
    ROW(I64, lease_ns, lease_ns),
    ROW(I64, heartbeat_ns, heartbeat_ns),
};
#undef ROW

static const struct wire_form hello_answer_form =
    WIRE_FORM("hello answer", spillway__hello_answer__descriptor, struct hello_answer,
              hello_answer_rows, NULL);
WIRE_PAIR_OF(hello_answer, hello_answer_form)

#define ROW(sort, p, m, ...) WIRE_##sort(Spillway__Sync, p, struct sync, m, ##__VA_ARGS__)

static const struct wire_field sync_rows[] = {
    ROW(U64, pilot, pilot),
    ROW(U32, want, want, UINT32_MAX),
    ROW(LIST, reports, reports, report_count, wire_form_report, SYNC_REPORTS),
    ROW(U64_LIST, held, held, held_count, SYNC_HELD),
};
#undef ROW

static const struct wire_form sync_form =
    WIRE_FORM("sync", spillway__sync__descriptor, struct sync, sync_rows, NULL);
WIRE_PAIR_OF(sync, sync_form)

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Verdict, p, struct sync_verdict, m, ##__VA_ARGS__)

static const struct wire_field verdict_rows[] = {
    ROW(U64, attempt, attempt),
    ROW(U32, verdict, verdict, VERDICT_REFUSED),
    ROW(TEXT, text, text),
};
#undef ROW

static const struct wire_form verdict_form = WIRE_FORM(
    "verdict", spillway__verdict__descriptor, struct sync_verdict, verdict_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__SyncAnswer, p, struct sync_answer, m, ##__VA_ARGS__)

static const struct wire_field sync_answer_rows[] = {
    ROW(LIST, verdicts, verdicts, verdict_count, verdict_form, SYNC_REPORTS),
    ROW(LIST, tasks, tasks, task_count, wire_form_task, SYNC_TASKS),
    ROW(U64_LIST, lost, lost, lost_count, SYNC_HELD),
    ROW(BOOL, drain, drain),
    ROW(BOOL, unknown, unknown),
    ROW(U32, pause_ms, pause_ms, UINT32_MAX),
};
#undef ROW

static const struct wire_form sync_answer_form =
    WIRE_FORM("sync answer", spillway__sync_answer__descriptor, struct sync_answer,
              sync_answer_rows, NULL);
WIRE_PAIR_OF(sync_answer, sync_answer_form)
