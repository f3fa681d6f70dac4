/* map_test.c - channel maps in the collaboration's XML.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/raw/made.h"

#include <stdio.h>

#include "base/disk.h"
#include "raw/map.h"

static bool read_text(const char *xml, uint32_t run, struct channel_map *map,
                      struct err *err)
{
    return map_read_text(xml, strlen(xml), "test.xml", run, map, err);
}

static const struct map_entry *entry_at(const struct channel_map *map, uint32_t source,
                                        uint32_t port, uint32_t adc, uint32_t channel)
{
    size_t same;
    return map_find(map,
                    &(struct map_channel){
                        .source = source, .port = port, .adc = adc, .channel = channel},
                    &same);
}

/* The chip of a block, CHIP_COUNT when the map does not say. */
static enum chip chip_at(const struct channel_map *map, uint16_t source,
                         uint8_t event_type, uint8_t format)
{
    const struct slink_block block = {
        .source = source, .event_type = event_type, .format = format};
    enum chip chip;
    return map_chip_of(map, &block, &chip) ? chip : CHIP_COUNT;
}

static void both_versions_are_read(void **state)
{
    (void)state;
    static const char xml[] =
        "<Map><!-- comment -->\n"
        "<ChipSADC version=\"2\" runs=\"1-9\" options=\"xy data_format3\">\n"
        "\n  ECAL0 616 1 0x11 -3 4  trailing words\n</ChipSADC>\n"
        "<ChipSADC version=\"1\" option=\"xy\">\nOLD 7 12 5 1 2\n</ChipSADC></Map>";
    struct channel_map map;
    struct err err;
    assert_true(read_text(xml, 5, &map, &err));
    assert_int_equal(map.count, 2);
    const struct map_entry *entry = entry_at(&map, 616, 1, 1, 1);
    assert_non_null(entry);
    assert_string_equal(entry->detector, "ECAL0");
    assert_int_equal(entry->x, -3);
    assert_int_equal(entry->y, 4);
    assert_non_null(entry_at(&map, 7, 0, 12, 5));
    assert_null(entry_at(&map, 616, 1, 1, 2));
    assert_null(entry_at(&map, 617, 1, 1, 1));
    assert_null(entry_at(&map, 5000, 1, 1, 1));
    assert_int_equal(map.format[616], SADC_FORMAT_3);
    assert_int_equal(map.format[7], SADC_FORMAT_1);
    assert_int_equal(map.format[8], SADC_FORMAT_NONE);
    map_release(&map);
}

static void sections_count_for_their_runs(void **state)
{
    (void)state;
    static const char xml[] =
        "<Map><ChipSADC version=\"2\" runs=\"10-19 30\" options=\"xy\">A 1 0 0 0 0\n"
        "</ChipSADC><ChipSADC version=\"2\" runs=\"40-50\" options=\"xy\">B 1 0 1 0 0\n"
        "</ChipSADC></Map>";

    static const struct {
        uint32_t run;
        size_t count;
    } cases[] = {{10, 1}, {19, 1}, {30, 1}, {45, 1}, {9, 0}, {20, 0}, {31, 0}, {51, 0}};
    struct channel_map map;
    struct err err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool done = read_text(xml, cases[i].run, &map, &err);
        assert_int_equal(done, cases[i].count > 0);
        if (!done) {
            assert_int_equal(err.code, E_MAP_RUN);
            assert_non_null(strstr(err.text, "10-19 30,40-50"));
            continue;
        }
        assert_int_equal(map.count, cases[i].count);
        assert_int_equal(map.sections_outside, 1);
        map_release(&map);
    }
}

static void one_section_switches_the_format_of_its_source(void **state)
{
    (void)state;
    static const char xml[] =
        "<Map><ChipSADC version=\"2\" options=\"xy\">A 1 0 0 0 0\n</ChipSADC>"
        "<ChipSADC version=\"2\" options=\"xy data_format3\">B 1 1 0 0 0\n</ChipSADC>"
        "<ChipSADC version=\"2\" options=\"xy data_format33\">C 2 1 0 0 0\n</ChipSADC></Map>";
    struct channel_map map;
    struct err err;
    assert_true(read_text(xml, 1, &map, &err));
    assert_int_equal(map.format[1], SADC_FORMAT_3);
    assert_int_equal(map.format[2], SADC_FORMAT_1);
    map_release(&map);
}

