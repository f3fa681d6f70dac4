/* command_test.c - options in any place, and what is refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct taken {
    bool json;
    const char *name;
    uint64_t run;
    double part;
};

static bool parse(struct taken *taken, int *argc, const char **words, struct err *err)
{
    static char copy[8][64];
    static char *argv[9];
    for (int i = 0; i < *argc; i++) {
        memcpy(copy[i], words[i], strlen(words[i]) + 1);
        argv[i] = copy[i];
    }
    const struct command_option options[] = {
        {.name = "json", .flag = &taken->json},
        {.name = "name", .text = &taken->name},
        {.name = "run", .number = &taken->run},
        {.name = "part", .real = &taken->part},
    };
    bool done = command_options(options, 4, argc, argv, err);
    for (int i = 0; done && i < *argc; i++)
        words[i] = argv[i];
    return done;
}

static void options_are_found_between_words(void **state)
{
    (void)state;
    struct taken taken = {0};
    struct err err;
    const char *words[] = {"runs", "a", "--json", "--run", "9", "b", "--name=x=y"};
    int argc = 7;
    assert_true(parse(&taken, &argc, words, &err));
    assert_true(taken.json);
    assert_string_equal(taken.name, "x=y");
    assert_int_equal(taken.run, 9);
    assert_int_equal(argc, 3);
    assert_string_equal(words[1], "a");
    assert_string_equal(words[2], "b");
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct taken taken = {0};
    struct err err;
    const char *words[] = {"runs", "--part=0.5", "--", "--json", "-"};
    int argc = 5;
    assert_true(parse(&taken, &argc, words, &err));
    assert_false(taken.json);
    assert_true(taken.part > 0.49 && taken.part < 0.51);
    assert_int_equal(argc, 3);
    assert_string_equal(words[1], "--json");
    assert_string_equal(words[2], "-");
}

static void wrong_options_are_usage_errors(void **state)
{
    (void)state;
    static const char *const wrong[] = {"--jso",      "--json=1", "-json", "--run",
                                        "--run=nine", "--run=-1", "--",    "---json"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct taken taken = {0};
        struct err err = {0};
        const char *words[] = {"runs", wrong[i]};
        int argc = 2;
        bool done = parse(&taken, &argc, words, &err);
        assert_int_equal(done, strcmp(wrong[i], "--") == 0);
        if (!done)
            assert_int_equal(err_exit_status((enum err_code)err.code), 2);
    }
}

static void a_missing_or_extra_word_is_named(void **state)
{
    (void)state;
    struct err err;
    assert_true(command_words(2, 1, 1, "one run", &err));
    assert_false(command_words(1, 1, 1, "one run", &err));
    assert_non_null(strstr(err.text, "one run"));
    assert_false(command_words(3, 1, 1, "one run", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_found_between_words),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(wrong_options_are_usage_errors),
        cmocka_unit_test(a_missing_or_extra_word_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
