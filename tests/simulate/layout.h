/* layout.h - the detectors of the simulated set-up and the channels they hang on.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The cells are those of set-up 2022-electron-100 of lib/reco. Sources, ports and all
 * constants are ours: no public map of that year exists.
 */
#ifndef SPILLWAY_TESTS_SIMULATE_LAYOUT_H
#define SPILLWAY_TESTS_SIMULATE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define LAYOUT_CHANNELS 109
#define LAYOUT_SAMPLES  25   /* a channel: verified, as 12 bit and 12.5 ns */
#define LAYOUT_PERIOD   12.5 /* ns */
#define LAYOUT_SETUP    "2022-electron-100"

#define LAYOUT_ECAL_X 5
#define LAYOUT_ECAL_Y 6

enum layout_detector_id {
    LAYOUT_ECAL0,
    LAYOUT_ECAL1,
    LAYOUT_HCAL0,
    LAYOUT_HCAL1,
    LAYOUT_HCAL2,
    LAYOUT_HCAL3,
    LAYOUT_VETO,
    LAYOUT_SRD,
    LAYOUT_S0,
    LAYOUT_S1,
    LAYOUT_S2,
    LAYOUT_V0,
    LAYOUT_DETECTORS
};

struct layout_detector {
    const char *name;
    double gain_gev;  /* of one count, nominal */
    double offset_ns; /* mean time after S0 */
    uint16_t source;
    uint8_t port;
    uint8_t base; /* first channel of the port: 16 * adc + channel */
    uint8_t nx, ny;
    bool led;
};

extern const struct layout_detector layout_detectors[LAYOUT_DETECTORS];

struct layout_channel {
    enum layout_detector_id detector;
    uint8_t x, y;
    uint8_t channel;    /* of the port as modules of format 3 have it */
    uint8_t port, adc;  /* where it is read out, with channel modulo 16 */
    uint16_t full;      /* largest sample */
    double gain_gev;    /* of one count of the height of a pulse */
    double pedestal[2]; /* counts; even and odd samples */
    double offset_ns;   /* after S0 */
    double led_counts;  /* LED amplitude when the gains were made */
};

/* Constants of all channels, in the order of source, port and channel. */
void layout_make(uint64_t seed, struct layout_channel channels[LAYOUT_CHANNELS]);

#endif
