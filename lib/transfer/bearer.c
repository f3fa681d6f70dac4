/* bearer.c - the bearer token that the grid's tools leave for this user.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/bearer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/json.h"

static const char blank[] = " \t\r\n";

/* The text without blanks around it; RFC 6750 says which characters a token has, so that
 * it cannot end a header line and begin another one. */
static enum lookup token_take(const char *text, struct bearer *bearer, struct err *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-._~+/=";
    const char *start = text + strspn(text, blank);
    size_t length = strspn(start, allowed);
    if (length == 0 || length >= BEARER_TOKEN ||
        start[length + strspn(start + length, blank)]) {
        (void)err_set(err, E_BEARER, "%s holds no bearer token", bearer->place);
        return LOOKUP_FAILED;
    }
    memcpy(bearer->token, start, length);
    bearer->token[length] = '\0';
    return LOOKUP_FOUND;
}

/* The owner and mode that keep it a secret of this user. */
static bool file_is_private(int fd, const struct bearer_places *places, const char *path,
                            struct err *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return err_errno(err, E_BEARER, errno, "%s", path);
    if (!S_ISREG(status.st_mode))
        return err_set(err, E_BEARER, "%s is no regular file", path);
    if (status.st_uid != places->uid && status.st_uid != 0)
        return err_set(err, E_BEARER, "%s belongs to user %u, not to you", path,
                       (unsigned)status.st_uid);
    if ((status.st_mode & 077) != 0)
        return err_set(err, E_BEARER, "%s: others may read it (mode %03o)", path,
                       (unsigned)status.st_mode & 0777u);
    return true;
}

static enum lookup file_read(int fd, struct bearer *bearer, struct err *err)
{
    char text[BEARER_TOKEN + 64]; /* blanks around it */
    size_t used = 0;
    ssize_t got = 1;
    while (got > 0 && used + 1 < sizeof text) {
        got = read(fd, text + used, sizeof text - 1 - used);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            break;
        else
            used += (size_t)got;
    }
    text[used] = '\0';
    if (got < 0) {
        (void)err_errno(err, E_BEARER, errno, "%s", bearer->place);
        return LOOKUP_FAILED;
    }
    return token_take(strlen(text) == used ? text : "", bearer, err);
}

/* `chosen`: the user named this very file, so it must be there and may be a link. */
static enum lookup file_find(const char *path, bool chosen,
                             const struct bearer_places *places, struct bearer *bearer,
                             struct err *err)
{
    (void)snprintf(bearer->place, sizeof bearer->place, "%s", path);
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (chosen ? 0 : O_NOFOLLOW);
    int fd = open(path, flags);
    if (fd < 0 && errno == ENOENT && !chosen)
        return LOOKUP_ABSENT;
    if (fd < 0) {
        (void)err_errno(err, E_BEARER, errno, "%s", path);
        return LOOKUP_FAILED;
    }
    enum lookup found = file_is_private(fd, places, path, err)
                            ? file_read(fd, bearer, err)
                            : LOOKUP_FAILED;
    (void)close(fd);
    return found;
}

static bool is_set(const char *value)
{
    return value && *value;
}

enum lookup bearer_find(const struct bearer_places *places, struct bearer *bearer,
                        struct err *err)
{
    char path[BEARER_PLACE];
    if (is_set(places->token)) {
        (void)snprintf(bearer->place, sizeof bearer->place, "$BEARER_TOKEN");
        return token_take(places->token, bearer, err);
    }
    if (is_set(places->file))
        return file_find(places->file, true, places, bearer, err);
    if (is_set(places->runtime)) {
        int length = snprintf(path, sizeof path, "%s/bt_u%u", places->runtime,
                              (unsigned)places->uid);
        enum lookup found = length < (int)sizeof path
                                ? file_find(path, false, places, bearer, err)
                                : LOOKUP_ABSENT;
        if (found != LOOKUP_ABSENT)
            return found;
    }
    (void)snprintf(path, sizeof path, "/tmp/bt_u%u", (unsigned)places->uid);
    return file_find(path, false, places, bearer, err);
}

/* ---- what a token says of itself ---- */

/* The value of a letter of base64url, 64 for any other. */
static unsigned letter_value(char letter)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *place = letter ? strchr(letters, letter) : NULL;
    return place ? (unsigned)(place - letters) : 64;
}

/* As many bytes as whole ones are in `length` letters; false when one is no letter. */
static bool base64url_read(const char *text, size_t length, struct bytes *out)
{
    struct err unused;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned value = letter_value(text[i]);
        if (value == 64)
            return false;
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            uint8_t byte = (uint8_t)(bits >> count);
            if (!bytes_append(out, &byte, 1, &unused))
                return false;
        }
    }
    return true;
}

static bool expiry_of(const struct json *claims, int64_t *expires_s)
{
    double seconds = 0;
    const struct json *value = json_get(claims, "exp");
    if (json_i64(value, expires_s))
        return true;
    if (!json_real(value, &seconds) || !(seconds > -1e15 && seconds < 1e15))
        return false;
    *expires_s = (int64_t)seconds;
    return true;
}

/* A JWT is three parts with dots between, the second one its claims. */
static bool token_expiry(const char *token, int64_t *expires_s)
{
    struct bytes text;
    struct json *claims = NULL;
    struct err unused;
    const char *first = strchr(token, '.');
    const char *second = first ? strchr(first + 1, '.') : NULL;
    if (!second)
        return false;
    bytes_init(&text, BEARER_TOKEN);
    bool known = base64url_read(first + 1, (size_t)(second - first - 1), &text) &&
                 json_parse(text.data, text.size, "token", &claims, &unused) &&
                 expiry_of(claims, expires_s);
    json_free(claims);
    bytes_release(&text);
    return known;
}

void bearer_blame(const char *token, const char *place, int64_t now_s, struct err *err)
{
    int64_t expires_s = 0;
    char text[32] = "";
    struct tm parts;
    if (!token_expiry(token, &expires_s) || expires_s > now_s)
        return;
    time_t time = (time_t)expires_s;
    if (gmtime_r(&time, &parts))
        (void)strftime(text, sizeof text, " on %Y-%m-%d %H:%M:%S UTC", &parts);
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used,
                   "; the token of %.160s expired%s: get a new one", place, text);
}
