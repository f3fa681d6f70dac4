/* setup_test.c - every set-up fits into the columns and no two cells share a place.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/setup_name.h"
#include "reco/setup.h"

static void cells_have_places_of_their_own_inside_the_columns(void **state)
{
    (void)state;
    for (uint32_t s = 0; setup_at(s) != NULL; s++) {
        const struct setup *setup = setup_at(s);
        bool used[SETUP_PARTS][128] = {{false}};
        for (uint32_t d = 0; d < setup->detector_count; d++) {
            const struct setup_detector *detector = &setup->detectors[d];
            const struct setup_columns *columns = setup_columns(detector->part);
            for (uint32_t x = 0; x < detector->nx; x++)
                for (uint32_t y = 0; y < detector->ny; y++) {
                    uint32_t cell = setup_cell(detector, x, y);
                    assert_true(cell < reco_column_infos[columns->flags].width);
                    assert_true(cell < reco_column_infos[columns->time].width);
                    for (unsigned i = 0; i < RECO_SUMS; i++)
                        assert_int_equal(reco_column_infos[columns->energy + i].width,
                                         reco_column_infos[columns->flags].width);
                    assert_false(used[detector->part][cell]);
                    used[detector->part][cell] = true;
                }
        }
    }
}

static void set_ups_and_their_detectors_are_found_by_name(void **state)
{
    (void)state;
    const struct setup *setup = setup_find("2022-electron-100");
    assert_non_null(setup);
    assert_null(setup_find("2022-electron"));
    int reference = setup_detector_find(setup, setup->reference);
    assert_true(reference >= 0);
    assert_true(setup->detectors[reference].required);
    assert_int_equal(setup_detector_find(setup, "HOD2X"), -1);
    const struct setup_detector *main_part =
        &setup->detectors[setup_detector_find(setup, "ECAL1")];
    assert_int_equal(setup_cell(main_part, 2, 3), 36 + 2 * 6 + 3);
    const struct setup_detector *hcal =
        &setup->detectors[setup_detector_find(setup, "HCAL3")];
    assert_int_equal(setup_cell(hcal, 2, 2), 35);
    const struct setup_detector *veto =
        &setup->detectors[setup_detector_find(setup, "VETO")];
    assert_int_equal(setup_cell(veto, 5, 0), 5);
}

static void the_names_that_a_campaign_may_give_are_those_of_the_set_ups(void **state)
{
    (void)state;
    uint32_t count = 0;
    for (; setup_at(count) != NULL; count++)
        assert_true(setup_name_known(setup_at(count)->name));
    assert_null(setup_name_at(count));
    assert_false(setup_name_known(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_have_places_of_their_own_inside_the_columns),
        cmocka_unit_test(set_ups_and_their_detectors_are_found_by_name),
        cmocka_unit_test(the_names_that_a_campaign_may_give_are_those_of_the_set_ups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
