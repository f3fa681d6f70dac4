/* command.c - options and error lines of all commands.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "transfer/transfer.h"

static const struct command_option *option_find(const struct command_option *options,
                                                size_t count, const char *name,
                                                size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(options[i].name) == length &&
            memcmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

static bool option_set(const struct command_option *option, const char *value,
                       struct err *err)
{
    bool done = true;
    if (option->text != NULL)
        *option->text = value;
    else if (option->number != NULL)
        done = text_to_u64(value, UINT64_MAX, option->number, err);
    else
        done = text_to_real(value, option->real, err);
    return done || err_wrap(err, "--%s", option->name);
}

/* Takes the option at argv[*at]; *at is then its last word. */
static bool option_take(const struct command_option *options, size_t count, int argc,
                        char **argv, int *at, struct err *err)
{
    const char *word = argv[*at];
    const char *name = word + 2;
    size_t length = word[1] == '-' ? strcspn(name, "=") : 0;
    const struct command_option *option = option_find(options, count, name, length);
    if (option == NULL)
        return err_set(err, E_USAGE, "unknown option %s", word);
    bool joined = name[length] == '=';
    if (option->flag != NULL) {
        *option->flag = true;
        return !joined || err_set(err, E_USAGE, "--%s takes no value", option->name);
    }
    if (!joined && *at + 1 == argc)
        return err_set(err, E_USAGE, "--%s needs a value", option->name);
    return option_set(option, joined ? name + length + 1 : argv[++*at], err);
}

bool command_options(const struct command_option *options, size_t count, int *argc,
                     char **argv, struct err *err)
{
    int words = 1;
    int i = 1;
    for (; i < *argc && strcmp(argv[i], "--") != 0; i++) {
        if (argv[i][0] != '-' || argv[i][1] == 0)
            argv[words++] = argv[i];
        else if (!option_take(options, count, *argc, argv, &i, err))
            return false;
    }
    for (i++; i < *argc; i++)
        argv[words++] = argv[i];
    *argc = words;
    return true;
}

bool command_words(int argc, int least, int most, const char *what, struct err *err)
{
    if (argc - 1 < least)
        return err_set(err, E_USAGE, "%s is missing", what);
    if (argc - 1 > most)
        return err_set(err, E_USAGE, "too many words, only %s is expected", what);
    return true;
}

bool command_patience(uint64_t patience_s, struct err *err)
{
    return patience_s <= TRANSFER_PATIENCE_MAX ||
           err_set(err, E_USAGE, "--patience is at most a day");
}

int command_print(const struct bytes *out)
{
    struct err err;
    bool ended = out->size == 0 || out->data[out->size - 1] == '\n';
    if ((out->size == 0 || fwrite(out->data, 1, out->size, stdout) == out->size) &&
        (ended || fputc('\n', stdout) != EOF))
        return 0;
    (void)err_errno(&err, E_DISK_WRITE, errno, "standard output");
    return command_error(&err);
}

int command_error(const struct err *err)
{
    enum err_code code = (enum err_code)err->code;
    if (code == E_USAGE)
        (void)fprintf(stderr, "spillway: error: %s (--help tells more)\n", err->text);
    else
        (void)fprintf(stderr, "spillway: error %s: %s\n  %s\n", err_name(code), err->text,
                      err_advice(code));
    return err_exit_status(code);
}
