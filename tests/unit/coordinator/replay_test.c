/* replay_test.c - a journal decided again: differences, another policy, bad lines.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/replay.h"

#include <stdio.h>

#include "base/text.h"
#include "coordinator/core_digest.h"
#include "coordinator/core_save.h"
#include "tests/unit/coordinator/core_fixture.h"

/* A core that writes what it decides. */
struct kept {
    struct world world;
    struct journal_writer journal;
    uint64_t spoil; /* the digest of this event is wrong, 0 none */
    uint64_t events;
};

static void keep(struct kept *kept, struct core_event *event)
{
    world_step(&kept->world, event);
    uint64_t digest = core_commands_digest(&kept->world.commands);
    core_save_event(event, digest ^ (++kept->events == kept->spoil), &kept->journal);
}

static void keep_open(struct kept *kept, const struct campaign_policy *policy,
                      const struct core_pace *pace, uint64_t spoil)
{
    struct core_segment segments[8];
    *kept = (struct kept){.spoil = spoil};
    for (uint32_t i = 0; i < 8; i++)
        segments[i] = segment_of_tests(i);
    world_load(&kept->world, policy, segments, 8);
    core_add_pace(kept->world.core, pace);
    journal_writer_init(&kept->journal, (size_t)1 << 20);
    journal_begin(&kept->journal, "spillway-1");
    journal_text(&kept->journal, "c1");
    journal_end(&kept->journal);
    core_save(kept->world.core, &kept->journal);
}

static struct core_event sync_event(const struct core_report *report, uint32_t want)
{
    static const uint64_t tokens[4] = {11, 12, 13, 14};
    return (struct core_event){.kind = EVENT_SYNC,
                               .pilot = PILOT,
                               .want = want,
                               .reports = report,
                               .report_count = report == NULL ? 0 : 1,
                               .tokens = tokens,
                               .token_count = 4};
}

/* start, hello, a task of four segments, its failure, another task: five events. */
static void keep_a_failure(struct kept *kept, uint64_t spoil)
{
    struct campaign_policy policy = policy_of_tests();
    keep_open(kept, &policy, &(struct core_pace){.count = 0}, spoil);
    keep(kept, &(struct core_event){.kind = EVENT_START});
    keep(kept, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT, .node = 3});
    struct core_event take = sync_event(NULL, 1);
    keep(kept, &take);
    struct held_task task = task_given(&kept->world, 0);
    assert_int_equal(task.count, 4);
    struct core_report report = report_failed(&task, 0, 2, E_WORKER_MEMORY);
    report.text = "std::bad_alloc, 100 % of it";
    report.signal = -1;
    take = sync_event(&report, 0);
    keep(kept, &take);
    kept->world.now_ns += SECOND;
    take = sync_event(NULL, 1);
    keep(kept, &take);
}

static void keep_close(struct kept *kept)
{
    journal_writer_release(&kept->journal);
    world_close(&kept->world);
}

static bool replay(const void *data, size_t size, const struct campaign_policy *other,
                   struct replayed *replayed, char out[2000], struct err *err)
{
    struct journal_state *state;
    struct bytes text;
    bytes_init(&text, 1999);
    bool done = journal_state_read(data, size, &state, err) == LOOKUP_FOUND;
    if (done) {
        assert_string_equal(journal_state_campaign(state), "c1");
        done = replay_journal(state, other, replayed, &text, err);
        journal_state_free(state);
    }
    (void)snprintf(out, 2000, "%.*s", (int)text.size,
                   text.size == 0 ? "" : (const char *)text.data);
    bytes_release(&text);
    return done;
}

