/* match_test.c - what was made with something else is refused beside another one.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conditions/payload.h"

/* A table of a type with one header field, or one row with one name. */
static struct table with_field(const char *type, const char *field, const char *value)
{
    struct table table = {.field_count = 1, .schema = 1};
    (void)snprintf(table.type, sizeof table.type, "%s", type);
    (void)snprintf(table.fields[0].name, TABLE_NAME, "%s", field);
    (void)snprintf(table.fields[0].value, TABLE_VALUE, "%s", value);
    return table;
}

static struct sha256 hash_of(const char *text)
{
    return sha256_of(text, strlen(text));
}

static void entry_add(struct manifest *manifest, const char *type, uint32_t first,
                      uint32_t last, const char *content)
{
    struct err err = {0};
    struct manifest_entry entry = {.gap = !content,
                                   .interval = interval_of_runs(first, last)};
    (void)snprintf(entry.type, sizeof entry.type, "%s", type);
    if (content)
        entry.hash = hash_of(content);
    if (!manifest_add(manifest, &entry, &err))
        fail_msg("%s", err.text);
}

/* Two types over runs 1-9: the second one changes from b1 to b2 at run 5. */
static bool check(const char *maker, const char *other, const struct table tables[3],
                  struct err *err)
{
    struct match match = {0};
    struct manifest manifest;
    struct sha256 hashes[] = {hash_of("a"), hash_of("b1"), hash_of("b2")};
    bool first = strcmp(maker, other) < 0;
    manifest_init(&manifest, 1, 9);
    for (size_t i = 0; i < 3; i++)
        match_add(&match, &tables[i], &hashes[i]);
    if (first)
        entry_add(&manifest, maker, 1, 9, "a");
    entry_add(&manifest, other, 1, 4, "b1");
    entry_add(&manifest, other, 5, 9, "b2");
    if (!first)
        entry_add(&manifest, maker, 1, 9, "a");
    bool done = match_check(&match, &manifest, err);
    manifest_release(&manifest);
    match_release(&match);
    return done;
}

static void every_link_is_checked_where_both_are_valid(void **state)
{
    (void)state;
    const struct match_link *link;
    for (size_t i = 0; (link = match_link_at(i)) != NULL; i++) {
        struct err err = {0};
        const struct table good[] = {with_field(link->type, link->field, "one"),
                                     with_field(link->other, link->label, "one"),
                                     with_field(link->other, link->label, "one")};
        const struct table bad[] = {good[0], good[1],
                                    with_field(link->other, link->label, "two")};
        char said[256];
        assert_non_null(payload_type_find(link->type));
        assert_non_null(payload_type_find(link->other));
        assert_true(check(link->type, link->other, good, &err));
        assert_false(check(link->type, link->other, bad, &err));
        assert_int_equal(err.code, E_CONDITIONS_MATCH);
        (void)snprintf(said, sizeof said, "from run 5 spill 0: %s was made with %s 'one'",
                       link->type, link->field);
        if (!strstr(err.text, said))
            fail_msg("'%s' does not say '%s'", err.text, said);
    }
}

/* What a link names is a header field of its type, or a column of its only row. */
static void every_link_names_what_its_types_have(void **state)
{
    (void)state;
    const struct match_link *link;
    for (size_t i = 0; (link = match_link_at(i)) != NULL; i++) {
        const char *const pairs[2][2] = {{link->type, link->field},
                                         {link->other, link->label}};
        for (size_t p = 0; p < 2; p++) {
            const struct payload_type *type = payload_type_find(pairs[p][0]);
            bool found = false;
            for (size_t f = 0; f < type->field_count; f++)
                found = found || strcmp(type->fields[f].name, pairs[p][1]) == 0;
            for (size_t c = 0; type->single && c < type->column_count; c++)
                found = found || strcmp(type->columns[c].name, pairs[p][1]) == 0;
            if (!found)
                fail_msg("%s has no %s", pairs[p][0], pairs[p][1]);
        }
    }
}

static void none_and_two_ways_to_write_a_number_agree(void **state)
{
    (void)state;
    struct err err = {0};
    union table_cell cells[] = {{.name = "electron"}, {.name = "minus"}, {.real = 100}};
    struct table beam = {.type = "beam",
                         .schema = 1,
                         .rows = 1,
                         .column_count = 3,
                         .columns = {{"particle", COLUMN_NAME},
                                     {"charge", COLUMN_NAME},
                                     {"momentum_gev", COLUMN_REAL}},
                         .cells = cells};
    const struct table none[] = {with_field("calo_gain", "led_reference", "none"),
                                 with_field("led_reference", "id", "one"),
                                 with_field("led_reference", "id", "two")};
    const struct table energy[] = {with_field("shower_profile", "momentum_gev", "100.0"),
                                   beam, beam};
    const struct table other[] = {with_field("shower_profile", "momentum_gev", "150"),
                                  beam, beam};
    assert_true(check("calo_gain", "led_reference", none, &err));
    assert_true(check("shower_profile", "beam", energy, &err));
    assert_false(check("shower_profile", "beam", other, &err));
    assert_non_null(strstr(err.text, "momentum_gev '150', the beam of the tag has "
                                     "momentum_gev '100'"));
}

/* Payloads that say nothing of what they belong to leave nothing to search in. */
static void payloads_without_labels_agree(void **state)
{
    (void)state;
    struct err err = {0};
    struct match match = {0};
    struct manifest manifest;
    manifest_init(&manifest, 1, 9);
    entry_add(&manifest, "calo_gain", 1, 9, "a");
    entry_add(&manifest, "led_reference", 1, 9, "b");
    assert_true(match_check(&match, &manifest, &err));
    manifest_release(&manifest);
    match_release(&match);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_is_checked_where_both_are_valid),
        cmocka_unit_test(every_link_names_what_its_types_have),
        cmocka_unit_test(payloads_without_labels_agree),
        cmocka_unit_test(none_and_two_ways_to_write_a_number_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
