/* process_keys.c - the key texts of a task's segment, rebuilt and compared.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/process_keys.h"

#include <inttypes.h>
#include <stdlib.h>

#include "conditions/payload.h"
#include "model/skip.h"

/* The effective values that `indices` name, in their order. The caller frees. */
static struct effective *values_of(const struct task *task, const uint32_t *indices,
                                   uint32_t count)
{
    struct effective *values = mem_new(count, sizeof *values);
    for (uint32_t i = 0; i < count; i++)
        values[i] = task->values[indices[i]].effective;
    return values;
}

/* Sorted, each type once: what key texts need, and what a wrong sender may break. A type
 * that the step does not declare is not read: its value would be in no key. */
static bool values_check(const struct task *task, enum payload_step step,
                         const uint32_t *indices, uint32_t count, struct err *err)
{
    for (uint32_t i = 0; i < count; i++) {
        if (indices[i] >= task->value_count)
            return err_set(err, E_WORKER_TASK, "value %" PRIu32 " of %" PRIu32,
                           indices[i], task->value_count);
        const char *name = task->values[indices[i]].effective.type;
        const struct payload_type *type = payload_type_find(name);
        bool skip = step == PAYLOAD_RECO && strcmp(name, SKIP_TYPE) == 0;
        if (!skip && (type == NULL || type->step != step))
            return err_set(err, E_WORKER_TASK, "type %.63s is not declared by step %s",
                           name, payload_step_name(step));
        if (i > 0 && strcmp(task->values[indices[i - 1]].effective.type,
                            task->values[indices[i]].effective.type) >= 0)
            return err_set(err, E_WORKER_TASK, "values are not sorted by type");
    }
    return true;
}

static bool key_compare(const char *step, const struct bytes *text,
                        const struct sha256 *asked, struct err *err)
{
    char theirs[SHA256_HEX], ours[SHA256_HEX];
    struct sha256 key = key_of(text);
    if (sha256_equal(&key, asked))
        return true;
    sha256_to_hex(asked, theirs);
    sha256_to_hex(&key, ours);
    return err_set(err, E_WORKER_KEY, "%s key: %s in the task, %s here", step, theirs,
                   ours);
}

bool keys_build(const struct task *task, const struct task_segment *segment,
                struct bytes *reco_text, struct bytes *select_text, struct err *err)
{
    bytes_clear(reco_text);
    bytes_clear(select_text);
    if (!values_check(task, PAYLOAD_RECO, segment->reco_values, segment->reco_value_count,
                      err) ||
        !values_check(task, PAYLOAD_SELECT, segment->select_values,
                      segment->select_value_count, err))
        return false;
    struct effective *reco =
        values_of(task, segment->reco_values, segment->reco_value_count);
    struct effective *select =
        values_of(task, segment->select_values, segment->select_value_count);
    struct key_input input = {.chunk = &task->chunk,
                              .segment = &segment->segment,
                              .recipe = task->recipe,
                              .reco_values = reco,
                              .reco_count = segment->reco_value_count,
                              .select_values = select,
                              .select_count = segment->select_value_count};
    bool built = key_segment_texts(&input, reco_text, select_text, err);
    free(reco);
    free(select);
    bool wanted = task->recipe->reconstruct || !sha256_is_zero(&segment->reco_key);
    return built &&
           (!wanted || key_compare("reco", reco_text, &segment->reco_key, err)) &&
           ((task->steps & STEP_SELECT) == 0 ||
            key_compare("select", select_text, &segment->select_key, err));
}
