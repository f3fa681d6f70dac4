/* conditions_token.c - who may change a conditions store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/conditions_token.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/disk.h"
#include "base/text.h"
#include "catalog/ledger_record.h"

#define TOKEN_FILE  ((size_t)65536)
#define TOKEN_COUNT 256u

struct token {
    char name[LEDGER_NAME];
    struct sha256 secret;
};

struct token_list {
    size_t count;
    struct token tokens[TOKEN_COUNT];
};

static bool file_is_private(const char *path, struct err *err)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return err_errno(err, E_DISK_OPEN, errno, "%s", path);
    if ((status.st_mode & 077) != 0)
        return err_set(err, E_USAGE, "%s: others may read this secret: chmod 600 %s",
                       path, path);
    return true;
}

static bool file_read(const char *path, struct bytes *text, struct err *err)
{
    const char *ended = NULL;
    bytes_init(text, TOKEN_FILE);
    if (!file_is_private(path, err) || !disk_read_file(path, text, err))
        return false;
    return text_terminate(text, &ended, err);
}

static bool file_make(const char *path, struct err *err)
{
    char line[128];
    int length =
        snprintf(line, sizeof line, "admin %016" PRIx64 "%016" PRIx64 "%016" PRIx64 "\n",
                 clock_random_token(), clock_random_token(), clock_random_token());
    return disk_write_durable(path, line, (size_t)length, 0600, err);
}

/* "NAME SECRET" in place. */
static bool line_take(struct token_list *list, char *line, const char *path,
                      unsigned number, struct err *err)
{
    char *space = strchr(line, ' ');
    if (line[0] == '\0' || line[0] == '#')
        return true;
    if (!space)
        return err_set(err, E_USAGE, "%s:%u: a line is NAME SECRET", path, number);
    *space = '\0';
    const char *secret = space + 1;
    if (!text_is_name(line, LEDGER_NAME - 1) || strlen(secret) < TOKEN_SECRET ||
        strchr(secret, ' '))
        return err_set(
            err, E_USAGE,
            "%s:%u: the name is letters, digits and _.-, the secret %d or more "
            "characters without spaces",
            path, number, TOKEN_SECRET);
    if (list->count == TOKEN_COUNT)
        return err_set(err, E_LIMIT, "%s: more than %u tokens", path, TOKEN_COUNT);
    struct token *token = &list->tokens[list->count++];
    memcpy(token->name, line, strlen(line) + 1);
    token->secret = sha256_of(secret, strlen(secret));
    return true;
}

static bool lines_take(struct token_list *list, char *text, const char *path,
                       struct err *err)
{
    unsigned number = 1;
    for (char *line = text; *line; number++) {
        char *end = strchr(line, '\n');
        char *next = end ? end + 1 : line + strlen(line);
        if (end)
            *end = '\0';
        if (!line_take(list, line, path, number, err))
            return false;
        line = next;
    }
    return list->count > 0 || err_set(err, E_USAGE, "%s: there is no token in it", path);
}

bool token_list_open(const char *path, bool make, struct token_list **list,
                     struct err *err)
{
    struct bytes text;
    if (make && !disk_exists(path) && !file_make(path, err))
        return false;
    struct token_list *made = mem_new(1, sizeof *made);
    bool done =
        file_read(path, &text, err) && lines_take(made, (char *)text.data, path, err);
    bytes_release(&text);
    if (done)
        *list = made;
    else
        token_list_free(made);
    return done;
}

void token_list_free(struct token_list *list)
{
    free(list);
}

const char *token_list_who(const struct token_list *list, const char *secret)
{
    struct sha256 given = sha256_of(secret, strlen(secret));
    const char *who = NULL;
    for (size_t i = 0; i < list->count; i++) {
        unsigned difference = 0;
        for (size_t b = 0; b < SHA256_SIZE; b++)
            difference |= (unsigned)(given.bytes[b] ^ list->tokens[i].secret.bytes[b]);
        who = difference == 0 ? list->tokens[i].name : who;
    }
    return who;
}

bool token_read_secret(const char *path, char secret[TOKEN_LINE], struct err *err)
{
    struct bytes text;
    bool done = file_read(path, &text, err);
    if (done) {
        char *line = (char *)text.data;
        line[strcspn(line, "\r\n")] = '\0';
        const char *space = strrchr(line, ' ');
        done = text_copy(secret, TOKEN_LINE, space ? space + 1 : line, err) &&
               (secret[0] || err_set(err, E_USAGE, "%s: there is no token in it", path));
    }
    bytes_release(&text);
    return done;
}
