/* config.c - schemas of the two YAML files, and errors with a line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyaml/cyaml.h>

#include "base/bytes.h"

#define MUST CYAML_FLAG_POINTER
#define MAY  (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

/* NOLINTBEGIN(bugprone-macro-parentheses): a struct's name in brackets is no name. */
#define TEXT(flags, noun, member)                                                        \
    CYAML_FIELD_STRING_PTR(#member, flags, struct noun, member, 0, CYAML_UNLIMITED)
#define PART(flags, noun, member)                                                        \
    CYAML_FIELD_MAPPING_PTR(#member, flags, struct noun, member, member##_fields)
#define LIST(flags, noun, member, entry)                                                 \
    CYAML_FIELD_SEQUENCE(#member, flags, struct noun, member, entry, 0, CYAML_UNLIMITED)
#define WORDS(noun, member)                                                              \
    CYAML_FIELD_SEQUENCE_COUNT(#member, MAY, struct noun, member.list,                   \
                               member.list_count, &word, 0, CYAML_UNLIMITED)
/* NOLINTEND(bugprone-macro-parentheses) */

static const cyaml_schema_value_t word = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t select_fields[] = {
    WORDS(config_select, runs),     WORDS(config_select, periods),
    WORDS(config_select, setups),   WORDS(config_select, types),
    WORDS(config_select, quality),  WORDS(config_select, origin),
    WORDS(config_select, particle), CYAML_FIELD_END};

static const cyaml_schema_field_t budget_fields[] = {
    TEXT(MAY, config_budget, earlier_1),
    TEXT(MAY, config_budget, earlier_2),
    TEXT(MAY, config_budget, earlier_3),
    TEXT(MAY, config_budget, run_mean),
    TEXT(MAY, config_budget, nearest_run),
    TEXT(MAY, config_budget, none),
    CYAML_FIELD_END};

static const cyaml_schema_field_t conditions_fields[] = {
    TEXT(MUST, config_conditions, source),
    TEXT(MUST, config_conditions, tag),
    WORDS(config_conditions, mirrors),
    WORDS(config_conditions, allow),
    WORDS(config_conditions, acknowledge),
    PART(MAY, config_conditions, budget),
    CYAML_FIELD_END};

static const cyaml_schema_field_t reconstruct_fields[] = {
    TEXT(MUST, config_reconstruct, setup), CYAML_FIELD_END};

static const cyaml_schema_field_t cut_fields[] = {
    TEXT(MUST, config_cut, quantity), TEXT(MAY, config_cut, min),
    TEXT(MAY, config_cut, max), CYAML_FIELD_END};
static const cyaml_schema_value_t cut = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_cut, cut_fields)};

static const cyaml_schema_field_t skim_fields[] = {
    TEXT(MUST, config_skim, name),      TEXT(MUST, config_skim, kind),
    TEXT(MAY, config_skim, fraction),   WORDS(config_skim, events),
    LIST(MAY, config_skim, cuts, &cut), CYAML_FIELD_END};
static const cyaml_schema_value_t skim = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_skim, skim_fields)};

static const cyaml_schema_field_t task_fields[] = {
    TEXT(MAY, config_task, seconds), TEXT(MAY, config_task, bytes),
    TEXT(MAY, config_task, segments), CYAML_FIELD_END};

static const cyaml_schema_field_t merge_fields[] = {TEXT(MAY, config_merge, bytes),
                                                    CYAML_FIELD_END};

static const cyaml_schema_field_t rule_fields[] = {TEXT(MAY, config_rule, class),
                                                   TEXT(MAY, config_rule, code),
                                                   TEXT(MAY, config_rule, crash),
                                                   TEXT(MAY, config_rule, text),
                                                   TEXT(MUST, config_rule, action),
                                                   TEXT(MAY, config_rule, delay_s),
                                                   TEXT(MAY, config_rule, factor),
                                                   TEXT(MAY, config_rule, up_to_mb),
                                                   TEXT(MAY, config_rule, up_to_s),
                                                   TEXT(MAY, config_rule, passive),
                                                   CYAML_FIELD_END};
static const cyaml_schema_value_t rule = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_rule, rule_fields)};

static const cyaml_schema_field_t retry_fields[] = {
    TEXT(MAY, config_retry, attempts),        TEXT(MAY, config_retry, delay_s),
    TEXT(MAY, config_retry, segment_limit_s), TEXT(MAY, config_retry, memory_mb),
    LIST(MAY, config_retry, rules, &rule),    CYAML_FIELD_END};

static const cyaml_schema_field_t floor_fields[] = {
    TEXT(MUST, config_floor, stream), TEXT(MUST, config_floor, share), CYAML_FIELD_END};