static void other_sections_are_counted(void **state)
{
    (void)state;
    static const char xml[] =
        "<Map><DaqOptions use=\"no\"><Trigger Phys=\"0\"/></DaqOptions>"
        "<ChipNA64TDC version=\"2\" runs=\"1-9\">\nST 380 0 0\nST 380 0 1\n</ChipNA64TDC>"
        "<ChipNA64TDC runs=\"20\">\nST 380 0 0\n</ChipNA64TDC>"
        "<ChipF1 version=\"9\" options=\"tdc\">\nX 1\n</ChipF1></Map>";
    struct channel_map map;
    struct err err;
    assert_true(read_text(xml, 1, &map, &err));
    assert_int_equal(map.count, 0);
    assert_int_equal(map.opaque_count, 2);
    assert_string_equal(map.opaque[0].name, "ChipNA64TDC");
    assert_int_equal(map.opaque[0].sections, 1);
    assert_int_equal(map.opaque[0].lines, 2);
    assert_string_equal(map.opaque[1].name, "ChipF1.other");
    assert_int_equal(map.wire_count, 0);
    assert_int_equal(map.until, 9);
    map_release(&map);
}

struct wire_case {
    const char *section; /* start tag without the brackets */
    const char *line;
    struct map_place place;
    int32_t wire;
};

static void check_wire(const struct wire_case *row)
{
    char xml[512], tag[32];
    struct channel_map map;
    struct err err;
    size_t same;
    (void)snprintf(tag, sizeof tag, "%.*s", (int)strcspn(row->section, " "),
                   row->section);
    (void)snprintf(xml, sizeof xml, "<Map><%s>\n%s\n</%s></Map>", row->section, row->line,
                   tag);
    if (!read_text(xml, 1, &map, &err))
        fail_msg("%s: %s", row->line, err.text);
    const struct map_wire *wire = map_wire_find(&map, &row->place, &same);
    if (wire == NULL)
        fail_msg("%s: the place is not mapped", row->line);
    assert_int_equal(same, 1);
    if (wire->wire != row->wire)
        fail_msg("%s: wire %d instead of %d", row->line, wire->wire, row->wire);
    assert_string_equal(map.detectors[wire->detector], "D");
    map_release(&map);
}

static const struct wire_case wire_cases[] = {
    {"ChipAPV version=\"2\"",
     "D 380 1 2 0 1 128 128 255 1",
     {CHIP_APV, 380, 1, 2, 127},
     255},
    {"ChipAPV version=\"1\"",
     "77 D 380 1 2 127 -1 128 0 127 1",
     {CHIP_APV, 380, 1, 2, 0},
     127},
    {"ChipAPV version=\"3\"",
     "D 380 1 2 0 1 128 0 127 1 -1 2.5",
     {CHIP_APV, 380, 1, 2, 5},
     5},
    {"ChipAPV version=\"3\" options=\"pixel_mm\"",
     "D 380 1 2 0 1 128 4 0 127 1 0",
     {CHIP_APV, 380, 1, 2, 5},
     5},
    {"ChipF1 version=\"4\" options=\"tdc\"",
     "D 2 7 0x101 24 1 40 0 39 1",
     {CHIP_F1, 2, MAP_GEOGRAPHIC | 257, 0, 63},
     39},
    {"ChipF1 version=\"4\" options=\"tdc\"",
     "D 2 7 0x101 24 1 40 39 0 -1",
     {CHIP_F1, 2, 7, 0, 63},
     0},
    {"ChipF1 version=\"3\" options=\"tdc\"",
     "D 2 7 3 0 1 8 10 17 1",
     {CHIP_F1, 2, 7, 0, 31},
     17},
    {"ChipF1 version=\"3\" options=\"tdc\"",
     "D 2 7 -1 8 2 8 10 24 2 1",
     {CHIP_F1, 2, 7, 0, 22},
     24},
    /* Wire 16 of a latch: chip 0, channel 4, hit 0; 5: channel 1, hit 1. */
    {"ChipF1 version=\"4\" options=\"latch\"",
     "D 2 7 9 0 1 32 100 131 1",
     {CHIP_F1, 2, MAP_GEOGRAPHIC | 9, 0, 4},
     116},
    {"ChipF1 version=\"4\" options=\"latch\"",
     "D 2 7 9 0 1 32 100 131 1",
     {CHIP_F1, 2, 7, 1, 1},
     105},
    {"ChipF1 version=\"2\" options=\"latch\"",
     "D 2 7 1 6 0 1 4 50 53 1",
     {CHIP_F1, 2, 7, 3, 14},
     53},
    {"Scaler version=\"2\"", "D 3 1", {CHIP_SCALER, 3, 1, 0, 33}, 33},
    {"Scaler version=\"3\"", "D 3 0 4 1 2 8 9 1", {CHIP_SCALER, 3, 0, 0, 5}, 9},
    {"ChipGandalf options=\"adc\"",
     "D 9 3 0 0 1 16 0 15 1",
     {CHIP_GANDALF, 9, 0, 0, 15},
     15},
    {"ChipGandalf options=\"tdc xyz\"",
     "D 9 3 0 12 0.5 1 2",
     {CHIP_GANDALF, 9, 3, 0, 12},
     12},
    {"ChipSinica options=\"tdc\"",
     "D 9 3 0 0 1 16 16 31 1",
     {CHIP_SINICA, 9, 3, 0, 15},
     31},
};

