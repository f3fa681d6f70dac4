/* decode.h - digits of a whole event: the one place where a decoder is added.
 * SPDX-License-Identifier: Apache-2.0
 *
 * README.md of this room says how.
 */
#ifndef SPILLWAY_RAW_DECODE_H
#define SPILLWAY_RAW_DECODE_H

#include "raw/apv.h"
#include "raw/chip.h"
#include "raw/f1.h"
#include "raw/filter.h"
#include "raw/gandalf.h"
#include "raw/module.h"
#include "raw/opaque.h"
#include "raw/sadc.h"
#include "raw/scaler.h"
#include "raw/sinica.h"

struct digits {
    struct sadc_digits sadc;
    struct apv_digits apv;
    struct f1_digits f1;
    struct scaler_digits scaler;
    struct gandalf_digits gandalf;
    struct sinica_digits sinica;
    struct filter_digits filter;
    struct module_digits module;
    struct opaque_digits opaque;
};

/* Allocates all of them once (some 12 MiB, touched only where used). */
void digits_init(struct digits *digits);
void digits_release(struct digits *digits);

/* Once an event. */
void digits_clear(struct digits *digits);

/* Appends what is in one block. First-event-of-run blocks go to `module` whatever the
 * rule says. Returns true when nothing was lost. */
bool digits_take(const struct slink_block *block, const struct chip_rule *rule,
                 struct digits *digits, struct faults *faults);

/* The same for a block of MSADC channels alone. */
bool digits_take_sadc(const struct slink_block *block, const struct chip_rule *rule,
                      struct sadc_digits *digits, struct faults *faults);

#endif
