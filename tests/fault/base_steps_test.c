/* base_steps_test.c - files, JSON, hashes and gzip with each of their steps failing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fault/operation.h"

#include "base/arena.h"
#include "base/deflate.h"
#include "base/json.h"
#include "base/text.h"

#define LIMIT ((size_t)1 << 20)

static const char list[] = "{\"runs\": [5001, 5002, 5003], \"name\": \"a list\"}\n";

static const char *below(const char *folder, const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *path, const char *text)
{
    struct err err;
    if (!disk_write_durable(path, text, strlen(text), 0644, &err))
        fail_msg("%s", err.text);
}

/* Runs and sum are older than the list. */
static void before(const char *folder)
{
    put(below(folder, "list.json"), list);
    put(below(folder, "runs"), "5001\n");
    put(below(folder, "sum"), "old\n");
}

static bool runs_of(const struct json *document, struct bytes *out, struct err *err)
{
    struct json_writer writer;
    struct arena arena;
    const struct json *runs = json_get(document, "runs");
    json_begin(&writer, out);
    json_open_array(&writer, NULL);
    arena_init(&arena, LIMIT);
    for (size_t i = 0; i < json_count(runs); i++) {
        int64_t *run;
        void *memory;
        if (!arena_take(&arena, 1, sizeof *run, &memory, err))
            return false;
        run = memory;
        if (!json_i64(json_at(runs, i), run))
            return err_set(err, E_JSON, "no number");
        json_put_i64(&writer, NULL, *run + 1);
    }
    json_close_array(&writer);
    arena_release(&arena);
    return json_end(&writer, err);
}

static struct sha256 hash_of(const struct bytes *bytes)
{
    struct sha256_stream *stream = sha256_new();
    sha256_add(stream, bytes->data, bytes->size);
    struct sha256 hash = sha256_end(stream);
    sha256_free(stream);
    return hash;
}

static bool run(const char *folder, struct err *err)
{
    struct bytes text, out, packed;
    struct json *document;
    char hex[SHA256_HEX], temporary[128];
    bytes_init(&text, LIMIT);
    bytes_init(&out, LIMIT);
    bytes_init(&packed, LIMIT);
    (void)snprintf(temporary, sizeof temporary, "%s/sum.new", folder);
    if (!disk_read_file(below(folder, "list.json"), &text, err) ||
        !json_parse(text.data, text.size, "list.json", &document, err) ||
        !runs_of(document, &out, err) || !deflate_gzip(out.data, out.size, &packed, err))
        return false;
    json_free(document);
    struct sha256 hash = hash_of(&packed);
    struct sha256 whole = sha256_of(out.data, out.size);
    hash.bytes[0] = whole.bytes[0];
    sha256_to_hex(&hash, hex);
    bool done =
        disk_write_durable(below(folder, "runs"), out.data, out.size, 0644, err) &&
        disk_make_path(below(folder, "a/b"), err) &&
        disk_write_durable(below(folder, "a/b/gz"), packed.data, packed.size, 0644,
                           err) &&
        disk_write_alone(below(folder, "sum"), temporary, hex, sizeof hex - 1, 0644, err);
    bytes_release(&text);
    bytes_release(&out);
    bytes_release(&packed);
    return done;
}

/* What is written beside the name. */
static enum operation_care care(const char *name)
{
    bool beside = strstr(name, ".tmp-") != NULL || strcmp(name, "sum.new") == 0;
    return beside ? CARE_MADE : CARE_WHOLE;
}

static void any_step_of_base_may_fail(void **state)
{
    static const struct operation operation = {.name = "base",
                                               .before = before,
                                               .run = run,
                                               .care = care,
                                               .least = {3, 6, 10, 0}};
    (void)state;
    operation_each_step(&operation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_base_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