static const cyaml_schema_value_t floor_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_floor, floor_fields)};

static const cyaml_schema_field_t sample_fields[] = {TEXT(MUST, config_sample, spills),
                                                     CYAML_FIELD_END};
static const cyaml_schema_field_t gate_fields[] = {TEXT(MAY, config_gate, expires),
                                                   CYAML_FIELD_END};
static const cyaml_schema_field_t stages_fields[] = {
    PART(MUST, config_stages, sample), PART(MAY, config_stages, gate), CYAML_FIELD_END};

static const cyaml_schema_field_t campaign_fields[] = {
    TEXT(MUST, config_campaign, name),
    TEXT(MUST, config_campaign, purpose),
    PART(MUST, config_campaign, select),
    PART(MAY, config_campaign, conditions),
    PART(MAY, config_campaign, reconstruct),
    LIST(MAY, config_campaign, skims, &skim),
    TEXT(MUST, config_campaign, store),
    PART(MAY, config_campaign, task),
    PART(MAY, config_campaign, merge),
    PART(MAY, config_campaign, retry),
    TEXT(MAY, config_campaign, lease_s),
    TEXT(MAY, config_campaign, alert_s),
    TEXT(MAY, config_campaign, priority),
    TEXT(MAY, config_campaign, complete_at),
    TEXT(MAY, config_campaign, eot_partial),
    LIST(MAY, config_campaign, never_below, &floor_entry),
    PART(MAY, config_campaign, stages),
    CYAML_FIELD_END};
static const cyaml_schema_value_t campaign_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config_campaign, campaign_fields)};

static const cyaml_schema_field_t eot_fields[] = {
    TEXT(MUST, config_eot, source), TEXT(MUST, config_eot, scaler_word),
    TEXT(MUST, config_eot, scale), CYAML_FIELD_END};

static const cyaml_schema_field_t setup_fields[] = {
    TEXT(MUST, config_setup, name), PART(MAY, config_setup, eot), CYAML_FIELD_END};
static const cyaml_schema_value_t setup = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_setup, setup_fields)};

static const cyaml_schema_field_t chunk_fields[] = {
    TEXT(MUST, config_chunk, file),    TEXT(MUST, config_chunk, size),
    TEXT(MUST, config_chunk, adler32), TEXT(MAY, config_chunk, builder),
    TEXT(MAY, config_chunk, number),   CYAML_FIELD_END};
static const cyaml_schema_value_t chunk = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_chunk, chunk_fields)};

static const cyaml_schema_field_t run_fields[] = {TEXT(MUST, config_run, run),
                                                  TEXT(MAY, config_run, period),
                                                  TEXT(MAY, config_run, setup),
                                                  TEXT(MAY, config_run, particle),
                                                  TEXT(MAY, config_run, momentum_gev),
                                                  TEXT(MAY, config_run, type),
                                                  TEXT(MAY, config_run, origin),
                                                  TEXT(MAY, config_run, quality),
                                                  TEXT(MAY, config_run, magnet_a),
                                                  TEXT(MAY, config_run, trigger),
                                                  TEXT(MAY, config_run, start_s),
                                                  TEXT(MAY, config_run, stop_s),
                                                  TEXT(MAY, config_run, synthetic),
                                                  LIST(MAY, config_run, chunks, &chunk),
                                                  WORDS(config_run, files),
                                                  CYAML_FIELD_END};
static const cyaml_schema_value_t run = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_run, run_fields)};

static const cyaml_schema_field_t runs_fields[] = {LIST(MAY, config_runs, setups, &setup),
                                                   LIST(MUST, config_runs, runs, &run),
                                                   CYAML_FIELD_END};
static const cyaml_schema_value_t runs_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config_runs, runs_fields)};

/* What libcyaml says of an error: first its message, then the places from inside out. */
struct complaint {
    char text[256];
    char field[64];
    unsigned line;   /* 0: not told; where the last value before began */
    unsigned places; /* 1: the fault is at the top level */
};

static unsigned number_at(const char *text)
{
    unsigned number = 0;
    for (; isdigit((unsigned char)*text) && number < 100000000; text++)
        number = number * 10 + (unsigned)(*text - '0');
    return number;
}

/* "  in mapping field 'NAME' (line: ..." */
static void field_take(struct complaint *complaint, const char *text)
{
    const char *name = strstr(text, "in mapping field '");
    if (name == NULL)
        return;
    name += strlen("in mapping field '");
    (void)snprintf(complaint->field, sizeof complaint->field, "%.*s",
                   (int)strcspn(name, "'"), name);
}

