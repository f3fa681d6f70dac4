/* err_codes.h - the one table of error codes: name, number, kind, advice.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Numbers are stored in attempt records and travel in reports: never change or reuse one.
 * A hundred numbers a room. The advice says what to do, in one sentence.
 */
#ifndef SPILLWAY_BASE_ERR_CODES_H
#define SPILLWAY_BASE_ERR_CODES_H

/* clang-format off */
#define ERR_CODES(X)                                                                      \
    X(E_NONE, 0, ERR_NONE, "Nothing went wrong.")                                         \
    /* base */                                                                            \
    X(E_USAGE, 100, ERR_USAGE, "Call the command with --help.")                           \
    X(E_NUMBER, 101, ERR_USAGE, "Give a number in the range that the message names.")     \
    X(E_LIMIT, 102, ERR_RESOURCE, "A size is above its limit: split the input or raise the limit.") \
    X(E_DISK_OPEN, 103, ERR_STORAGE, "Check that the path exists and may be opened.")     \
    X(E_DISK_READ, 104, ERR_STORAGE, "Check the disk, then try again.")                   \
    X(E_DISK_WRITE, 105, ERR_STORAGE, "Check free space and permissions, then try again.")\
    X(E_DISK_FULL, 106, ERR_STORAGE, "Free space on the disk, then try again.")           \
    X(E_JSON, 107, ERR_INPUT, "The text is not the JSON that was expected.")              \
    X(E_PROCESS, 108, ERR_NODE, "A process could not be started or ended badly.")         \
    X(E_MODEL, 109, ERR_INPUT, "A value is outside what its record allows.")              \
    /* raw */                                                                             \
    X(E_RAW_HEADER, 200, ERR_INPUT, "Compare the file's checksum with the catalogue, then fetch it again.") \
    X(E_RAW_LAYOUT, 201, ERR_INPUT, "This header layout is not read: add it to lib/raw/date.c and walk_head.c.") \
    X(E_RAW_EMPTY, 202, ERR_INPUT, "Fetch the file again; if it is empty at its source, mark the chunk as lost.") \
    X(E_RAW_NO_EVENT, 203, ERR_INPUT, "This is no raw data file, or wholly damaged: check its name and checksum.") \
    X(E_RAW_RUN, 204, ERR_INPUT, "The name and the content of the file disagree: check the run catalogue.") \
    X(E_RAW_SEGMENTS, 205, ERR_INPUT, "The file is too damaged to be cut into segments: fetch it again.") \
    X(E_RAW_EVENT, 206, ERR_INPUT, "The event is damaged; the structure walker lists the places of damage.") \
    X(E_RAW_SCALER, 207, ERR_INPUT, "The scaler block is damaged: the beam count of this spill is unknown.") \
    X(E_RAW_DAMAGE, 208, ERR_INPUT, "All that is whole is delivered. If its checksum is not the catalogue's, fetch it again.") \
    X(E_RAW_DISAGREE, 209, ERR_PAYLOAD, "This is an error of the program: keep the file and report it.") \
    X(E_MAP_XML, 220, ERR_CONDITIONS, "Mend the XML of the channel map.")                 \
    X(E_MAP_LINE, 221, ERR_CONDITIONS, "Mend that line of the channel map.")              \
    X(E_MAP_TWICE, 222, ERR_CONDITIONS, "Give each channel one detector, or the section multi_digit=\"yes\".") \
    X(E_MAP_RUN, 223, ERR_CONDITIONS, "Extend the run range of the map, or take the run out of the selection.") \
    X(E_MAP_LIMIT, 224, ERR_CONDITIONS, "The channel map is above a named limit of lib/raw/map.h.") \
    X(E_MAP_RUNS, 225, ERR_CONDITIONS, "Mend the runs and lines that are listed, or leave these runs out.") \
    /* conditions */                                                                      \
    X(E_PAYLOAD_TEXT, 300, ERR_CONDITIONS, "Mend the payload's text: lib/conditions/README.md shows the form.") \
    X(E_PAYLOAD_VALUE, 301, ERR_CONDITIONS, "A calibration value is not plausible: check its unit and column.") \
    X(E_PAYLOAD_TYPE, 302, ERR_CONDITIONS, "Use a payload type that spillway conditions show lists.") \
    X(E_PAYLOAD_HASH, 303, ERR_CONDITIONS, "The payload's bytes are not those of the tag: put them right at the source.") \
    X(E_TAG_UNKNOWN, 304, ERR_CONDITIONS, "Name a tag that spillway conditions tags lists.") \
    X(E_TAG_ROW, 305, ERR_CONDITIONS, "Correct this row of the tag at the source.")       \
    X(E_TAG_MOVED, 306, ERR_CONDITIONS, "Somebody changes the tag: freeze it, then plan again.") \
    X(E_CONDITIONS_REPLY, 307, ERR_CONDITIONS, "This is no conditions service, or it is broken: check the URL of the source.") \
    X(E_CONDITIONS_GAP, 308, ERR_CONDITIONS, "Add payloads for these runs to the tag, or take the runs out of the selection.") \
    X(E_CONDITIONS_MATCH, 309, ERR_CONDITIONS, "Put payloads that belong together into the tag.") \
    X(E_MANIFEST, 310, ERR_CONDITIONS, "The manifest is damaged: resolve the tag again.") \
    X(E_EFFECTIVE, 311, ERR_CONDITIONS, "Add rows for this spill or run to the payload, or allow the fallback in the campaign.") \
    X(E_CONDITIONS_FETCH, 312, ERR_CONDITIONS, "Look at the conditions service or folder; try again when it works.") \
    X(E_PAYLOAD_ABSENT, 313, ERR_CONDITIONS, "Put the payload where the source keeps them, or take its row out of the tag.") \
    X(E_CONDITIONS_FAULTS, 314, ERR_CONDITIONS, "Mend each line of the list at the source, then check again.") \
    X(E_SHEET, 320, ERR_CONDITIONS, "Correct the table at the line that the message names.") \
    X(E_SDC, 321, ERR_CONDITIONS, "Correct the calibration text at the line that the message names.") \
    X(E_VALIDITY, 322, ERR_USAGE, "Give runs or times in a form that spillway conditions import --help shows.") \
    X(E_SNAPSHOT, 330, ERR_CONDITIONS, "The snapshot is damaged: copy it again, or take it again.") \
    X(E_CONDITIONS_REFUSED, 340, ERR_CONDITIONS, "The conditions service refused and changed nothing: the message says why.") \
    /* transfer */                                                                        \
    X(E_URL, 350, ERR_USAGE, "Give an absolute path, or a file:, http:// or https:// URL.") \
    X(E_HTTP_CONNECT, 351, ERR_STORAGE, "Check that the server runs and that its address is right.") \
    X(E_HTTP_STATUS, 352, ERR_STORAGE, "The server refused: the message says with which status.") \
    X(E_HTTP_SLOW, 353, ERR_STORAGE, "The server is too slow: try again later, or raise the time limit.") \
    X(E_HTTP_TOO_LARGE, 354, ERR_STORAGE, "The answer is above the size that was announced or allowed.") \
    X(E_HTTP_TRUNCATED, 355, ERR_STORAGE, "The answer stopped early: try again.")         \
    X(E_HTTP_TLS, 356, ERR_STORAGE, "Check the server's certificate and the trusted authorities.") \
    X(E_HTTP_REPLY, 357, ERR_STORAGE, "The answer is no proper HTTP: check the address and any proxy.") \
    X(E_BEARER, 358, ERR_USAGE, "Make the token file again: yours alone, mode 0600, one token in it.") \
    /* reco */                                                                            \
    X(E_RECO_RULES, 400, ERR_CONDITIONS, "Mend the sampling or pedestal payload: the message names the value.") \
    X(E_RECO_SETUP, 401, ERR_USAGE, "Name a set-up of lib/reco/setup.c in the campaign file.") \
    X(E_RECO_CHANNEL, 402, ERR_CONDITIONS, "Mend the channel map or the set-up: the message names the channel.") \
    X(E_RECO_MISSING, 403, ERR_CONDITIONS, "Add the value to the payload, or allow the fallback in the campaign.") \
    X(E_RECO_QUANTITY, 404, ERR_USAGE, "Use a quantity of lib/model/quantity.h in the cut.") \
    /* output */                                                                          \
    X(E_PACK_FORMAT, 500, ERR_INPUT, "The file is damaged or not ours: make it again from its inputs.") \
    X(E_PACK_HASH, 501, ERR_INPUT, "Bytes of the file changed: make it again from its inputs.") \
    X(E_COLUMNS_FORMAT, 502, ERR_INPUT, "The columns are damaged or of another version: make them again.") \
    X(E_MERGE_INPUT, 503, ERR_INPUT, "An input of the merge is missing or wrong: its segment must run again.") \
    X(E_SUMMARY_FORMAT, 504, ERR_INPUT, "The summary line is damaged: make it again.")    \
    X(E_HIST_FORMAT, 510, ERR_INPUT, "The histograms are damaged or of another release: make them again.") \
    X(E_COMPRESS_FORMAT, 520, ERR_INPUT, "Compressed bytes are damaged: make the file again.") \
    X(E_ROOT_FORMAT, 530, ERR_INPUT, "The file is damaged or not one of ours: make it again from its inputs.") \
    X(E_RNTUPLE_FORMAT, 531, ERR_INPUT, "The columns in the file are damaged or of a kind that is not read: make it again.") \
    X(E_HISTOGRAM_FORMAT, 532, ERR_INPUT, "The histogram is damaged or of a kind that is not read: make the file again.") \
    /* proto */                                                                           \
    X(E_WIRE_FORMAT, 600, ERR_PROTOCOL, "Both sides must be of one release; a stored record that is damaged needs a copy of the catalog.") \
    X(E_WIRE_VALUE, 601, ERR_PROTOCOL, "A field is outside its limits: the message names it; the sender or the record is wrong.") \
    /* catalog */                                                                         \
    X(E_CATALOG_OWNED, 700, ERR_USAGE, "Another process owns the catalog: use its URL, or end it first.") \
    X(E_CATALOG_GROW, 701, ERR_RESOURCE, "The map of the catalog was enlarged: run the transaction again.") \
    X(E_CATALOG_OPEN, 702, ERR_STORAGE, "Check the path and the permissions of the catalog folder.") \
    X(E_CATALOG_DAMAGED, 703, ERR_STORAGE, "Put a copy of the catalog in place and run spillway recover.") \
    X(E_CATALOG_VERSION, 704, ERR_USAGE, "Use the release of Spillway that made this catalog, or a newer one.") \
    X(E_CATALOG_PLACE, 705, ERR_USAGE, "Move the catalog to a disk of this machine.") \
    X(E_CATALOG_LINK, 706, ERR_INPUT, "A record names another one that does not exist or is still in use.") \
    X(E_CATALOG_NAME, 707, ERR_USAGE, "Give the campaign another name.") \
    X(E_CATALOG_STORE, 708, ERR_STORAGE, "The database engine failed: check disk and kernel log, then start again.") \
    /* coordinator */                                                                     \
    X(E_AREA, 800, ERR_USAGE, "Make a production area with spillway init, or name one with --area.") \
    X(E_CONFIG, 801, ERR_USAGE, "Correct the file at the line that the message names.")   \
    X(E_RUNS_TABLE, 802, ERR_INPUT, "Correct the run list at the line that the message names.") \
    X(E_RUNS_CONFLICT, 803, ERR_INPUT, "Correct the list, or give --replace to take the new values.") \
    X(E_SCAN, 804, ERR_INPUT, "Nothing was stored for the chunks named above: get good copies and scan them again.") \
    X(E_PLAN_INPUT, 805, ERR_INPUT, "Complete the run catalogue, then plan again.")       \
    X(E_PLAN_FROZEN, 806, ERR_USAGE, "A planned campaign is frozen: give the changed one a new name.") \
    X(E_PLAN_CONDITIONS, 807, ERR_CONDITIONS, "Fill the gaps in the tag, or acknowledge by name what the campaign may use.") \
    X(E_PLAN_STORE, 809, ERR_USAGE, "All campaigns of an area share one store: name that one, or make another area.") \
    X(E_NOT_FOUND, 808, ERR_USAGE, "Check the name or number against the catalogue.")     \
    X(E_JOURNAL, 810, ERR_INPUT, "This journal is damaged, or of another version: use the release that wrote it.") \
    X(E_REPLAY, 811, ERR_INPUT, "Another release decides otherwise: replay with the one that wrote the journal; if it was that one, keep the journal and report it.") \
    X(E_PILOT_LOST, 850, ERR_NODE, "The pilot went silent; its work was given to another one.") \
    X(E_PARTS_ABSENT, 851, ERR_STORAGE, "Reported files are not in the store: check its disk and mounts on that node.") \
    X(E_REPORT_EMPTY, 852, ERR_PROTOCOL, "The report does not fit its task: check the version of the pilot.") \
    X(E_STORE_ABSENT, 853, ERR_STORAGE, "Mount the store; or make its folder parts by hand to have all files made again.") \
    X(E_CAMPAIGN_STUCK, 860, ERR_INPUT, "Mend the cause, then spillway retry CAMPAIGN and run again. spillway skip takes out one event that crashes, spillway close accepts the loss.") \
    X(E_VERIFY, 861, ERR_INPUT, "The files named above are not what the catalog says: make them again.") \
    X(E_ORDER, 862, ERR_USAGE, "Look at spillway status CAMPAIGN: it says what holds and what it waits for.") \
    X(E_AMENDED, 863, ERR_USAGE, "An amendment of the campaign answers for this run: spillway status CAMPAIGN.") \
    X(E_GATE, 864, ERR_DECISION, "Look at the sample with spillway validate, then spillway gate --approve or --refuse; then run again.") \
    X(E_HTTP_LISTEN, 890, ERR_NODE, "Choose a free address and port of this machine to listen on.") \
    /* worker */                                                                          \
    X(E_WORKER_CRASH, 900, ERR_PAYLOAD, "The executor crashed: repeat the task by hand with spillway-executor --task.") \
    X(E_WORKER_KILLED, 901, ERR_NODE, "Something outside killed the executor (memory pressure, an operator): look at the node.") \
    X(E_WORKER_TIMEOUT, 902, ERR_PAYLOAD, "One segment took longer than its limit: raise segment_limit or repeat the task by hand.") \
    X(E_WORKER_MEMORY, 903, ERR_RESOURCE, "The executor met its memory limit: raise memory in the campaign policy.") \
    X(E_WORKER_START, 904, ERR_NODE, "The executor does not start on this node: try it there with --release.") \
    X(E_WORKER_KEY, 905, ERR_PROTOCOL, "Planner and executor do not agree on a key: install the same release everywhere.") \
    X(E_WORKER_RELEASE, 906, ERR_PROTOCOL, "The task is for another release: install it, or plan again with this one.") \
    X(E_WORKER_INPUT, 907, ERR_INPUT, "The raw file is not the one that was scanned: check it, then scan it again.") \
    X(E_WORKER_TASK, 908, ERR_PROTOCOL, "The task asks for what this executor cannot do: install the same release everywhere.") \
    X(E_WORKER_FRAME, 909, ERR_PROTOCOL, "Executor and pilot do not understand each other: install both from one release.") \
    X(E_WORKER_LOST, 910, ERR_NODE, "A rank of the pilot fell silent: look at its node.") \
    X(E_WORKER_PRODUCT, 911, ERR_STORAGE, "A stored product is not what the catalog says: run catalog check and make it again.") \
    X(E_WORKER_LONELY, 912, ERR_PROTOCOL, "The coordinator could not be reached for too long: check the address file and the service.") \
    X(E_WORKER_SPREAD, 913, ERR_NODE, "Ranks of one pilot differ in release or results: install the same build on all nodes.") \
    X(E_WORKER_MAPPED, 914, ERR_STORAGE, "The raw file could not be read while it was at work: check its disk.") \
    X(E_WORKER_DEFICIT, 915, ERR_INPUT, "Decoder and structure walker disagree about the events: keep the file and report it.") \
    X(E_WORKER_REFUSED, 916, ERR_PROTOCOL, "The coordinator does not take this pilot: install the release that it names, on every node.") \
    X(E_WORKER_WORLD, 917, ERR_NODE, "A rank died at its start, or the nodes do not reach each other: start the pilot again, then look at the network.") \
    /* model */                                                                           \
    /* the end: keep this line last and without a backslash */
/* clang-format on */

#endif
