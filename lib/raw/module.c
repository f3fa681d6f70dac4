/* module.c - the words of first-event-of-run blocks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/module.h"

#include <stdlib.h>

#include "raw/word.h"

#define PORT_MARK (3u << 26) /* set in every port word */

void module_digits_init(struct module_digits *digits)
{
    *digits = (struct module_digits){.rows = mem_new(MODULE_MAX, sizeof *digits->rows)};
}

void module_digits_release(struct module_digits *digits)
{
    free(digits->rows);
    *digits = (struct module_digits){.count = 0};
}

void module_digits_clear(struct module_digits *digits)
{
    digits->count = 0;
}

static void ports_load(const struct slink_block *block, struct module *module,
                       struct faults *faults)
{
    for (uint32_t i = 0; i < MODULE_PORTS; i++) {
        uint32_t at = MODULE_WORDS - MODULE_PORTS + i;
        uint32_t word = word_at(block, at);
        if ((word & PORT_MARK) != PORT_MARK)
            fault_marked(faults, block, DAMAGE_CHIP_MARK, at);
        module->ports[i] = (struct module_port){.serial = (uint16_t)word,
                                                .geo = (uint16_t)(word >> 16 & 0x3FF),
                                                .port = (uint8_t)(word >> 28)};
    }
}

bool module_decode(const struct slink_block *block, struct module_digits *digits,
                   struct faults *faults)
{
    if (block->count < MODULE_WORDS)
        return fault_lost(faults, block, DAMAGE_CHIP_SIZE, 0, block->count);
    if (digits->count == MODULE_MAX)
        return fault_lost(faults, block, DAMAGE_DIGITS_FULL, 0, block->count);
    uint32_t first = word_at(block, 0), revision = word_at(block, 1);
    uint32_t early = word_at(block, 2), late = word_at(block, 3);
    struct module *module = &digits->rows[digits->count++];
    *module = (struct module){
        .source = block->source,
        .serial = (uint16_t)(first >> 16),
        .ram = (first & 1) != 0,
        .cards = (uint8_t)(first >> 12 & 15),
        .card = {(uint16_t)(early >> 16), (uint16_t)early, (uint16_t)(late >> 16),
                 (uint16_t)late},
    };
    for (uint32_t i = 0; i < 4; i++)
        module->revision[i] = (uint8_t)(revision >> 8 * i);
    ports_load(block, module, faults);
    return true;
}

bool module_encode(const struct module *module, struct bytes *words, struct err *err)
{
    uint32_t revision = 0;
    for (uint32_t i = 0; i < 4; i++)
        revision |= (uint32_t)module->revision[i] << 8 * i;
    if (!word_add(words,
                  (module->ram ? 1u : 0) | (uint32_t)module->cards << 12 |
                      (uint32_t)module->serial << 16,
                  err) ||
        !word_add(words, revision, err))
        return false;
    for (uint32_t i = 0; i < MODULE_CARDS; i += 2)
        if (!word_add(words, (uint32_t)module->card[i] << 16 | module->card[i + 1], err))
            return false;
    for (uint32_t i = 0; i < MODULE_PORTS; i++) {
        const struct module_port *port = &module->ports[i];
        if (!word_add(words,
                      port->serial | (uint32_t)port->geo << 16 | PORT_MARK |
                          (uint32_t)port->port << 28,
                      err))
            return false;
    }
    return true;
}
