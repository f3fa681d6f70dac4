/* campaign_file.c - reading the values of campaign.yaml.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/campaign_file.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/source.h"
#include "coordinator/campaign_rules.h"
#include "coordinator/config_value.h"
#include "coordinator/orders.h"
#include "model/quantity.h"
#include "model/setup_name.h"

#define SECOND_NS ((int64_t)1000000000)

/* See "Sizing" in the README for why. */
#define TASK_S 60

/* With less an executor does what fits into the memory that it has anyhow. */
#define MEMORY_LEAST_MB 16

/* For which an approval holds, unless the file says it. */
#define GATE_DAYS      30
#define GATE_DAYS_MOST 3650

static bool words_take(const struct config_words *words, struct arena *arena,
                       const char *const **list, uint32_t *count, struct err *err)
{
    void *memory;
    if (!arena_take(arena, words->list_count, sizeof(char *), &memory, err))
        return false;
    const char **taken = memory;
    for (unsigned i = 0; i < words->list_count; i++) {
        taken[i] = arena_text(arena, words->list[i]);
        if (taken[i] == NULL)
            return err_set(err, E_LIMIT, "the words of the campaign file are too large");
    }
    *list = taken;
    *count = words->list_count;
    return true;
}

static bool ranges_read(const struct config_file *file, const struct config_words *words,
                        struct arena *arena, struct selection *selection, struct err *err)
{
    struct err inner;
    void *memory;
    if (!arena_take(arena, words->list_count, sizeof(struct run_range), &memory, err))
        return false;
    struct run_range *ranges = memory;
    for (unsigned i = 0; i < words->list_count; i++)
        if (!run_range_read(words->list[i], &ranges[i], &inner))
            return config_fail(file, "runs", words->list[i], err,
                               "expected RUN or FIRST-LAST");
    selection->runs = ranges;
    selection->run_count = words->list_count;
    return true;
}

static bool type_bit(const char *word, uint32_t *bit)
{
    enum run_type type;
    if (!run_type_from(word, &type))
        return false;
    *bit = 1u << type;
    return true;
}

static bool origin_bit(const char *word, uint32_t *bit)
{
    enum run_origin origin;
    if (!run_origin_from(word, &origin))
        return false;
    *bit = 1u << origin;
    return true;
}

static bool quality_bit(const char *word, uint32_t *bit)
{
    enum run_quality quality;
    if (!run_quality_from(word, &quality))
        return false;
    *bit = 1u << quality;
    return true;
}

struct mask {
    const char *key;
    const struct config_words *words;
    bool (*bit)(const char *word, uint32_t *bit);
    uint32_t *target; /* holds the default */
};

static bool mask_read(const struct config_file *file, const struct mask *mask,
                      struct err *err)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < mask->words->list_count; i++) {
        const char *word = mask->words->list[i];
        uint32_t bit;
        if (word[0] == 0 || !mask->bit(strcmp(word, "unknown") == 0 ? "" : word, &bit))
            return config_fail(file, mask->key, word, err, "unknown word");
        bits |= bit;
    }
    if (mask->words->list_count > 0)
        *mask->target = bits;
    return true;
}

static bool select_read(const struct config_file *file,
                        const struct config_select *select, struct arena *arena,
                        struct selection *out, struct err *err)
{
    *out = (struct selection){.types = 1u << RUN_TYPE_PHYSICS,
                              .origins = 1u << RUN_ORIGIN_DATA,
                              .qualities = 1u << RUN_QUALITY_GOOD |
                                           1u << RUN_QUALITY_UNSTABLE |
                                           1u << RUN_QUALITY_UNKNOWN};
    const struct mask masks[] = {
        {"types", &select->types, type_bit, &out->types},
        {"origin", &select->origin, origin_bit, &out->origins},
        {"quality", &select->quality, quality_bit, &out->qualities}};
    for (size_t i = 0; i < 3; i++)
        if (!mask_read(file, &masks[i], err))
            return false;
    return ranges_read(file, &select->runs, arena, out, err) &&
           words_take(&select->periods, arena, &out->periods.list, &out->periods.count,
                      err) &&
           words_take(&select->setups, arena, &out->setups.list, &out->setups.count,
                      err) &&
           words_take(&select->particle, arena, &out->particles.list,
                      &out->particles.count, err);
}

