/* folder.h - a folder as a source of conditions; README.md has its form.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_CONDITIONS_FOLDER_H
#define SPILLWAY_CONDITIONS_FOLDER_H

#include "conditions/tag.h"

/* FOLDER/tags/NAME.json. E_TAG_UNKNOWN when there is none, E_CONDITIONS_FETCH when there
 * is no folder of tags at all. */
bool folder_read_tag(const char *folder, const char *name, struct arena *arena,
                     struct tag *tag, struct err *err);

/* Writes it, durably and whole; rows as they stand. */
bool folder_write_tag(const char *folder, const struct tag *tag, struct err *err);

bool folder_list_tags(const char *folder, tag_seen seen, void *user, struct err *err);

/* The payload_url of the first row of any tag with this checksum; false: no tag that can
 * be read has one. */
#define FOLDER_URL 256
bool folder_find_payload(const char *folder, const char *checksum, char url[FOLDER_URL]);

#endif
