/* setup_text.c - set-ups as named texts of the catalog.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/setup_text.h"

#include <stdio.h>

#include "base/json.h"

#define SETUP_TEXT_LIMIT 4096

static void text_name(const char *setup, char out[64])
{
    (void)snprintf(out, 64, "setup/%.48s", setup);
}

static bool setup_read(const struct json *document, const char *name,
                       struct setup_text *setup, struct err *err)
{
    const struct json *eot = json_get(document, "eot");
    int64_t source;
    int64_t word;
    *setup = (struct setup_text){.eot_known = eot != NULL};
    if (eot == NULL)
        return true;
    if (!json_i64(json_get(eot, "source"), &source) ||
        !json_i64(json_get(eot, "scaler_word"), &word) ||
        !json_real(json_get(eot, "scale"), &setup->eot.scale) || source < 0 ||
        source > 1023 || word < 0 || word >= (int64_t)SCALER_WORDS)
        return err_set(err, E_MODEL, "set-up %s: its EOT definition is damaged", name);
    setup->eot.source = (uint32_t)source;
    setup->eot.scaler_word = (uint32_t)word;
    return true;
}

enum lookup setup_text_get(struct catalog_txn *txn, const char *name,
                           struct setup_text *setup, struct err *err)
{
    char key[64];
    struct bytes text;
    struct json *document;
    text_name(name, key);
    bytes_init(&text, SETUP_TEXT_LIMIT);
    enum lookup found = catalog_get_text(txn, key, &text, err);
    if (found == LOOKUP_FOUND) {
        found = LOOKUP_FAILED;
        if (json_parse(text.data, text.size, key, &document, err)) {
            found = setup_read(document, name, setup, err) ? LOOKUP_FOUND : LOOKUP_FAILED;
            json_free(document);
        }
    }
    bytes_release(&text);
    return found;
}

bool setup_text_put(struct catalog_txn *txn, const char *name,
                    const struct setup_text *setup, struct err *err)
{
    char key[64];
    struct bytes text;
    struct json_writer json;
    text_name(name, key);
    bytes_init(&text, SETUP_TEXT_LIMIT);
    json_begin(&json, &text);
    json_open_object(&json, NULL);
    if (setup->eot_known) {
        json_open_object(&json, "eot");
        json_put_u64(&json, "source", setup->eot.source);
        json_put_u64(&json, "scaler_word", setup->eot.scaler_word);
        json_put_real(&json, "scale", setup->eot.scale);
        json_close_object(&json);
    }
    json_close_object(&json);
    bool done =
        json_end(&json, err) && catalog_put_text(txn, key, text.data, text.size, err);
    bytes_release(&text);
    return done;
}