static bool events_bit(const char *word, uint32_t *bit)
{
    if (strcmp(word, "physics") == 0)
        *bit = 1u << EVENT_PHYSICS;
    else if (strcmp(word, "calibration") == 0)
        *bit = 1u << EVENT_CALIBRATION;
    else
        return false;
    return true;
}

static bool cut_read(const struct config_file *file, const struct config_cut *cut,
                     struct skim_cut *out, struct err *err)
{
    *out = (struct skim_cut){.minimum = -HUGE_VAL, .maximum = HUGE_VAL};
    if (!quantity_find(cut->quantity, NULL))
        return config_fail(file, "quantity", cut->quantity, err, "no such quantity");
    return config_name(file, "quantity", cut->quantity, out->quantity,
                       sizeof out->quantity, err) &&
           config_real(file, "min", cut->min, &out->minimum, err) &&
           config_real(file, "max", cut->max, &out->maximum, err);
}

static bool skim_read(const struct config_file *file, const struct config_skim *skim,
                      struct skim *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    out->event_types = 1u << EVENT_PHYSICS;
    const struct mask events = {"events", &skim->events, events_bit, &out->event_types};
    if (!config_name(file, "name", skim->name, out->name, sizeof out->name, err) ||
        !mask_read(file, &events, err) ||
        !config_real(file, "fraction", skim->fraction, &out->fraction, err))
        return false;
    if (strcmp(skim->kind, "all") == 0)
        out->kind = SKIM_ALL;
    else if (strcmp(skim->kind, "random") == 0)
        out->kind = SKIM_RANDOM;
    else if (strcmp(skim->kind, "cuts") == 0)
        out->kind = SKIM_CUTS;
    else
        return config_fail(file, "kind", skim->kind, err, "all, random or cuts");
    if ((out->kind == SKIM_RANDOM) != (skim->fraction != NULL))
        return config_fail(file, "kind", skim->kind, err,
                           "fraction is for kind random, and needed there");
    if (skim->cuts_count > RECIPE_CUTS)
        return config_fail(file, "cuts", NULL, err, "too many cuts in one skim");
    for (unsigned i = 0; i < skim->cuts_count; i++)
        if (!cut_read(file, &skim->cuts[i], &out->cuts[i], err))
            return false;
    out->cut_count = skim->cuts_count;
    return true;
}

static int skim_compare(const void *a, const void *b)
{
    const struct skim *left = a;
    const struct skim *right = b;
    return strcmp(left->name, right->name);
}

static bool setup_read(const struct config_file *file, const char *word,
                       struct recipe *recipe, struct err *err)
{
    char wanted[256] = "this release has no such set-up, only";
    const char *name;
    if (!config_name(file, "setup", word, recipe->setup, sizeof recipe->setup, err))
        return false;
    if (setup_name_known(recipe->setup))
        return true;
    for (uint32_t i = 0; (name = setup_name_at(i)) != NULL; i++) {
        size_t used = strlen(wanted);
        (void)snprintf(wanted + used, sizeof wanted - used, " %s", name);
    }
    return config_fail(file, "setup", word, err, wanted);
}

