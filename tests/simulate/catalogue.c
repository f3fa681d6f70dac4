/* catalogue.c - lines of runs.yaml.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/catalogue.h"

#include <inttypes.h>

#include "base/text.h"
#include "tests/simulate/encode.h"
#include "tests/simulate/layout.h"

#define TEXT_LIMIT ((size_t)1 << 20)

static bool text_give(struct sink *sink, struct bytes *text, bool made, struct err *err)
{
    bool done = made && sink_add(sink, text->data, text->size, err);
    bytes_release(text);
    return done;
}

bool catalogue_head(struct sink *sink, struct err *err)
{
    struct bytes text;
    bytes_init(&text, TEXT_LIMIT);
    bool made = text_addf(&text, err,
                          "# SYNTHETIC: made by spillway-simulate\n"
                          "setups:\n"
                          "  - name: " LAYOUT_SETUP "\n"
                          "    eot: {source: %d, scaler_word: %d, scale: 1.0}\n"
                          "runs:\n",
                          ENCODE_SCALER_SOURCE, ENCODE_SCALER_WORD);
    return text_give(sink, &text, made, err);
}

bool catalogue_run_add(struct sink *sink, const struct catalogue_run *run,
                       struct err *err)
{
    struct bytes text;
    bytes_init(&text, TEXT_LIMIT);
    bool made = text_addf(&text, err,
                          "  - run: %" PRIu32 "\n"
                          "    period: 2022-sim\n"
                          "    setup: " LAYOUT_SETUP "\n"
                          "    particle: electron\n"
                          "    momentum_gev: 100\n"
                          "    type: physics\n"
                          "    origin: data\n"
                          "    quality: good\n"
                          "    synthetic: true\n"
                          "    start_s: %" PRId64 "\n"
                          "    stop_s: %" PRId64 "\n"
                          "    chunks:\n",
                          run->run, run->start_s, run->stop_s);
    return text_give(sink, &text, made, err);
}

bool catalogue_chunks_add(struct sink *sink, const struct chunk *chunks, size_t count,
                          struct err *err)
{
    struct bytes text;
    bytes_init(&text, TEXT_LIMIT);
    bool made = true;
    for (size_t i = 0; made && i < count; i++) {
        char name[CHUNK_NAME];
        chunk_name(&chunks[i].id, name);
        made = text_addf(&text, err,
                         "      - {file: raw/%s, size: %" PRIu64 ", adler32: \"%08" PRIx32
                         "\"}\n",
                         name, chunks[i].size, chunks[i].adler32);
    }
    return text_give(sink, &text, made, err);
}