static void lines_of_every_chip_give_their_wires(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wire_cases / sizeof *wire_cases; i++)
        check_wire(&wire_cases[i]);
}

static void wires_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "<Map><ChipAPV version=\"2\">MM 380 0 0\n</ChipAPV></Map>",
        "<Map><ChipAPV version=\"2\">MM 380 0 16 0 1 128 0 127 1\n</ChipAPV></Map>",
        "<Map><ChipAPV version=\"2\">MM 380 0 0 0 0 128 0 127 1\n</ChipAPV></Map>",
        "<Map><ChipAPV version=\"2\">MM 380 0 0 5 -1 128 0 127 1\n</ChipAPV></Map>",
        "<Map><ChipF1 version=\"4\" options=\"tdc\">A 2 0 1 0 1 8 0 8 1\n</ChipF1></Map>",
        "<Map><ChipF1 version=\"4\" options=\"tdc\">A 2 0 1 60 1 8 0 7 1\n</ChipF1></Map>",
        "<Map><Scaler version=\"2\">A 2\n</Scaler></Map>",
        "<Map><DaqOptions><ChipsCreation>-1 -1 -1 616\n</ChipsCreation></DaqOptions></Map>",
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct channel_map map;
        struct err err;
        if (read_text(cases[i], 1, &map, &err))
            fail_msg("taken: %s", cases[i]);
        assert_int_equal(err.code, E_MAP_LINE);
    }
}

static void rules_name_the_chip_of_a_source(void **state)
{
    (void)state;
    static const char xml[] =
        "<Map><DaqOptions runs=\"1-9\" use_SLinkFormat=\"yes\"><ChipsCreation>\n"
        "-1 -1 -1 616 -1 ChipSADC s\n-1 -1 5 617 -1 ChipAPV s\n"
        "-1 -1 -1 617 0x31 Scaler s\n-1 -1 -1 618 -1 ChipNA64TDC s\n"
        "</ChipsCreation><OnlineFilter srcID=\"700\"/></DaqOptions>"
        "<ChipAPV version=\"2\" options=\"CMC_always\">A 616 0 0 0 1 1 0 0 1\n"
        "A 619 0 0 0 1 1 0 0 1\n</ChipAPV></Map>";
    struct channel_map map;
    struct err err;
    assert_true(read_text(xml, 9, &map, &err));
    assert_int_equal(chip_at(&map, 616, 1, 0), CHIP_SADC); /* a rule is first */
    assert_int_equal(chip_at(&map, 617, 5, 0x31), CHIP_APV);
    assert_int_equal(chip_at(&map, 617, 1, 0xB1), CHIP_SCALER); /* bit 7 is not part */
    assert_int_equal(chip_at(&map, 617, 1, 0), CHIP_COUNT);
    assert_int_equal(chip_at(&map, 618, 1, 0), CHIP_OPAQUE);
    assert_int_equal(chip_at(&map, 619, 1, 0), CHIP_APV);
    assert_int_equal(chip_at(&map, 700, 1, 0), CHIP_FILTER);
    assert_int_equal(map.apv[619], MAP_APV_COMMON_MODE);
    map_release(&map);
    assert_true(read_text(xml, 10, &map, &err));
    assert_int_equal(chip_at(&map, 618, 1, 0), CHIP_COUNT);
    map_release(&map);
}

static void wires_mapped_twice_are_listed(void **state)
{
    (void)state;
    static const char xml[] = "<Map><ChipAPV version=\"2\">A 380 0 0 0 1 128 0 127 1\n"
                              "B 380 0 0 126 1 2 0 1 1\n</ChipAPV></Map>";
    struct channel_map map;
    struct err err;
    assert_true(read_text(xml, 1, &map, &err));
    assert_int_equal(map.twice_count, 2);
    assert_string_equal(map.twice[1].first, "A");
    assert_string_equal(map.twice[1].second, "B");
    assert_int_equal(map.twice[1].place.channel, 127);
    map_release(&map);
}