static bool recipe_read(const struct config_file *file,
                        const struct config_campaign *config, struct recipe *recipe,
                        struct err *err)
{
    struct err inner;
    char name[RECIPE_NAME] = "";
    recipe->reconstruct = config->reconstruct != NULL;
    if (recipe->reconstruct && !setup_read(file, config->reconstruct->setup, recipe, err))
        return false;
    if (recipe->reconstruct && config->conditions == NULL)
        return config_fail(file, "reconstruct", NULL, err, "conditions are needed");
    if (config->skims_count > RECIPE_SKIMS)
        return config_fail(file, "skims", NULL, err, "too many skims");
    for (unsigned i = 0; i < config->skims_count; i++)
        if (!skim_read(file, &config->skims[i], &recipe->skims[i], err))
            return false;
    recipe->skim_count = config->skims_count;
    qsort(recipe->skims, recipe->skim_count, sizeof recipe->skims[0], skim_compare);
    if (recipe_check(recipe, &inner))
        return true;
    const char *skim = strncmp(inner.text, "skim ", 5) == 0 ? inner.text + 5 : "";
    size_t length = strcspn(skim, ":");
    if (length < sizeof name)
        memcpy(name, skim, length);
    return err_set(err, E_CONFIG, "%s:%u: %.400s", file->path,
                   config_line(file, config_line(file, 1, "skims", NULL), "name", name),
                   inner.text);
}

/* Absolute form of a path that starts at `folder` unless it is absolute. */
static bool path_absolute(const struct config_file *file, const char *key,
                          const char *folder, const char *path, char out[TASK_URL],
                          struct err *err)
{
    int length = path[0] == '/' ? snprintf(out, TASK_URL, "%s", path)
                                : snprintf(out, TASK_URL, "%s/%s", folder, path);
    if (path[0] == 0 || length >= TASK_URL)
        return config_fail(file, key, path, err, "an empty or too long path");
    return true;
}

static bool budget_read(const struct config_file *file,
                        const struct config_budget *budget,
                        double shares[FALLBACK_LEVELS], struct err *err)
{
    static const struct config_budget none;
    if (budget == NULL)
        budget = &none;
    const char *texts[FALLBACK_LEVELS] = {[FALLBACK_EARLIER_1] = budget->earlier_1,
                                          [FALLBACK_EARLIER_2] = budget->earlier_2,
                                          [FALLBACK_EARLIER_3] = budget->earlier_3,
                                          [FALLBACK_RUN_MEAN] = budget->run_mean,
                                          [FALLBACK_NEAREST_RUN] = budget->nearest_run,
                                          [FALLBACK_NONE] = budget->none};
    for (unsigned i = 0; i < FALLBACK_LEVELS; i++) {
        const char *name = fallback_name((enum fallback)i);
        shares[i] = 1;
        if (!config_real(file, name, texts[i], &shares[i], err))
            return false;
        if (!(shares[i] >= 0 && shares[i] <= 1))
            return config_fail(file, name, texts[i], err, "a share from 0 to 1");
    }
    return true;
}

/* A conditions source: http(s)://..., or file: and a path. */
static bool source_read(const struct config_file *file, const char *key,
                        const char *folder, const char *source, char out[TASK_URL],
                        struct err *err)
{
    bool remote = strstr(source, "://") != NULL;
    const char *folder_form = strncmp(source, "file:", 5) == 0 ? source + 5 : source;
    char place[TASK_URL];
    if (!remote && !path_absolute(file, key, folder, folder_form, place, err))
        return false;
    if ((size_t)snprintf(out, TASK_URL, "%s%s",
                         remote ? "" : "file:", remote ? source : place) >= TASK_URL)
        return config_fail(file, key, source, err, "too long");
    return true;
}

_Static_assert(TASK_MIRRORS / TASK_URL == SOURCE_MIRRORS, "room for all mirrors");

static bool mirrors_read(const struct config_file *file, const char *folder,
                         const struct config_words *words, struct arena *arena,
                         struct campaign_file *out, struct err *err)
{
    void *memory;
    char place[TASK_URL];
    if (words->list_count > SOURCE_MIRRORS)
        return config_fail(file, "mirrors", NULL, err, "too many mirrors");
    if (!arena_take(arena, words->list_count, sizeof(char *), &memory, err))
        return false;
    const char **taken = memory;
    for (unsigned i = 0; i < words->list_count; i++) {
        if (!source_read(file, "mirrors", folder, words->list[i], place, err))
            return false;
        taken[i] = arena_text(arena, place);
        if (taken[i] == NULL)
            return err_set(err, E_LIMIT, "the words of the campaign file are too large");
        if (strchr(place, '\n') != NULL)
            return config_fail(file, "mirrors", words->list[i], err, "a line end in it");
        size_t used = strlen(out->campaign.mirrors);
        (void)snprintf(out->campaign.mirrors + used, TASK_MIRRORS - used, "%s%s",
                       i > 0 ? "\n" : "", place);
    }
    out->mirrors = taken;
    out->mirror_count = words->list_count;
    return true;
}

