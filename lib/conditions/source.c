/* source.c - where conditions come from: the HSF service, a folder, or a snapshot.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/source.h"

#include "base/text.h"
#include "conditions/origin.h"

#define SOURCE_ORIGINS (SOURCE_MIRRORS + 1)
#define SOURCE_NOTES   ((size_t)65536)
#define SOURCE_CAUSE   160 /* of one origin, when all failed */

struct place {
    char *url;
    struct origin *origin; /* NULL: could not even be opened */
    struct err broken;     /* code E_NONE while it works */
    bool told;             /* a note says that it is broken */
};

struct source {
    struct place places[SOURCE_ORIGINS];
    size_t count;
    struct bytes notes;
};

/* What each place said to one question. */
struct answers {
    struct err errors[SOURCE_ORIGINS];
};

/* ---- life ---- */

static bool place_open(struct place *place, const struct source_options *options,
                       const char *url, struct err *err)
{
    const struct origin_options own = {.url = url,
                                       .payloads =
                                           url == options->url ? options->payloads : NULL,
                                       .transfer = options->transfer};
    place->url = mem_text(url);
    return origin_open(&own, &place->origin, err);
}

/* A place that cannot be opened is one that does not work, unless it is the only one. */
static bool places_open(struct source *source, const struct source_options *options,
                        struct err *err)
{
    for (size_t i = 0; i <= options->mirror_count; i++) {
        struct place *place = &source->places[source->count++];
        const char *url = i == 0 ? options->url : options->mirrors[i - 1];
        struct err cause = {0};
        if (place_open(place, options, url, &cause))
            continue;
        if (cause.code == E_URL || options->mirror_count == 0) {
            *err = cause;
            return false;
        }
        place->broken = cause;
    }
    return true;
}

bool source_open(const struct source_options *options, struct source **source,
                 struct err *err)
{
    if (options->mirror_count > SOURCE_MIRRORS)
        return err_set(err, E_USAGE, "%zu mirrors, at most %u are used",
                       options->mirror_count, SOURCE_MIRRORS);
    struct source *made = mem_new(1, sizeof *made);
    *made = (struct source){.count = 0};
    bytes_init(&made->notes, SOURCE_NOTES);
    if (places_open(made, options, err)) {
        *source = made;
        return true;
    }
    source_close(made);
    return false;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    for (size_t i = 0; i < source->count; i++) {
        origin_close(source->places[i].origin);
        free(source->places[i].url);
    }
    bytes_release(&source->notes);
    free(source);
}

/* ---- one after the other ---- */

/* Whether something before `used` is wrong that no note says yet. */
static bool is_news(struct source *source, size_t used)
{
    bool news = false;
    for (size_t i = 0; i < used; i++) {
        struct place *place = &source->places[i];
        news = news || !place->told;
        place->told = place->broken.code != E_NONE;
    }
    return news;
}

/* A note that has no room is left out: there are many others. */
static void note(struct source *source, const char *what, const struct answers *answers,
                 size_t used)
{
    struct err unused;
    struct bytes *notes = &source->notes;
    size_t before = notes->size;
    if (!is_news(source, used))
        return;
    bool fits = text_addf(notes, &unused, "%.200s: taken from %.200s, since ", what,
                          source->places[used].url);
    for (size_t i = 0; fits && i < used; i++)
        fits = text_addf(notes, &unused, "%s%.200s: %s", i > 0 ? "; " : "",
                         source->places[i].url, answers->errors[i].text);
    if (!fits || !text_add(notes, "\n", &unused) || notes->size == notes->limit)
        notes->size = before; /* the NUL needs room too */
}

/* The code is that of the first: what a mirror lacks says little. */
static bool all_failed(const struct source *source, const struct answers *answers,
                       struct err *err)
{
    char text[sizeof err->text] = "";
    size_t length = 0;
    if (source->count == 1) {
        *err = answers->errors[0];
        return false;
    }
    for (size_t i = 0; i < source->count && length < sizeof text - 1; i++) {
        int most = (int)((sizeof text - 1 - length) / (source->count - i));
        int added =
            snprintf(text + length, (size_t)most + 1, "%s%.80s: %s", i > 0 ? "; " : "",
                     source->places[i].url, answers->errors[i].text);
        length += added < most ? (size_t)added : (size_t)most;
    }
    return err_set(err, (enum err_code)answers->errors[0].code, "%s", text);
}