static void the_same_decisions_and_a_torn_tail_is_told(void **state)
{
    (void)state;
    struct kept kept;
    struct replayed replayed;
    struct err err = {.text = ""};
    char out[2000];
    keep_a_failure(&kept, 0);
    const struct bytes *data = &kept.journal.out;
    if (!replay(data->data, data->size, NULL, &replayed, out, &err))
        fail_msg("%s", err.text);
    assert_int_equal(replayed.events, 5);
    assert_int_equal(replayed.cut, 0);
    assert_true(replay(data->data, data->size - 3, NULL, &replayed, out, &err));
    assert_int_equal(replayed.events, 4);
    assert_true(replayed.cut > 3);
    keep_close(&kept);
}

/* A coordinator may be killed while it writes what it was loaded from. */
static void a_journal_without_event_is_no_damage(void **state)
{
    (void)state;
    struct kept kept;
    struct err err;
    keep_a_failure(&kept, 0);
    const char *text = (const char *)kept.journal.out.data;
    const char *event = strstr(text, "\nevent ");
    const size_t whole = (size_t)(strchr(event + 1, '\n') + 1 - text);
    const size_t first = (size_t)(strchr(text, '\n') + 1 - text);
    for (size_t size = 0; size <= whole; size = size == 0 ? first : size + 1) {
        struct journal_state *made = NULL;
        assert_int_equal(journal_state_read(text, size, &made, &err),
                         size < whole ? LOOKUP_ABSENT : LOOKUP_FOUND);
        journal_state_free(made);
    }
    struct journal_state *made;
    kept.journal.out.data[first] ^= 1;
    assert_int_equal(journal_state_read(text, whole, &made, &err), LOOKUP_FAILED);
    keep_close(&kept);
}

/* Memory is measured by loaded tasks and by a report: both decide again in the replay. */
static void what_tasks_took_is_in_the_journal(void **state)
{
    (void)state;
    struct kept kept;
    struct replayed replayed;
    struct err err = {.text = ""};
    char out[2000];
    struct campaign_policy policy = policy_of_tests();
    struct core_pace pace = {.steps = STEP_RECO | STEP_SELECT,
                             .count = 200,
                             .bytes = (uint64_t)1 << 40,
                             .wall_ns = 1,
                             .written = 1};
    for (uint64_t i = 0; i < 200; i++)
        memory_line_task(&pace.memory, (100 + i % 2) << 20, (200 + i % 2) << 20);
    policy.task_ns = 3600 * SECOND;
    policy.memory_bytes = (uint64_t)1 << 20; /* less than any task took */
    keep_open(&kept, &policy, &pace, 0);
    keep(&kept, &(struct core_event){.kind = EVENT_START});
    keep(&kept, &(struct core_event){.kind = EVENT_HELLO, .pilot = PILOT, .node = 3});
    struct core_event take = sync_event(NULL, 1);
    keep(&kept, &take);
    struct held_task task = task_given(&kept.world, 0);
    assert_int_equal(task.count, 1);
    struct core_report report = report_done(&task);
    report.wall_ns = SECOND;
    report.memory = (uint64_t)90 << 30; /* a slope that falls: no limit any more */
    report.written = UINT64_MAX;
    take = sync_event(&report, 1);
    keep(&kept, &take);
    assert_int_not_equal(task_given(&kept.world, 0).count, 0);
    if (!replay(kept.journal.out.data, kept.journal.out.size, NULL, &replayed, out, &err))
        fail_msg("%s", err.text);
    assert_int_equal(replayed.events, 4);
    keep_close(&kept);
}

static void the_first_step_that_differs_is_named(void **state)
{
    (void)state;
    struct kept kept;
    struct replayed replayed;
    struct err err;
    char out[2000];
    keep_a_failure(&kept, 3);
    assert_false(
        replay(kept.journal.out.data, kept.journal.out.size, NULL, &replayed, out, &err));
    assert_int_equal(err.code, E_REPLAY);
    assert_non_null(
        strstr(err.text, "of which the first is: lease of attempt 1: 4 from 0"));
    assert_int_equal(replayed.events, 3);
    keep_close(&kept);
}

