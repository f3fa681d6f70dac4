/* service.c - the read API of nopayloaddb.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/service.h"

#include <inttypes.h>

#include "base/text.h"

#define SERVICE_URL ((size_t)2048)

static bool fetch_failed(const struct http_response *response, const char *name,
                         struct err *err)
{
    struct err cause = *err;
    if (name && response->status == 404 && response->is_json)
        return err_set(err, E_TAG_UNKNOWN, "the conditions service has no tag '%s'",
                       name);
    return err_set(err, E_CONDITIONS_FETCH, "conditions service: %.400s", cause.text);
}

static bool parse_body(const struct bytes *body, const char *url, bool is_json,
                       struct json **document, struct err *err)
{
    struct err cause = {0};
    if (!is_json)
        return err_set(err, E_CONDITIONS_REPLY, "%s: the answer is not JSON", url);
    return json_parse(body->data, body->size, url, document, &cause) ||
           err_set(err, E_CONDITIONS_REPLY, "%.400s", cause.text);
}

/* GET base/path, where `path` is already encoded; `name` is the tag that a 404 means. */
static bool get_json(const struct service *service, const char *path, const char *name,
                     struct json **document, struct err *err)
{
    char url[SERVICE_URL];
    struct bytes body;
    struct http_response response;
    int length = snprintf(url, sizeof url, "%s/%s", service->base, path);
    if (length < 0 || (size_t)length >= sizeof url)
        return err_set(err, E_URL, "%.100s...: the URL is too long", service->base);
    bytes_init(&body, TAG_JSON);
    bool done = transfer_get(service->transfer, url, TAG_JSON, &body, &response, err);
    done = done ? parse_body(&body, url, response.is_json, document, err)
                : fetch_failed(&response, name, err);
    bytes_release(&body);
    return done;
}

bool service_read_tag(const struct service *service, const char *name,
                      struct arena *arena, struct tag *tag, struct err *err)
{
    char path[TAG_NAME + 32];
    struct json *document = NULL;
    (void)snprintf(path, sizeof path, "globalTag/%s", name);
    if (!get_json(service, path, name, &document, err))
        return false;
    bool done = tag_read_dump(document, path, arena, tag, err);
    if (done && strcmp(tag->name, name) != 0)
        done = err_set(err, E_CONDITIONS_REPLY, "asked for tag '%s', got '%s'", name,
                       tag->name);
    json_free(document);
    return done;
}

/* The cheap question; older services ignore `light` and send the whole tag. */
static bool tag_exists(const struct service *service, const char *name, struct err *err)
{
    char path[TAG_NAME + 32];
    struct json *document = NULL;
    (void)snprintf(path, sizeof path, "globalTag/%s?light=1", name);
    if (!get_json(service, path, name, &document, err))
        return false;
    json_free(document);
    return true;
}

static void drop_ended(struct tag *tag, struct moment moment)
{
    size_t kept = 0;
    for (size_t i = 0; i < tag->count; i++) {
        if (interval_holds(tag->rows[i].interval, moment))
            tag->rows[kept++] = tag->rows[i];
    }
    tag->count = kept;
}

bool service_read_moment(const struct service *service, const char *name,
                         struct moment moment, struct arena *arena, struct tag *tag,
                         struct err *err)
{
    char path[TAG_NAME + 128];
    struct json *document = NULL;
    struct tag made = {0};
    /* The slash before '?' matters: without it the service answers 301 and nothing. */
    (void)snprintf(path, sizeof path,
                   "payloadiovs/?gtName=%s&majorIOV=%" PRId64 "&minorIOV=%" PRId64, name,
                   moment.run, moment.spill);
    if (!get_json(service, path, NULL, &document, err))
        return false;
    bool done = tag_read_point(document, path, arena, &made, err);
    if (done && made.count == 0)
        done = tag_exists(service, name, err);
    json_free(document);
    if (!done)
        return false;
    drop_ended(&made, moment);
    *tag = made;
    return text_copy(tag->name, sizeof tag->name, name, err);
}

static bool list_row(const struct json *row, struct tag_listing *listing, struct err *err)
{
    const char *name = NULL;
    const char *status = NULL;
    *listing = (struct tag_listing){.rows = -1};
    if (!json_text(json_get(row, "name"), &name) ||
        !json_text(json_get(row, "status"), &status) || strlen(name) >= TAG_NAME)
        return err_set(err, E_CONDITIONS_REPLY,
                       "globalTags: a row without name or status");
    listing->status = tag_status_from(status);
    (void)json_i64(json_get(row, "payload_iov_count"), &listing->rows);
    return text_copy(listing->name, sizeof listing->name, name, err);
}

bool service_list_tags(const struct service *service, tag_seen seen, void *user,
                       struct err *err)
{
    struct json *document = NULL;
    struct tag_listing listing;
    if (!get_json(service, "globalTags", NULL, &document, err))
        return false;
    bool done = json_is_array(document) ||
                err_set(err, E_CONDITIONS_REPLY, "globalTags: the answer is no list");
    for (size_t i = 0; done && i < json_count(document); i++)
        done = list_row(json_at(document, i), &listing, err) && seen(user, &listing, err);
    json_free(document);
    return done;
}

bool service_payload_base(const struct service *service, struct bytes *base,
                          struct err *err)
{
    const char *setting = "CDB_PAYLOAD_BASE_URL";
    const char *value = NULL;
    struct json *document = NULL;
    bytes_clear(base);
    if (!get_json(service, "user_settings/CDB_PAYLOAD_BASE_URL/", NULL, &document, err))
        return err_wrap(err, "no address of payloads");
    bool done = json_text(json_get(document, setting), &value) &&
                (strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0);
    done = done ? text_add(base, value, err)
                : err_set(err, E_CONDITIONS_REPLY,
                          "the service's %s is no http or https URL", setting);
    json_free(document);
    return done;
}