static void two_detectors_need_multi_digit(void **state)
{
    (void)state;
    static const char twice[] =
        "<Map><ChipSADC version=\"2\" options=\"xy\">A 1 0 0 0 0\n"
        "B 1 0 0 5 5\n</ChipSADC></Map>";
    static const char multi[] =
        "<Map><ChipSADC version=\"2\" options=\"xy\" multi_digit=\"yes\">A 1 0 0 0 0\n"
        "B 1 0 0 5 5\n</ChipSADC></Map>";
    struct channel_map map;
    struct err err;
    assert_false(read_text(twice, 1, &map, &err));
    assert_int_equal(err.code, E_MAP_TWICE);
    assert_non_null(strstr(err.text, "A and B are both on source 1 port 0"));
    assert_true(read_text(multi, 1, &map, &err));
    size_t same;
    const struct map_entry *entry =
        map_find(&map, &(struct map_channel){.source = 1}, &same);
    assert_non_null(entry);
    assert_int_equal(same, 2);
    assert_string_equal(entry[1].detector, "B");
    map_release(&map);
}

static void bad_maps_are_refused_with_the_line(void **state)
{
    (void)state;
#define SECTION(attributes, body)                                                        \
    "<Map>\n<ChipSADC " attributes ">\n" body "\n</ChipSADC></Map>"
#define GOOD "version=\"2\" options=\"xy\""

    static const struct {
        const char *xml;
        enum err_code code;
        const char *word;
    } cases[] = {
        {"", E_MAP_XML, "test.xml:1"},
        {"<Map>", E_MAP_XML, "test.xml:1"},
        {"<!DOCTYPE Map [<!ENTITY a \"b\">]><Map/>", E_MAP_XML, "document type"},
        {SECTION("version=\"3\" options=\"xy\"", "A 1 0 0 0 0"), E_MAP_XML, "version 3"},
        {SECTION("version=\"2\"", "A 1 0 0 0 0"), E_MAP_XML, "xy"},
        {SECTION(GOOD " runs=\"9-5\"", ""), E_MAP_XML, "runs"},
        {SECTION(GOOD " runs=\"1-5 5-9\"", ""), E_MAP_XML, "runs"},
        {SECTION(GOOD, "A 1 0 0 0"), E_MAP_LINE, "test.xml:3"},
        {SECTION(GOOD, "\nA 1 0 64 0 0"), E_MAP_LINE, "test.xml:4"},
        {SECTION(GOOD, "A 1024 0 0 0 0"), E_MAP_LINE, "A 1024"},
        {SECTION(GOOD, "A 1 8 0 0 0"), E_MAP_LINE, "A 1 8"},
        {SECTION(GOOD, "A 1 0 0 0 99999"), E_MAP_LINE, "99999"},
        {SECTION(GOOD, "a/b 1 0 0 0 0"), E_MAP_LINE, "a/b"},
        {SECTION(GOOD, "A 1 0 0x 0 0"), E_MAP_LINE, "0x"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct channel_map map;
        struct err err;
        assert_false(read_text(cases[i].xml, 1, &map, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_non_null(strstr(err.text, cases[i].word));
    }
}

static void folders_are_read_with_their_folders(void **state)
{
    (void)state;
    static const char a[] =
        "<Map><ChipSADC version=\"2\" options=\"xy\">A 1 0 0 0 0\n</ChipSADC></Map>";
    static const char b[] =
        "<Map><ChipSADC version=\"2\" options=\"xy\">B 1 0 1 0 0\n</ChipSADC></Map>";
    char folder[] = "/tmp/raw-map-XXXXXX", path[256];
    struct channel_map map;
    struct err err;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/2022.xml", folder);
    assert_true(disk_make_path(path, &err));
    (void)snprintf(path, sizeof path, "%s/2022.xml/B.xml", folder);
    assert_true(disk_write_durable(path, b, sizeof b - 1, 0644, &err));
    (void)snprintf(path, sizeof path, "%s/A.xml", folder);
    assert_true(disk_write_durable(path, a, sizeof a - 1, 0644, &err));
    (void)snprintf(path, sizeof path, "%s/README", folder);
    assert_true(disk_write_durable(path, "no xml", 6, 0644, &err));
    assert_true(map_read_path(folder, 1, &map, &err));
    assert_int_equal(map.count, 2);
    map_release(&map);
    /* The same channel in two files. */
    (void)snprintf(path, sizeof path, "%s/2022.xml/C.xml", folder);
    assert_true(disk_write_durable(path, a, sizeof a - 1, 0644, &err));
    assert_false(map_read_path(folder, 1, &map, &err));
    assert_int_equal(err.code, E_MAP_TWICE);
    static const char *const files[] = {"2022.xml/C.xml", "2022.xml/B.xml", "A.xml",
                                        "README"};
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        assert_int_equal(unlink(path), 0);
    }
    (void)snprintf(path, sizeof path, "%s/2022.xml", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Path of a file or folder of the test data; skips the test when it is absent. */
static void data_path(const char *name, char path[512])
{
    const char *root = getenv("SPILLWAY_TEST_DATA");
    (void)snprintf(path, 512, "%s/%s", root == NULL ? "../shared/data" : root, name);
    if (disk_exists(path))
        return;
    print_message("%s is absent\n", path);
    skip();
}

static void maps_of_the_sample_are_read_as_a_folder(void **state)
{
    (void)state;
    char path[512];
    struct channel_map map;
    struct err err;
    data_path("raw/maps", path);
    assert_true(map_read_path(path, 9000, &map, &err));
    assert_int_equal(map.count, 256);
    assert_int_equal(map.format[616], SADC_FORMAT_3);
    assert_int_equal(map.opaque_count, 0);
    assert_int_equal(map.rule_count, 6);
    assert_int_equal(chip_at(&map, 616, 1, 0), CHIP_SADC);
    assert_int_equal(chip_at(&map, 380, 1, 0), CHIP_APV);
    size_t same;
    const struct map_wire *wire = map_wire_find(
        &map,
        &(struct map_place){
            .chip = CHIP_APV, .source = 380, .unit = 2, .part = 1, .channel = 5},
        &same);
    assert_non_null(wire);
    assert_string_equal(map.detectors[wire->detector], "MM03X");
    assert_int_equal(wire->wire, 133);
    const struct map_entry *entry = entry_at(&map, 619, 0, 3, 15);
    assert_string_equal(entry->detector, "HCAL0");
    assert_int_equal(entry->x, 7);
    assert_int_equal(entry->y, 7);
    map_release(&map);
}

static void hodoscope_map_of_2018_is_read(void **state)
{
    (void)state;
    char path[512];
    data_path("maps/HODO_2018.xml", path);
    struct channel_map map;
    struct err err;
    assert_true(map_read_path(path, 3700, &map, &err));
    assert_int_equal(map.count, 64);
    assert_int_equal(map.until, 4223);
    assert_int_equal(map.format[623], SADC_FORMAT_3);
    /* Port 5 straight, port 3 reversed. */
    const struct map_entry *entry = entry_at(&map, 623, 5, 1, 2);
    assert_string_equal(entry->detector, "HOD2Y");
    assert_int_equal(entry->y, 2);
    entry = entry_at(&map, 623, 3, 2, 0);
    assert_string_equal(entry->detector, "HOD2X");
    assert_int_equal(entry->y, 15);
    map_release(&map);
    assert_true(map_read_path(path, 4250, &map, &err));
    assert_int_equal(map.count, 32);
    assert_int_equal(map.sections_outside, 1);
    assert_null(entry_at(&map, 623, 3, 2, 0));
    map_release(&map);
    assert_false(map_read_path(path, 3600, &map, &err));
    assert_int_equal(err.code, E_MAP_RUN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_versions_are_read),
        cmocka_unit_test(sections_count_for_their_runs),
        cmocka_unit_test(one_section_switches_the_format_of_its_source),
        cmocka_unit_test(other_sections_are_counted),
        cmocka_unit_test(lines_of_every_chip_give_their_wires),
        cmocka_unit_test(wires_that_cannot_be_are_refused),
        cmocka_unit_test(rules_name_the_chip_of_a_source),
        cmocka_unit_test(wires_mapped_twice_are_listed),
        cmocka_unit_test(two_detectors_need_multi_digit),
        cmocka_unit_test(bad_maps_are_refused_with_the_line),
        cmocka_unit_test(folders_are_read_with_their_folders),
        cmocka_unit_test(maps_of_the_sample_are_read_as_a_folder),
        cmocka_unit_test(hodoscope_map_of_2018_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