static bool conditions_read(const struct config_file *file, const char *folder,
                            const struct config_conditions *conditions,
                            struct arena *arena, struct campaign_file *out,
                            struct err *err)
{
    struct campaign *campaign = &out->campaign;
    out->allowed = (1u << (FALLBACK_RUN_MEAN + 1)) - 1;
    for (unsigned i = 0; i < conditions->allow.list_count; i++) {
        const char *word = conditions->allow.list[i];
        if (strcmp(word, fallback_name(FALLBACK_NEAREST_RUN)) == 0)
            out->allowed |= 1u << FALLBACK_NEAREST_RUN;
        else if (strcmp(word, fallback_name(FALLBACK_NONE)) == 0)
            out->allowed |= 1u << FALLBACK_NONE;
        else
            return config_fail(file, "allow", word, err, "nearest_run or none");
    }
    if (!budget_read(file, conditions->budget, out->budget, err))
        return false;
    return source_read(file, "source", folder, conditions->source, campaign->source,
                       err) &&
           mirrors_read(file, folder, &conditions->mirrors, arena, out, err) &&
           config_name(file, "tag", conditions->tag, campaign->tag, sizeof campaign->tag,
                       err) &&
           words_take(&conditions->acknowledge, arena, &out->acknowledged,
                      &out->acknowledged_count, err);
}

static bool task_read(const struct config_file *file,
                      const struct config_campaign *config,
                      struct campaign_policy *policy, struct err *err)
{
    uint64_t segments = policy->task_segments;
    uint64_t seconds = (uint64_t)(policy->task_ns / SECOND_NS);
    if (config->task != NULL &&
        (!config_u64(file, "seconds", config->task->seconds, 86400, &seconds, err) ||
         !config_u64(file, "bytes", config->task->bytes, UINT64_MAX, &policy->task_bytes,
                     err) ||
         !config_u64(file, "segments", config->task->segments, TASK_SEGMENTS, &segments,
                     err)))
        return false;
    policy->task_segments = (uint32_t)segments;
    policy->task_ns = (int64_t)seconds * SECOND_NS;
    return config->merge == NULL || config_u64(file, "bytes", config->merge->bytes,
                                               UINT64_MAX, &policy->merge_bytes, err);
}

static bool retry_read(const struct config_file *file, const struct config_retry *retry,
                       struct campaign_policy *policy, struct err *err)
{
    uint64_t attempts = policy->attempts;
    uint64_t delay = (uint64_t)(policy->retry_delay_ns / SECOND_NS);
    uint64_t limit = (uint64_t)(policy->segment_limit_ns / SECOND_NS);
    uint64_t memory = policy->memory_bytes >> 20;
    if (!config_u64(file, "attempts", retry->attempts, 100, &attempts, err) ||
        !config_u64(file, "delay_s", retry->delay_s, 86400, &delay, err) ||
        !config_u64(file, "segment_limit_s", retry->segment_limit_s, 864000, &limit,
                    err) ||
        !config_u64(file, "memory_mb", retry->memory_mb, 1u << 24, &memory, err))
        return false;
    if (attempts == 0 || limit == 0)
        return config_fail(file, "retry", NULL, err, "a limit is zero");
    if (memory < MEMORY_LEAST_MB)
        return config_fail(file, "memory_mb", retry->memory_mb, err,
                           "16 at least: an executor has 7 before its first event, "
                           "so less is no limit");
    policy->attempts = (uint32_t)attempts;
    policy->retry_delay_ns = (int64_t)delay * SECOND_NS;
    policy->segment_limit_ns = (int64_t)limit * SECOND_NS;
    policy->memory_bytes = memory << 20;
    return campaign_rules_read(file, retry, policy, err);
}

