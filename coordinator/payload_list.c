/* payload_list.c - the payload types of this release, for people and scripts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/payload_list.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/text.h"
#include "conditions/match.h"
#include "conditions/payload.h"

/* ---- text ---- */

static bool column_limits(struct bytes *out, const struct payload_column *column,
                          struct err *err)
{
    switch (column->kind) {
    case COLUMN_NAME:
        return !column->words || text_addf(out, err, " one of: %s", column->words);
    case COLUMN_COUNT:
        return text_addf(out, err, " %.0f to %.0f %s", column->minimum, column->maximum,
                         column->unit);
    case COLUMN_REAL:
        return text_addf(out, err, " %g to %g %s", column->minimum, column->maximum,
                         column->unit);
    }
    unreachable();
}

static bool column_line(struct bytes *out, const struct payload_column *column,
                        const char *tail, struct err *err)
{
    return text_addf(out, err, "%s:%s", column->name, table_kind_name(column->kind)) &&
           column_limits(out, column, err) && text_addf(out, err, "%s\n", tail);
}

static bool upgrade_line(struct bytes *out, const struct payload_upgrade *upgrade,
                         struct err *err)
{
    if (!upgrade->column)
        return text_addf(out, err, "    schema %" PRIu32 " is refused: %s\n",
                         upgrade->from, upgrade->reason);
    return text_addf(out, err, "    schema %" PRIu32 " is read with %s %g: %s\n",
                     upgrade->from, upgrade->column, upgrade->value, upgrade->reason);
}

static bool type_lines(struct bytes *out, const struct payload_type *type,
                       struct err *err)
{
    if (!text_addf(out, err, "%s (%s, %s%s, schema %" PRIu32 "): %s\n", type->name,
                   payload_step_name(type->step), payload_kind_name(type->kind),
                   type->single ? " of one row" : "", type->schema, type->purpose))
        return false;
    for (uint32_t i = 0; i + 1 < type->schema; i++) {
        if (!upgrade_line(out, &type->upgrades[i], err))
            return false;
    }
    for (size_t i = 0; i < type->field_count; i++) {
        if (!text_add(out, "    header ", err) ||
            !column_line(out, &type->fields[i], "", err))
            return false;
    }
    for (size_t i = 0; i < type->column_count; i++) {
        if (!text_add(out, "    ", err) ||
            !column_line(out, &type->columns[i], i < type->key_count ? ", key" : "", err))
            return false;
    }
    return true;
}

bool payload_list_text(struct bytes *out, struct err *err)
{
    const struct payload_type *type;
    const struct match_link *link;
    for (size_t i = 0; (type = payload_type_at(i)) != NULL; i++) {
        if (!type_lines(out, type, err))
            return false;
    }
    if (!text_add(out, "belong together:\n", err))
        return false;
    for (size_t i = 0; (link = match_link_at(i)) != NULL; i++) {
        if (!text_addf(out, err, "    %s of %s is %s of %s\n", link->field, link->type,
                       link->label, link->other))
            return false;
    }
    return true;
}

/* ---- JSON ---- */

static void column_json(struct json_writer *writer, const struct payload_column *column,
                        bool key)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "name", column->name);
    json_put_text(writer, "kind", table_kind_name(column->kind));
    json_put_text(writer, "unit", column->unit);
    if (column->kind != COLUMN_NAME) {
        json_put_real(writer, "minimum", column->minimum);
        json_put_real(writer, "maximum", column->maximum);
    }
    if (column->words)
        json_put_text(writer, "words", column->words);
    json_put_bool(writer, "key", key);
    json_close_object(writer);
}

static void type_json(struct json_writer *writer, const struct payload_type *type)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "name", type->name);
    json_put_text(writer, "step", payload_step_name(type->step));
    json_put_text(writer, "kind", payload_kind_name(type->kind));
    json_put_text(writer, "purpose", type->purpose);
    json_put_u64(writer, "schema", type->schema);
    json_put_bool(writer, "single", type->single);
    json_open_array(writer, "fields");
    for (size_t i = 0; i < type->field_count; i++)
        column_json(writer, &type->fields[i], false);
    json_close_array(writer);
    json_open_array(writer, "columns");
    for (size_t i = 0; i < type->column_count; i++)
        column_json(writer, &type->columns[i], i < type->key_count);
    json_close_array(writer);
    json_close_object(writer);
}

bool payload_list_json(struct bytes *out, struct err *err)
{
    struct json_writer writer;
    const struct payload_type *type;
    json_begin(&writer, out);
    json_open_array(&writer, NULL);
    for (size_t i = 0; (type = payload_type_at(i)) != NULL; i++)
        type_json(&writer, type);
    json_close_array(&writer);
    return json_end(&writer, err);
}