/* Whether the place as such is in trouble, not what it was asked for. */
static bool is_broken(const struct err *err)
{
    return err->code == E_CONDITIONS_FETCH || err->code == E_SNAPSHOT;
}

/* Whether another place may be asked: this one has no say, or says what cannot be. */
static bool may_go_on(const struct err *err)
{
    return is_broken(err) || err->code == E_CONDITIONS_REPLY;
}

static void place_failed(struct source *source, size_t i, const struct err *cause,
                         struct answers *answers)
{
    struct place *place = &source->places[i];
    answers->errors[i] = *cause;
    if (source->count > 1 && is_broken(cause))
        place->broken = *cause;
}

/* The next place that works, from `i` on; the others have given their answers before. */
static bool next_place(const struct source *source, struct answers *answers, size_t *i)
{
    for (; *i < source->count; (*i)++) {
        if (source->places[*i].broken.code == E_NONE)
            return true;
        answers->errors[*i] = source->places[*i].broken;
    }
    return false;
}

/* ---- tags ---- */

static bool believed(const struct tag *tag, size_t i, struct err *err)
{
    return i == 0 || tag->status == TAG_FROZEN ||
           err_set(err, E_CONDITIONS_REPLY,
                   "tag '%s' is not frozen there, so a mirror may have an older state",
                   tag->name);
}

bool source_read_rows(struct source *source, const char *name, struct arena *arena,
                      struct tag *tag, struct err *err)
{
    struct answers answers = {0};
    struct tag made;
    char what[TAG_NAME + 8];
    for (size_t i = 0; next_place(source, &answers, &i); i++) {
        struct err cause = {0};
        if (origin_read_rows(source->places[i].origin, name, arena, &made, &cause) &&
            believed(&made, i, &cause)) {
            (void)snprintf(what, sizeof what, "tag %s", name);
            note(source, what, &answers, i);
            *tag = made;
            return true;
        }
        place_failed(source, i, &cause, &answers);
        if (i == 0 && !may_go_on(&cause)) {
            *err = cause;
            return false;
        }
    }
    return all_failed(source, &answers, err);
}

bool source_read_tag(struct source *source, const char *name, struct arena *arena,
                     struct tag *tag, struct err *err)
{
    struct tag made;
    if (!source_read_rows(source, name, arena, &made, err) ||
        !tag_check(&made, name, err))
        return false;
    *tag = made;
    return true;
}

/* The first, for what mirrors are not asked. */
static bool first_origin(struct source *source, struct origin **origin, struct err *err)
{
    if (!source->places[0].origin) {
        *err = source->places[0].broken;
        return false;
    }
    *origin = source->places[0].origin;
    return true;
}

bool source_read_moment(struct source *source, const char *name, struct moment moment,
                        struct arena *arena, struct tag *tag, struct err *err)
{
    struct origin *origin = NULL;
    return first_origin(source, &origin, err) &&
           origin_read_moment(origin, name, moment, arena, tag, err);
}

bool source_list_tags(struct source *source, tag_seen seen, void *user, struct err *err)
{
    struct origin *origin = NULL;
    return first_origin(source, &origin, err) &&
           origin_list_tags(origin, seen, user, err);
}

/* ---- payloads ---- */

bool source_read_payload(struct source *source, const struct tag_row *row,
                         struct bytes *out, struct err *err)
{
    struct answers answers = {0};
    for (size_t i = 0; next_place(source, &answers, &i); i++) {
        struct err cause = {0};
        if (origin_read_payload(source->places[i].origin, row, out, &cause)) {
            note(source, row->url, &answers, i);
            return true;
        }
        place_failed(source, i, &cause, &answers);
    }
    return all_failed(source, &answers, err);
}

const char *source_payloads(const struct source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        if (source->places[i].broken.code == E_NONE)
            return origin_payloads(source->places[i].origin);
    }
    return NULL;
}

const char *source_notes(struct source *source)
{
    const char *text = NULL;
    struct err err;
    bug_if(!text_terminate(&source->notes, &text, &err));
    return text;
}