static void another_policy_tells_what_it_would_have_done(void **state)
{
    (void)state;
    struct kept kept;
    struct replayed replayed;
    struct err err;
    char out[2000];
    struct campaign_policy other = policy_of_tests();
    keep_a_failure(&kept, 0);
    assert_true(replay(kept.journal.out.data, kept.journal.out.size, &other, &replayed,
                       out, &err));
    assert_string_equal(out, "");
    assert_int_equal(replayed.failures, 1);
    assert_int_equal(replayed.decided_otherwise, 0);
    assert_int_equal(replayed.parted_line, 0);
    other.rule_count = 1;
    other.rules[0] =
        (struct retry_rule){.text = "bad_alloc, 100 %", .action = RETRY_QUARANTINE};
    assert_true(replay(kept.journal.out.data, kept.journal.out.size, &other, &replayed,
                       out, &err));
    assert_int_equal(replayed.decided_otherwise, 1);
    assert_true(replayed.parted_line > 0);
    assert_non_null(strstr(out,
                           "attempt 1: E_WORKER_MEMORY: rule 104, smaller_task, would "
                           "be rule 1, quarantine\n"));
    assert_non_null(strstr(out, "state of segment 2: quarantined; it was: state of "
                                "segment 0: ready\n"));
    keep_close(&kept);
}

static void a_line_that_no_coordinator_writes_is_an_error_with_its_number(void **state)
{
    (void)state;

    static const char *const lines[] = {
        "event 0 0 5",                  /* a second start */
        "event 0 4 5 0 1 0 0 0 0 0",    /* groups that nobody asked for */
        "event 0 4 5 9 0",              /* of no unit */
        "event 0 4 5 0 1 0 0 1 0 0",    /* in no state for a new group */
        "event 0 3 5 1 2 0 0 99999999", /* too many tokens */
        "event 0 3 5 1",                /* a word is missing */
        "event 0 1 5 1",                /* one too many */
        "event 0 99 5",
        "event x 1 5",
        "state 3 1 0 0 0 0 0 0",
        "foo 1"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct kept kept;
        struct replayed replayed;
        struct err err = {.text = ""};
        char out[2000];
        keep_a_failure(&kept, 0);
        journal_begin(&kept.journal, lines[i]);
        journal_end(&kept.journal);
        bool done = replay(kept.journal.out.data, kept.journal.out.size, NULL, &replayed,
                           out, &err);
        if (done || err.code != E_JOURNAL || strncmp(err.text, "line ", 5) != 0)
            fail_msg("%s: %s", lines[i], err.text);
        keep_close(&kept);
    }
}

static size_t save(const struct core *core, struct journal_writer *writer)
{
    journal_writer_init(writer, (size_t)1 << 20);
    journal_begin(writer, "spillway-1 c1");
    journal_end(writer);
    core_save(core, writer);
    size_t size = writer->out.size;
    core_save_event(&(struct core_event){.kind = EVENT_START}, 0, writer);
    return size;
}

/* Spill by spill through three builders and two chunks; the second builder lacks spill 4,
 * the third has three segments of spill 6, and one segment is committed. */
static uint32_t segments_of(uint32_t spill, uint16_t builder)
{
    if (spill == 4 && builder == 2)
        return 0;
    return spill == 6 && builder == 3 ? 3 : 1;
}

static struct core_segment segment_of(uint32_t number, uint32_t spill, uint16_t builder,
                                      uint32_t k)
{
    struct core_segment segment = segment_of_tests(number);
    segment.id.chunk.builder = builder;
    segment.id.chunk.number = (uint16_t)(1 + spill / 10);
    segment.id.ordinal = spill % 10 + k;
    if (spill % 10 > 6 && builder == 3)
        segment.id.ordinal += 2;
    segment.bytes = 1000 + number;
    if (spill == 12 && builder == 1)
        segment.state.state = SEGMENT_COMMITTED;
    return segment;
}