__attribute__((format(printf, 3, 0))) static void complaint_take(cyaml_log_t level,
                                                                 void *context,
                                                                 const char *format,
                                                                 va_list arguments)
{
    struct complaint *complaint = context;
    char line[256];
    if (level < CYAML_LOG_ERROR)
        return;
    (void)vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = 0;
    const char *text = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
    const char *place = strstr(text, "(line: ");
    if (place != NULL) {
        complaint->places++;
        if (complaint->line == 0)
            complaint->line = number_at(place + 7);
        if (complaint->field[0] == 0)
            field_take(complaint, text);
    } else if (complaint->text[0] == 0 && strcmp(text, "Backtrace:") != 0) {
        (void)snprintf(complaint->text, sizeof complaint->text, "%s", text);
    }
}

/* The rest of the text behind `start`, or NULL. */
static const char *behind(const char *text, const char *start)
{
    size_t length = strlen(start);
    return strncmp(text, start, length) == 0 ? text + length : NULL;
}

/* The second line that begins with the key; `otherwise` when there is none. */
static unsigned second_line(const struct config_file *file, const char *key,
                            unsigned otherwise)
{
    size_t length = strlen(key);
    unsigned number = 1;
    bool seen = false;
    for (size_t at = 0; at < file->size; number++) {
        const char *line = file->data + at;
        const char *end = memchr(line, '\n', file->size - at);
        size_t size = end == NULL ? file->size - at : (size_t)(end - line);
        bool begins = size > length && memcmp(line, key, length) == 0 &&
                      strchr(": \t", line[length]) != NULL;
        if (begins && seen)
            return number;
        seen = seen || begins;
        at += size + 1;
    }
    return otherwise;
}

/* libyaml has no other words for it. */
static bool complaint_of_memory(const struct complaint *complaint, cyaml_err_t code)
{
    return code == CYAML_ERR_LIBYAML_PARSER_INIT ||
           (code == CYAML_ERR_LIBYAML_PARSER &&
            strstr(complaint->text, "(null)") != NULL);
}

static bool complaint_fail(const struct config_file *file, struct complaint *complaint,
                           cyaml_err_t code, struct err *err)
{
    unsigned line = complaint->line == 0 ? 1 : complaint->line;
    if (complaint_of_memory(complaint, code))
        mem_exhausted("YAML");
    const char *key = behind(complaint->text, "Unexpected key: ");
    if (key != NULL)
        return err_set(err, E_CONFIG, "%s:%u: unknown key %s", file->path,
                       config_line(file, line, key, NULL), key);
    key = behind(complaint->text, "Mapping field already seen: ");
    if (key != NULL) {
        unsigned place = config_line(file, line + 1, key, NULL);
        return err_set(err, E_CONFIG, "%s:%u: key %s is given twice", file->path,
                       complaint->places == 1 ? second_line(file, key, place) : place,
                       key);
    }
    key = behind(complaint->text, "Missing required mapping field: ");
    if (key != NULL)
        return err_set(err, E_CONFIG, "%s:%u: key %s is missing", file->path,
                       complaint->places == 1 ? 1 : line, key);
    const char *text = complaint->text;
    if (text[0] == 0)
        text = cyaml_strerror(code);
    const char *colon = complaint->field[0] == 0 ? "" : ": ";
    return err_set(err, E_CONFIG, "%s:%u: %s%s%s", file->path, line, complaint->field,
                   colon, text);
}

/* libcyaml stops after the first document: a second one would be silently lost. */
static bool one_document(const struct config_file *file, struct err *err)
{
    bool content = false;
    unsigned number = 1;
    size_t at = 0;
    while (at < file->size) {
        const char *line = file->data + at;
        const char *end = memchr(line, '\n', file->size - at);
        size_t length = end == NULL ? file->size - at : (size_t)(end - line);
        bool mark = length >= 3 &&
                    (memcmp(line, "---", 3) == 0 || memcmp(line, "...", 3) == 0) &&
                    (length == 3 || isspace((unsigned char)line[3]));
        if (mark && content)
            return err_set(err, E_CONFIG, "%s:%u: one document is allowed", file->path,
                           number);
        content = content || (!mark && length > 0 && line[0] != '#' && line[0] != '%');
        at += length + 1;
        number++;
    }
    return true;
}

/* libcyaml's memory comes from where ours does. */
static void *memory(void *unused, void *old, size_t size)
{
    (void)unused;
    if (size > 0)
        return mem_grow(old, 1, size);
    free(old);
    return NULL;
}

