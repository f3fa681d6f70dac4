/* wire_report.c - the report: what became of a task.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proto/wire_internal.h"

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__SegmentResult, p, struct segment_result, m, ##__VA_ARGS__)

static const struct wire_field result_rows[] = {
    ROW(U32, index, index, UINT32_MAX),
    ROW(U64, seen_count, seen.count),
    ROW(U64, seen_low, seen.low),
    ROW(U64, seen_high, seen.high),
    ROW(U64, damaged_events, damaged_events),
    ROW(U64, nan_count, nan_count),
    ROW(I64, cpu_ns, cpu_ns),
    ROW(I64, wall_ns, wall_ns),
    ROW(LIST, products, products, product_count, wire_form_product, WIRE_PRODUCTS),
};
#undef ROW

static const struct wire_form result_form =
    WIRE_FORM("segment result", spillway__segment_result__descriptor,
              struct segment_result, result_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__PartSize, p, struct part_size, m, ##__VA_ARGS__)

static const struct wire_field part_rows[] = {
    ROW(TEXT, file, file),
    ROW(U64, size, size),
};
#undef ROW

static const struct wire_form part_form = WIRE_FORM(
    "part size", spillway__part_size__descriptor, struct part_size, part_rows, NULL);

#define ROW(sort, p, m, ...)                                                             \
    WIRE_##sort(Spillway__Report, p, struct report, m, ##__VA_ARGS__)

static const struct wire_field report_rows[] = {
    ROW(U64, attempt, attempt),
    ROW(U64, token, token),
    ROW(U32, status, status, REPORT_FAILED),
    ROW(OPTIONAL, failure, failure, wire_form_failure, wire_failure_present),
    ROW(U32, blamed, blamed, UINT32_MAX),
    ROW(I32, signal, signal),
    ROW(LIST, segments, segments, segment_count, result_form, TASK_SEGMENTS),
    ROW(OPTIONAL, merged, merged, wire_form_product, wire_product_present),
    ROW(U64_LIST, input_offsets, input_offsets, input_count, TASK_INPUTS),
    ROW(LIST, parts, parts, part_count, part_form, WIRE_PARTS),
    ROW(U64, bytes_read, bytes_read),
    ROW(U64, bytes_written, bytes_written),
    ROW(U64, peak_memory_bytes, peak_memory_bytes),
    ROW(I64, wall_ns, wall_ns),
    ROW(I64, cpu_ns, cpu_ns),
    ROW(TEXT, host, host),
};
#undef ROW

static bool report_check(const void *model, struct err *err)
{
    const struct report *report = model;
    if (report->status == REPORT_FAILED && !wire_failure_present(&report->failure))
        return err_set(err, E_WIRE_VALUE, "failed, but no failure is given");
    return true;
}

const struct wire_form wire_form_report = WIRE_FORM(
    "report", spillway__report__descriptor, struct report, report_rows, report_check);
WIRE_PAIR_OF(report, wire_form_report)
