/* payload_text.h - the texts of the simulated conditions.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_SIMULATE_PAYLOAD_TEXT_H
#define SPILLWAY_TESTS_SIMULATE_PAYLOAD_TEXT_H

#include "base/bytes.h"
#include "tests/simulate/payloads.h"

struct payload_text {
    const char *type;
    const char *ending; /* of the file */
    bool (*make)(const struct payloads *payloads, struct bytes *text, struct err *err);
};

/* The types with one payload for all runs. */
extern const struct payload_text payload_texts[];
extern const size_t payload_text_count;

/* LED amplitudes of a run; `changed` as in tag sim-2. */
bool payload_text_led(const struct payloads *payloads, uint32_t run, bool changed,
                      struct bytes *text, struct err *err);

#endif
