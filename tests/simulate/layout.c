/* layout.c - detectors and channels.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Gains put the usual pulse into the middle of the 12-bit range: 80 GeV in an ECAL cell,
 * 5 GeV in a pre-shower cell, two muons in HCAL and VETO, synchrotron radiation in SRD.
 * ECAL and SRD times after S0 are those seen in data of 2022, the others ours.
 */
#include "tests/simulate/layout.h"

#include "base/err.h"
#include "tests/simulate/dice.h"

/* clang-format off */
const struct layout_detector layout_detectors[LAYOUT_DETECTORS] = {
    [LAYOUT_ECAL0]  = {"ECAL0", 4.0e-3, -1.7, 616, 0,  0, 5, 6, true},
    [LAYOUT_ECAL1]  = {"ECAL1", 3.0e-2, -1.7, 616, 1,  0, 5, 6, true},
    [LAYOUT_HCAL0]  = {"HCAL0", 2.5e-2,  8.0, 619, 0,  0, 3, 3, true},
    [LAYOUT_HCAL1]  = {"HCAL1", 2.5e-2,  9.0, 619, 0, 16, 3, 3, true},
    [LAYOUT_HCAL2]  = {"HCAL2", 2.5e-2, 10.0, 619, 0, 32, 3, 3, true},
    [LAYOUT_HCAL3]  = {"HCAL3", 2.5e-2, 11.0, 619, 0, 48, 3, 3, true},
    [LAYOUT_VETO]   = {"VETO", 6.0e-6,  5.0, 620, 0,  0, 6, 1, false},
    [LAYOUT_SRD]    = {"SRD",  1.2e-5,  0.1, 620, 0, 16, 3, 1, false},
    [LAYOUT_S0]     = {"S0",   2.0e-6,  0.0, 620, 0, 32, 1, 1, false},
    [LAYOUT_S1]     = {"S1",   2.0e-6,  2.0, 620, 0, 33, 1, 1, false},
    [LAYOUT_S2]     = {"S2",   2.0e-6,  3.0, 620, 0, 34, 1, 1, false},
    [LAYOUT_V0]     = {"V0",   2.0e-6,  1.0, 620, 0, 35, 1, 1, false},
};
/* clang-format on */

/* Spread of the constants between channels. */
#define GAIN_SPREAD     0.05
#define TIME_SPREAD_NS  2.0
#define PEDESTAL_COUNTS 190.0
#define PEDESTAL_SPREAD 20.0
#define PARITY_SPREAD   4.0
#define LED_COUNTS      1000.0
#define LED_SPREAD      400.0
#define SAMPLE_MAX      4095 /* of 12 bits */

static struct layout_channel channel_make(uint64_t seed, enum layout_detector_id id,
                                          uint32_t cell)
{
    const struct layout_detector *detector = &layout_detectors[id];
    struct random random = dice(seed, DICE_CHANNEL, (const uint32_t[]){id, cell, 0});
    struct layout_channel channel = {.detector = id,
                                     .x = (uint8_t)(cell / detector->ny),
                                     .y = (uint8_t)(cell % detector->ny),
                                     .channel = (uint8_t)(detector->base + cell),
                                     .port = detector->port,
                                     .full = SAMPLE_MAX,
                                     .offset_ns = detector->offset_ns};
    channel.adc = channel.channel >> 4;
    channel.gain_gev =
        detector->gain_gev * (1 + GAIN_SPREAD * (2 * random_unit(&random) - 1));
    channel.pedestal[0] = PEDESTAL_COUNTS + PEDESTAL_SPREAD * random_unit(&random);
    channel.pedestal[1] =
        channel.pedestal[0] + PARITY_SPREAD * (2 * random_unit(&random) - 1);
    double spread = TIME_SPREAD_NS * random_unit(&random);
    if (id != LAYOUT_S0)
        channel.offset_ns += spread;
    if (detector->led)
        channel.led_counts = LED_COUNTS + LED_SPREAD * random_unit(&random);
    return channel;
}

void layout_make(uint64_t seed, struct layout_channel channels[LAYOUT_CHANNELS])
{
    uint32_t count = 0;
    for (int id = 0; id < LAYOUT_DETECTORS; id++) {
        uint32_t cells = (uint32_t)layout_detectors[id].nx * layout_detectors[id].ny;
        for (uint32_t cell = 0; cell < cells; cell++)
            channels[count++] = channel_make(seed, (enum layout_detector_id)id, cell);
    }
    bug_if(count != LAYOUT_CHANNELS);
}