/* Streams that the recipe makes; a floor for a stream that is never there would hold by
 * itself. */
static bool stream_known(const struct recipe *recipe, const char *stream)
{
    if (strcmp(stream, "summary") == 0)
        return true;
    if (strcmp(stream, "reco") == 0 || strcmp(stream, "hist") == 0 ||
        strcmp(stream, "flow") == 0)
        return recipe->reconstruct;
    return strncmp(stream, "skim.", 5) == 0 && recipe_find_skim(recipe, stream + 5) >= 0;
}

/* What is accepted without a person stays above every floor. */
static bool floors_read(const struct config_file *file,
                        const struct config_campaign *config, struct campaign *campaign,
                        struct err *err)
{
    struct campaign_policy *policy = &campaign->policy;
    if (config->never_below_count > STREAMS)
        return config_fail(file, "never_below", NULL, err, "more streams than there are");
    for (unsigned i = 0; i < config->never_below_count; i++) {
        const struct config_floor *word = &config->never_below[i];
        struct stream_floor *floor = &policy->floors[policy->floor_count++];
        if (!stream_known(&campaign->recipe, word->stream))
            return config_fail(file, "stream", word->stream, err,
                               "a stream of this campaign: reco, hist, flow, summary, "
                               "skim.NAME");
        if (!text_copy(floor->stream, sizeof floor->stream, word->stream, err) ||
            !config_real(file, "share", word->share, &floor->share, err))
            return false;
        if (!(floor->share >= 0 && floor->share <= 1))
            return config_fail(file, "share", word->share, err, "a share from 0 to 1");
        if (policy->complete_at < floor->share)
            policy->complete_at = floor->share;
    }
    return true;
}

static bool policy_read(const struct config_file *file,
                        const struct config_campaign *config,
                        struct campaign_policy *policy, struct err *err)
{
    static const struct config_retry none;
    uint64_t lease = 120;
    uint64_t alert = 0;
    *policy = (struct campaign_policy){.task_ns = TASK_S * SECOND_NS,
                                       .task_bytes = (uint64_t)1 << 30,
                                       .merge_bytes = 4000000000u,
                                       .attempts = 3,
                                       .retry_delay_ns = 30 * SECOND_NS,
                                       .segment_limit_ns = 600 * SECOND_NS,
                                       .memory_bytes = (uint64_t)2048 << 20,
                                       .complete_at = 1.0};
    if (!task_read(file, config, policy, err) ||
        !retry_read(file, config->retry != NULL ? config->retry : &none, policy, err) ||
        !config_u64(file, "lease_s", config->lease_s, 86400, &lease, err) ||
        !config_u64(file, "alert_s", config->alert_s, UINT64_C(30) * 86400, &alert,
                    err) ||
        !config_real(file, "complete_at", config->complete_at, &policy->complete_at, err))
        return false;
    policy->lease_ns = (int64_t)lease * SECOND_NS;
    policy->alert_ns = (int64_t)alert * SECOND_NS;
    if (policy->task_bytes == 0 || policy->merge_bytes == 0)
        return config_fail(file, "bytes", "0", err, "must not be 0");
    if (lease == 0)
        return config_fail(file, "lease_s", config->lease_s, err, "must not be 0");
    if (!(policy->complete_at > 0 && policy->complete_at <= 1))
        return config_fail(file, "complete_at", config->complete_at, err,
                           "above 0, at most 1");
    if (config->eot_partial == NULL || strcmp(config->eot_partial, "drop") == 0)
        policy->eot_partial = EOT_PARTIAL_DROP;
    else if (strcmp(config->eot_partial, "scale") == 0)
        policy->eot_partial = EOT_PARTIAL_SCALE;
    else
        return config_fail(file, "eot_partial", config->eot_partial, err,
                           "drop or scale");
    return true;
}

static bool priority_read(const struct config_file *file,
                          const struct config_campaign *config, uint32_t *priority,
                          struct err *err)
{
    uint64_t number = PRIORITY_USUAL;
    if (!config_u64(file, "priority", config->priority, PRIORITY_MAX, &number, err))
        return false;
    *priority = (uint32_t)number;
    return true;
}

