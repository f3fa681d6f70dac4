/* decode.c - which decoder a block is for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/decode.h"

#include "raw/sadc_old.h"

void digits_init(struct digits *digits)
{
    sadc_digits_init(&digits->sadc);
    apv_digits_init(&digits->apv);
    f1_digits_init(&digits->f1);
    scaler_digits_init(&digits->scaler);
    gandalf_digits_init(&digits->gandalf);
    sinica_digits_init(&digits->sinica);
    filter_digits_init(&digits->filter);
    module_digits_init(&digits->module);
    opaque_digits_init(&digits->opaque);
}

void digits_release(struct digits *digits)
{
    sadc_digits_release(&digits->sadc);
    apv_digits_release(&digits->apv);
    f1_digits_release(&digits->f1);
    scaler_digits_release(&digits->scaler);
    gandalf_digits_release(&digits->gandalf);
    sinica_digits_release(&digits->sinica);
    filter_digits_release(&digits->filter);
    module_digits_release(&digits->module);
    opaque_digits_release(&digits->opaque);
}

void digits_clear(struct digits *digits)
{
    sadc_digits_clear(&digits->sadc);
    apv_digits_clear(&digits->apv);
    f1_digits_clear(&digits->f1);
    scaler_digits_clear(&digits->scaler);
    gandalf_digits_clear(&digits->gandalf);
    sinica_digits_clear(&digits->sinica);
    filter_digits_clear(&digits->filter);
    module_digits_clear(&digits->module);
    opaque_digits_clear(&digits->opaque);
}

bool digits_take_sadc(const struct slink_block *block, const struct chip_rule *rule,
                      struct sadc_digits *digits, struct faults *faults)
{
    if (rule->sadc_format == SADC_FORMAT_1 || rule->sadc_format == SADC_FORMAT_2)
        return sadc_old_decode(block, rule, digits, faults);
    return sadc_decode(block, digits, faults);
}

bool digits_take(const struct slink_block *block, const struct chip_rule *rule,
                 struct digits *digits, struct faults *faults)
{
    bool module = (block->format & SLINK_FIRST_OF_RUN) != 0;
    switch (module ? CHIP_MODULE : rule->chip) {
    case CHIP_SADC:
        return digits_take_sadc(block, rule, &digits->sadc, faults);
    case CHIP_APV:
        return apv_decode(block, rule->common_mode, &digits->apv, faults);
    case CHIP_F1:
        return f1_decode(block, &digits->f1, faults);
    case CHIP_SCALER:
        return scaler_decode(block, &digits->scaler, faults);
    case CHIP_GANDALF:
        return gandalf_decode(block, &digits->gandalf, faults);
    case CHIP_SINICA:
        return sinica_decode(block, &digits->sinica, faults);
    case CHIP_FILTER:
        return filter_decode(block, &digits->filter, faults);
    case CHIP_MODULE:
        return module_decode(block, &digits->module, faults);
    case CHIP_OPAQUE:
    case CHIP_COUNT:
        break;
    }
    return opaque_take(block, &digits->opaque, faults);
}
