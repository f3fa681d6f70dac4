/* map_xml.c - sections of a map file; the only door to expat.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One root element whose children are sections. The text of a section, with that of the
 * elements inside it, is collected and handed on whole at its end tag.
 */
#include <expat.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "raw/map_internal.h"

#define DEPTH_SECTION 2
#define DEPTH_LIMIT   16

struct map_xml {
    struct map_build *build;
    const char *name;
    XML_Parser parser;
    int depth;
    bool inside; /* the section counts for the run */
    bool rules;  /* inside a ChipsCreation of DaqOptions */
    bool failed;
    uint32_t line;
    struct map_section section;
    struct bytes text;
    size_t inner; /* where the text of the element inside begins */
    uint32_t inner_line;
    struct err *err;
};

static void stop(struct map_xml *xml)
{
    xml->failed = true;
    (void)XML_StopParser(xml->parser, XML_FALSE);
}

static uint32_t line_now(const struct map_xml *xml)
{
    return (uint32_t)XML_GetCurrentLineNumber(xml->parser);
}

static void refuse(struct map_xml *xml, const char *what)
{
    (void)err_set(xml->err, E_MAP_XML, "%s:%" PRIu32 ": %s", xml->name, line_now(xml),
                  what);
    stop(xml);
}

/* One word of a run list: "a" or "a-b". */
static bool range_read(const char *word, size_t size, uint32_t *first, uint32_t *last)
{
    char text[32];
    uint64_t a, b;
    struct err ignored;
    if (size >= sizeof text)
        return false;
    memcpy(text, word, size);
    text[size] = 0;
    char *dash = strchr(text, '-');
    if (dash != NULL)
        *dash = 0;
    if (!text_to_u64(text, UINT32_MAX, &a, &ignored) ||
        !text_to_u64(dash == NULL ? text : dash + 1, UINT32_MAX, &b, &ignored) || a > b)
        return false;
    *first = (uint32_t)a;
    *last = (uint32_t)b;
    return true;
}

/* Is the run in the list, and up to which run is that so? Ranges must ascend and not
 * overlap. */
static bool runs_hold(const char *runs, uint32_t run, bool *holds, uint32_t *until)
{
    static const char blank[] = " \t\r\n";
    bool any = false;
    uint32_t end = 0;
    *holds = false;
    for (const char *at = runs + strspn(runs, blank); *at != 0; at += strspn(at, blank)) {
        size_t size = strcspn(at, blank);
        uint32_t first, last;
        if (!range_read(at, size, &first, &last) || (any && first <= end))
            return false;
        *holds = *holds || (run >= first && run <= last);
        if (run < first && *until >= first)
            *until = first - 1;
        if (run >= first && run <= last && *until > last)
            *until = last;
        end = last;
        any = true;
        at += size;
    }
    return any;
}

static void outside_note(struct map_build *build, const char *runs)
{
    build->map.sections_outside++;
    size_t used = strlen(build->ranges), size = strlen(runs);
    if (used + size + 2 < sizeof build->ranges) {
        if (used > 0)
            build->ranges[used++] = ',';
        memcpy(build->ranges + used, runs, size + 1);
    }
}

static bool attribute_take(struct map_section *section, const char *key,
                           const char *value, struct err *err)
{
    uint64_t version;
    if (strcmp(key, "runs") == 0) {
        section->has_runs = true;
        return text_copy(section->runs, sizeof section->runs, value, err);
    }
    if (strcmp(key, "option") == 0 || strcmp(key, "options") == 0)
        return text_copy(section->options, sizeof section->options, value, err);
    if (strcmp(key, "version") == 0) {
        if (!text_to_u64(value, UINT32_MAX, &version, err))
            return false;
        section->version = (uint32_t)version;
    }
    if (strcmp(key, "multi_digit") == 0)
        section->multi_digit = strcmp(value, "yes") == 0;
    return true;
}

static void section_start(struct map_xml *xml, const char *name, const char **attributes)
{
    struct map_section *section = &xml->section;
    *section = (struct map_section){.version = 0};
    bool good = text_copy(section->name, sizeof section->name, name, xml->err);
    for (size_t i = 0; good && attributes[i] != NULL; i += 2)
        good = attribute_take(section, attributes[i], attributes[i + 1], xml->err);
    if (!good) {
        char why[sizeof xml->err->text];
        memcpy(why, xml->err->text, sizeof why);
        refuse(xml, why);
        return;
    }
    xml->inside = true;
    if (section->has_runs && !runs_hold(section->runs, xml->build->run, &xml->inside,
                                        &xml->build->map.until)) {
        refuse(xml, "runs is no list of ascending ranges \"a-b c d-e\"");
        return;
    }
    bool sadc = strcmp(section->name, "ChipSADC") == 0;
    if (sadc && xml->inside)
        xml->build->sections_inside++;
    else if (sadc)
        outside_note(xml->build, section->runs);
    xml->line = line_now(xml);
    bytes_clear(&xml->text);
}

static const char *attribute_find(const char **attributes, const char *key)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2)
        if (strcmp(attributes[i], key) == 0)
            return attributes[i + 1];
    return NULL;
}