static uint32_t plan_of_spills(struct core *core)
{
    uint32_t count = 0;
    for (uint32_t spill = 0; spill < 20; spill++)
        for (uint16_t builder = 1; builder <= 3; builder++)
            for (uint32_t k = 0; k < segments_of(spill, builder); k++) {
                struct core_segment segment = segment_of(count, spill, builder, k);
                core_add_segment(core, &segment);
                count++;
            }
    return count;
}

/* Its text says the identities in full where nothing is followed, so the same text of
 * what was read is the same plan. */
static void a_plan_comes_back_segment_for_segment(void **state)
{
    (void)state;
    struct campaign_policy policy = policy_of_tests();
    struct journal_writer written, again;
    struct journal_state *made;
    struct err err = {.text = ""};
    struct core *core = core_new(&policy, 1);
    uint32_t count = plan_of_spills(core);
    core_add_unit(core, &(struct core_unit){.count = count});
    size_t size = save(core, &written);
    if (journal_state_read((const char *)written.out.data, written.out.size, &made,
                           &err) != LOOKUP_FOUND)
        fail_msg("%s", err.text);
    struct core *same = journal_state_core(made, &policy);
    assert_int_equal(save(same, &again), size);
    assert_memory_equal(written.out.data, again.out.data, size);
    written.out.data[size] = 0;
    const char *text = (const char *)written.out.data;
    assert_non_null(strstr(text, "\nagain 3 1003 1004 "));
    assert_non_null(strstr(text, "\nagain 2 "));
    assert_non_null(strstr(text, "\nagain 1 "));
    assert_true(size < (size_t)count * 16);
    journal_writer_release(&written);
    journal_writer_release(&again);
    journal_state_free(made);
    core_free(core);
    core_free(same);
}

#define SEGMENT "spillway-1 c1|segment 1 1 1 0 9"

static void what_is_no_journal_is_refused(void **state)
{
    (void)state;

    static const char *const heads[] = {"spillway-2 c1",
                                        "policy 1",
                                        "spillway-1 c1|unit 0 1|event 0 0 0",
                                        "spillway-1 c1|group 0 0 0 0|event 0 0 0",
                                        "spillway-1 c1|lease 1 2 0 1|event 0 0 0",
                                        "spillway-1 c1|state 4 1 0 0 0 0 0 0|event 0 0 0",
                                        "spillway-1 c1|segment 1 1 1|x",
                                        "spillway-1 c1|again 1 5|event 0 0 0",
                                        SEGMENT "|again 0 5|event 0 0 0",
                                        SEGMENT "|again 2 5|event 0 0 0",
                                        SEGMENT "|again x 5|event 0 0 0"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct journal_writer writer;
        struct journal_state *made;
        struct err err = {.text = ""};
        char line[64];
        journal_writer_init(&writer, 10000);
        for (const char *at = heads[i]; *at != 0;) {
            size_t length = strcspn(at, "|");
            (void)snprintf(line, sizeof line, "%.*s", (int)length, at);
            journal_begin(&writer, line);
            journal_end(&writer);
            at += length + (at[length] != 0);
        }
        if (journal_state_read((const char *)writer.out.data, writer.out.size, &made,
                               &err) != LOOKUP_FAILED)
            fail_msg("%s is taken", heads[i]);
        assert_int_equal(err.code, E_JOURNAL);
        journal_writer_release(&writer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_decisions_and_a_torn_tail_is_told),
        cmocka_unit_test(a_journal_without_event_is_no_damage),
        cmocka_unit_test(what_tasks_took_is_in_the_journal),
        cmocka_unit_test(the_first_step_that_differs_is_named),
        cmocka_unit_test(another_policy_tells_what_it_would_have_done),
        cmocka_unit_test(a_line_that_no_coordinator_writes_is_an_error_with_its_number),
        cmocka_unit_test(a_plan_comes_back_segment_for_segment),
        cmocka_unit_test(what_is_no_journal_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
