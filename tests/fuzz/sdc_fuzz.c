/* sdc_fuzz.c - SDC texts from anywhere: refused, or pieces that are ascending and whole.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/sdc_sheet.h"

#define TEXT_LIMIT ((size_t)1 << 20)

struct walk {
    int64_t end; /* of the last piece */
    size_t pieces;
    const struct sdc_terms *terms;
};

static bool piece_seen(void *user, const struct sdc_piece *piece, struct err *err)
{
    struct walk *walk = user;
    struct sheet *sheet = NULL;
    struct bytes text;
    struct interval part;
    struct err ignored = {0};
    (void)err;
    bug_if(piece->first < walk->end || piece->first >= piece->end);
    bug_if(piece->block_count == 0 || piece->column_count == 0);
    for (size_t i = 0; i < piece->row_count; i++)
        bug_if(!piece->at[i] || !piece->of[i]);
    walk->end = piece->end;
    if (!sdc_sheet(walk->terms, piece, &sheet, &ignored))
        return ++walk->pieces < 64;
    bytes_init(&text, TEXT_LIMIT);
    while (sheet_next(sheet, &text, &part, &ignored) == LOOKUP_FOUND) {
        struct payload_marks marks;
        bug_if(!payload_read_marks(sheet_type(sheet), &text, "made", &marks, &ignored));
        bytes_clear(&text);
    }
    bytes_release(&text);
    sheet_free(sheet);
    return ++walk->pieces < 64; /* enough of one input */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"", "A"};
    struct sdc sdc;
    struct sdc_terms terms;
    struct err err = {0};
    sdc_init(&sdc);
    bug_if(!sdc_terms_read(&terms, payload_type_find("calo_gain"),
                           "label=detector-x,scale=gain_gev_per_count",
                           "y=0,source=ours,led_reference=none,error_gev_per_count=0",
                           &err));
    if (sdc_read(&sdc, data, size, "fuzz", &err)) {
        for (size_t i = 0; i < 2; i++) {
            struct walk walk = {.terms = &terms};
            struct sdc_request request = {.type = types[i]};
            const char *keys[PAYLOAD_COLUMNS];
            (void)sdc_flatten(&sdc, &request, piece_seen, &walk, &err);
            request.keys = keys;
            request.key_count = sdc_terms_keys(&terms, keys);
            walk = (struct walk){.terms = &terms};
            (void)sdc_flatten(&sdc, &request, piece_seen, &walk, &err);
        }
    }
    sdc_terms_release(&terms);
    sdc_release(&sdc);
    return 0;
}
