/* folder_fixture.h - a folder of conditions for tests, and payloads to put into it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_TESTS_UNIT_CONDITIONS_FOLDER_FIXTURE_H
#define SPILLWAY_TESTS_UNIT_CONDITIONS_FOLDER_FIXTURE_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/text.h"
#include "transfer/transfer.h"

#define GAIN(reference)                                                                      \
    "spillway-table 1\ntype calo_gain\nsource ours\nsynthetic yes\nled_reference " reference \
    "\ncolumns detector:name x:count y:count gain_gev_per_count:real\n"                      \
    "ECAL0 0 0 0.01\nend\n"
#define REFERENCE(id)                                                                    \
    "spillway-table 1\ntype led_reference\nsource ours\nsynthetic yes\nid " id           \
    "\ncolumns detector:name x:count y:count amplitude_counts:real\nECAL0 0 0 800\nend\n"

static char folder[] = "/tmp/conditions_test.XXXXXX";

static inline int start(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static inline int stop(void **state)
{
    (void)state;
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static inline void put(const char *name, const char *text)
{
    char path[PATH_MAX];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!transfer_put(path, text, strlen(text), 0644, &err))
        fail_msg("%s", err.text);
}

/* One row of a tag file for a payload that is put as well. */
struct row {
    const char *type, *url, *text;
    unsigned from, to; /* runs, to 0: open */
};

/* Below `place`, "" or "FOLDER/". */
static inline void put_tag_at(const char *place, const char *name, const char *status,
                              const struct row *rows, size_t count)
{
    struct bytes text;
    const char *all = NULL;
    char path[128];
    struct err err = {0};
    bytes_init(&text, 65536);
    assert_true(text_addf(
        &text, &err, "{\"name\":\"%s\",\"status\":\"%s\",\"payloads\":[", name, status));
    for (size_t i = 0; i < count; i++) {
        char hex[SHA256_HEX];
        struct sha256 hash = sha256_of(rows[i].text, strlen(rows[i].text));
        sha256_to_hex(&hash, hex);
        assert_true(text_addf(&text, &err,
                              "%s{\"payload_type_name\":\"%s\",\"payload_url\":\"%s\","
                              "\"checksum\":\"%s\",\"size\":%zu,\"major_iov\":%u,"
                              "\"minor_iov\":0",
                              i > 0 ? "," : "", rows[i].type, rows[i].url, hex,
                              strlen(rows[i].text), rows[i].from));
        if (rows[i].to > 0)
            assert_true(text_addf(
                &text, &err, ",\"major_iov_end\":%u,\"minor_iov_end\":0", rows[i].to));
        assert_true(text_add(&text, "}", &err));
        (void)snprintf(path, sizeof path, "%spayloads/%s", place, rows[i].url);
        put(path, rows[i].text);
    }
    assert_true(text_add(&text, "]}", &err));
    assert_true(text_terminate(&text, &all, &err));
    (void)snprintf(path, sizeof path, "%stags/%s.json", place, name);
    put(path, all);
    bytes_release(&text);
}

static inline void put_tag(const char *name, const char *status, const struct row *rows,
                           size_t count)
{
    put_tag_at("", name, status, rows, count);
}

#endif