static bool is_options(const struct map_section *section)
{
    return strcmp(section->name, "DaqOptions") == 0 ||
           strcmp(section->name, "DaqOption") == 0;
}

/* An element of DaqOptions: rules which chip a source is, the online filter's source. */
static void option_start(struct map_xml *xml, const char *name, const char **attributes)
{
    if (!is_options(&xml->section))
        return;
    xml->rules = strcmp(name, "ChipsCreation") == 0 || strcmp(name, "ChipCreation") == 0;
    xml->inner = xml->text.size;
    xml->inner_line = line_now(xml);
    const char *source = attribute_find(attributes, "srcID");
    if (strcmp(name, "OnlineFilter") != 0)
        return;
    if (source == NULL)
        refuse(xml, "OnlineFilter without srcID");
    else if (!map_filter_take(xml->build, source, xml->err))
        stop(xml);
}

static void option_end(struct map_xml *xml)
{
    if (xml->rules && xml->text.size > xml->inner) {
        const struct map_text text = {.name = xml->name,
                                      .line = xml->inner_line,
                                      .text = (const char *)xml->text.data + xml->inner,
                                      .size = xml->text.size - xml->inner};
        if (!map_rules_take(xml->build, &text, xml->err))
            stop(xml);
    }
    xml->rules = false;
}

static void on_start(void *user, const char *name, const char **attributes)
{
    struct map_xml *xml = user;
    if (xml->failed)
        return;
    if (++xml->depth > DEPTH_LIMIT)
        refuse(xml, "elements are nested too deep");
    else if (xml->depth == DEPTH_SECTION)
        section_start(xml, name, attributes);
    else if (xml->depth == DEPTH_SECTION + 1 && xml->inside)
        option_start(xml, name, attributes);
}

static void on_text(void *user, const char *text, int size)
{
    struct map_xml *xml = user;
    if (xml->failed || xml->depth < DEPTH_SECTION || !xml->inside)
        return;
    if (!bytes_append(&xml->text, text, (size_t)size, xml->err))
        stop(xml);
}

static bool section_take(struct map_xml *xml, const struct map_text *text)
{
    enum chip chip = chip_named(xml->section.name);
    if (chip == CHIP_SADC)
        return map_sadc_take(xml->build, &xml->section, text, xml->err);
    if (chip != CHIP_OPAQUE && chip != CHIP_FILTER)
        return map_wires_take(xml->build, &xml->section, text, xml->err);
    if (strcmp(xml->section.name, "ChipSADC_HT") == 0) {
        bytes_clear(&xml->build->map.huffman);
        return bytes_append(&xml->build->map.huffman, text->text, text->size, xml->err);
    }
    if (is_options(&xml->section)) /* its elements were taken one by one */
        return true;
    return map_opaque_take(xml->build, xml->section.name, text, xml->err);
}

static void on_end(void *user, const char *name)
{
    struct map_xml *xml = user;
    (void)name;
    if (xml->failed)
        return;
    int depth = xml->depth--;
    if (depth == DEPTH_SECTION + 1 && xml->inside)
        option_end(xml);
    if (depth != DEPTH_SECTION || !xml->inside)
        return;
    const struct map_text text = {.name = xml->name,
                                  .line = xml->line,
                                  .text = (const char *)xml->text.data,
                                  .size = xml->text.size};
    if (!section_take(xml, &text))
        stop(xml);
}

static void on_doctype(void *user, const char *name, const char *system_id,
                       const char *public_id, int has_internal)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal;
    refuse(user, "a document type is not allowed in a channel map");
}

/* As for all else: without memory the map is not to blame. */
static void *memory_new(size_t size)
{
    return mem_grow(NULL, 1, size);
}

static void *memory_grow(void *old, size_t size)
{
    return mem_grow(old, 1, size);
}

bool map_xml_read(struct map_build *build, const void *text, size_t size,
                  const char *name, struct err *err)
{
    if (size > MAP_MAX_TEXT)
        return err_set(err, E_MAP_LIMIT, "%s: %zu bytes; the limit is %zu", name, size,
                       MAP_MAX_TEXT);
    const XML_Memory_Handling_Suite memory = {memory_new, memory_grow, free};
    struct map_xml xml = {.build = build, .name = name, .err = err};
    xml.parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    bug_if(xml.parser == NULL);
    bytes_init(&xml.text, MAP_MAX_TEXT);
    XML_SetUserData(xml.parser, &xml);
    XML_SetElementHandler(xml.parser, on_start, on_end);
    XML_SetCharacterDataHandler(xml.parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml.parser, on_doctype);
    enum XML_Status status = XML_Parse(xml.parser, text, (int)size, XML_TRUE);
    if (status != XML_STATUS_OK && !xml.failed) {
        (void)err_set(err, E_MAP_XML, "%s:%" PRIu32 ": %s", name, line_now(&xml),
                      XML_ErrorString(XML_GetErrorCode(xml.parser)));
        xml.failed = true;
    }
    XML_ParserFree(xml.parser);
    bytes_release(&xml.text);
    return !xml.failed;
}