static bool stages_take(const struct config_file *file,
                        const struct config_stages *stages, struct campaign_file *out,
                        struct err *err)
{
    uint64_t spills = 0;
    uint64_t days = GATE_DAYS;
    const char *expires = stages->gate == NULL ? NULL : stages->gate->expires;
    if (!config_u64(file, "spills", stages->sample->spills, 1000000, &spills, err) ||
        !config_u64(file, "expires", expires, GATE_DAYS_MOST, &days, err))
        return false;
    if (spills == 0)
        return config_fail(file, "spills", stages->sample->spills, err,
                           "must not be 0: leave stages out to have none");
    if (days == 0)
        return config_fail(file, "expires", expires, err, "days, at least 1");
    out->sample_spills = (uint32_t)spills;
    out->gate_days = (uint32_t)days;
    return true;
}

static bool campaign_read(const struct config_file *file,
                          const struct config_campaign *config, const char *folder,
                          struct arena *arena, struct campaign_file *out, struct err *err)
{
    struct campaign *campaign = &out->campaign;
    campaign->physics = strcmp(config->purpose, "physics") == 0;
    if (!campaign->physics && strcmp(config->purpose, "test") != 0)
        return config_fail(file, "purpose", config->purpose, err, "test or physics");
    if (strstr(config->store, "://") != NULL)
        return config_fail(file, "store", config->store, err, "must be a folder");
    if (!config_name(file, "name", config->name, campaign->name, sizeof campaign->name,
                     err) ||
        !path_absolute(file, "store", folder, config->store, campaign->store, err) ||
        !select_read(file, config->select, arena, &out->selection, err) ||
        !recipe_read(file, config, &campaign->recipe, err) ||
        !policy_read(file, config, &campaign->policy, err) ||
        !priority_read(file, config, &out->priority, err) ||
        !floors_read(file, config, campaign, err) ||
        (config->stages != NULL && !stages_take(file, config->stages, out, err)))
        return false;
    if (config->skims_count == 0 && !campaign->recipe.reconstruct)
        return config_fail(file, "name", config->name, err,
                           "neither reconstruct nor skims: nothing would be made");
    if (campaign->physics && (out->selection.types & 1u << RUN_TYPE_UNKNOWN) != 0)
        return config_fail(file, "types", "unknown", err,
                           "runs of unknown type are not for physics");
    out->selection.synthetic = !campaign->physics;
    return config->conditions == NULL ||
           conditions_read(file, folder, config->conditions, arena, out, err);
}

bool campaign_file_parse(const struct config_file *file, const char *folder,
                         const struct sha256 *release, struct arena *arena,
                         struct campaign_file *out, struct err *err)
{
    struct config_campaign *config;
    if (file->size > CONFIG_CAMPAIGN_LIMIT)
        return err_set(err, E_LIMIT, "%s: above %zu bytes", file->path,
                       CONFIG_CAMPAIGN_LIMIT);
    if (!config_load_campaign(file, &config, err))
        return false;
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < FALLBACK_LEVELS; i++)
        out->budget[i] = 1;
    out->campaign.recipe.release = *release;
    out->campaign.file_hash = sha256_of(file->data, file->size);
    bool done = campaign_read(file, config, folder, arena, out, err);
    config_free_campaign(config);
    return done;
}

bool campaign_file_read(const char *path, const struct sha256 *release,
                        struct arena *arena, struct campaign_file *out, struct err *err)
{
    struct bytes text;
    char resolved[PATH_MAX];
    bytes_init(&text, CONFIG_CAMPAIGN_LIMIT);
    bool done = disk_read_file(path, &text, err);
    if (done && realpath(path, resolved) == NULL)
        done = err_errno(err, E_DISK_OPEN, errno, "%s", path);
    if (done) {
        *strrchr(resolved, '/') = 0;
        const struct config_file file = {path, (const char *)text.data, text.size};
        done = campaign_file_parse(&file, resolved, release, arena, out, err);
    }
    bytes_release(&text);
    return done;
}