static bool load(const struct config_file *file, const cyaml_schema_value_t *schema,
                 void **out, struct err *err)
{
    struct complaint complaint = {.line = 0};
    const cyaml_config_t config = {.log_fn = complaint_take,
                                   .log_ctx = &complaint,
                                   .mem_fn = memory,
                                   .log_level = CYAML_LOG_ERROR,
                                   .flags = CYAML_CFG_NO_ALIAS};
    void *loaded = NULL;
    if (!one_document(file, err))
        return false;
    cyaml_err_t code = cyaml_load_data((const uint8_t *)file->data, file->size, &config,
                                       schema, &loaded, NULL);
    if (code != CYAML_OK)
        return complaint_fail(file, &complaint, code, err);
    if (loaded == NULL)
        return err_set(err, E_CONFIG, "%s:1: the file is empty", file->path);
    *out = loaded;
    return true;
}

static void release(const cyaml_schema_value_t *schema, void *loaded)
{
    const cyaml_config_t config = {.mem_fn = memory};
    if (loaded != NULL)
        (void)cyaml_free(&config, schema, loaded, 0);
}

bool config_load_campaign(const struct config_file *file, struct config_campaign **out,
                          struct err *err)
{
    void *loaded = NULL;
    if (!load(file, &campaign_schema, &loaded, err))
        return false;
    *out = loaded;
    return true;
}

void config_free_campaign(struct config_campaign *campaign)
{
    release(&campaign_schema, campaign);
}

bool config_load_runs(const struct config_file *file, struct config_runs **out,
                      struct err *err)
{
    void *loaded = NULL;
    if (!load(file, &runs_schema, &loaded, err))
        return false;
    *out = loaded;
    return true;
}

void config_free_runs(struct config_runs *runs)
{
    release(&runs_schema, runs);
}

static bool key_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Place of `what` in text[0 .. size) as a whole word, NULL when it is not there. */
static const char *word_find(const char *text, size_t size, const char *what)
{
    size_t length = strlen(what);
    for (size_t i = 0; length > 0 && i + length <= size; i++) {
        bool starts = i == 0 || !key_character(text[i - 1]);
        bool ends = i + length == size || !key_character(text[i + length]);
        if (starts && ends && memcmp(text + i, what, length) == 0)
            return text + i;
    }
    return NULL;
}

/* One line without its comment. */
struct code_line {
    const char *text;
    size_t size;
    unsigned number; /* from 1 */
    size_t next;     /* where the line behind it starts */
};

static bool code_line_next(const struct config_file *file, struct code_line *line)
{
    if (line->next >= file->size)
        return false;
    line->text = file->data + line->next;
    size_t rest = file->size - line->next;
    const char *end = memchr(line->text, '\n', rest);
    size_t length = end == NULL ? rest : (size_t)(end - line->text);
    const char *comment = memchr(line->text, '#', length);
    line->size = comment == NULL ? length : (size_t)(comment - line->text);
    line->next += length + 1;
    line->number++;
    return true;
}

/* First line from `from` on that holds the word, 0 when none does. */
static unsigned word_line(const struct config_file *file, unsigned from,
                          const char *wanted)
{
    struct code_line line = {.number = 0};
    while (wanted != NULL && code_line_next(file, &line))
        if (line.number >= from && word_find(line.text, line.size, wanted) != NULL)
            return line.number;
    return 0;
}

unsigned config_line(const struct config_file *file, unsigned from, const char *key,
                     const char *value)
{
    struct code_line line = {.number = 0};
    bool inside = false; /* behind the key; a list may go on over lines */
    while (code_line_next(file, &line)) {
        const char *end = line.text + line.size;
        const char *found =
            line.number < from ? NULL : word_find(line.text, line.size, key);
        const char *start = found == NULL ? line.text : found + strlen(key);
        inside = inside || found != NULL;
        if (inside && (value == NULL || value[0] == 0 ||
                       word_find(start, (size_t)(end - start), value) != NULL))
            return line.number;
    }
    unsigned number = word_line(file, from, key);
    if (number == 0)
        number = word_line(file, from, value);
    return number != 0 ? number : from;
}

unsigned config_item_line(const struct config_file *file, unsigned from, const char *key,
                          unsigned index)
{
    struct code_line line = {.number = 0};
    unsigned found = config_line(file, from, key, NULL);
    size_t indent = SIZE_MAX;
    while (code_line_next(file, &line)) {
        size_t blanks = 0;
        while (blanks < line.size && line.text[blanks] == ' ')
            blanks++;
        if (line.number <= found || blanks == line.size || line.text[blanks] != '-')
            continue;
        if (indent == SIZE_MAX)
            indent = blanks;
        if (blanks == indent && index-- == 0)
            return line.number;
    }
    return found;
}

bool config_fail(const struct config_file *file, const char *key, const char *value,
                 struct err *err, const char *text)
{
    return err_set(err, E_CONFIG, "%s:%u: %s: %s", file->path,
                   config_line(file, 1, key, value), key, text);
}
