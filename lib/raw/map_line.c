/* map_line.c - lines, words, numbers and options of a map section.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "base/text.h"
#include "raw/map_internal.h"

bool map_has_option(const struct map_section *section, const char *word)
{
    static const char blank[] = " \t\r\n,";
    size_t size = strlen(word);
    const char *at = section->options;
    for (at += strspn(at, blank); *at != 0; at += strspn(at, blank)) {
        size_t length = strcspn(at, blank);
        if (length == size && memcmp(at, word, size) == 0)
            return true;
        at += length;
    }
    return false;
}

bool map_line_next(struct map_text *text, struct map_text *line)
{
    if (text->size == 0)
        return false;
    const char *end = memchr(text->text, '\n', text->size);
    *line = *text;
    line->size = end == NULL ? text->size : (size_t)(end - text->text);
    size_t passed = line->size + (end != NULL);
    text->text += passed;
    text->size -= passed;
    text->line++;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

void map_words_split(const struct map_text *line, struct map_words *words)
{
    size_t at = 0;
    *words = (struct map_words){.fit = true};
    while (words->count < MAP_COLUMNS) {
        while (at < line->size && is_blank(line->text[at]))
            at++;
        size_t start = at;
        while (at < line->size && !is_blank(line->text[at]))
            at++;
        if (at == start)
            break;
        if (at - start >= MAP_NAME || memchr(line->text + start, 0, at - start) != NULL) {
            words->fit = false;
            break;
        }
        memcpy(words->word[words->count++], line->text + start, at - start);
    }
}

bool map_number_read(const char *word, int64_t minimum, int64_t maximum, int64_t *value)
{
    struct err ignored;
    if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
        uint8_t bytes[4];
        char digits[9] = "00000000";
        size_t size = strlen(word + 2);
        if (size == 0 || size > 8)
            return false;
        memcpy(digits + 8 - size, word + 2, size);
        if (!text_from_hex(digits, bytes, sizeof bytes, &ignored))
            return false;
        *value = be32_load(bytes);
        return *value >= minimum && *value <= maximum;
    }
    return text_to_i64(word, minimum, maximum, value, &ignored);
}

bool map_line_refuse(const struct map_text *line, const char *expected, struct err *err)
{
    return err_set(err, E_MAP_LINE, "%s:%" PRIu32 ": no %s: \"%.*s\"", line->name,
                   line->line, expected, (int)(line->size < 60 ? line->size : 60),
                   line->text);
}
