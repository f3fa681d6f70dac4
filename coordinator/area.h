/* area.h - the production area: the folder that holds everything of one production.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   spillway.area  marker with the version of the layout
 *   catalog/       the catalog (catalog/catalog.h)
 *   pilot.token    secret that pilots show, mode 0600
 *   logs/          of the service and of pilots
 *   owner.lock     held by the spillway run that works here
 * Published files are not here but in the store that a campaign names.
 */
#ifndef SPILLWAY_COORDINATOR_AREA_H
#define SPILLWAY_COORDINATOR_AREA_H

#include "catalog/catalog.h"
#include "transfer/bearer.h"

#define AREA_PATH  400 /* folder and longest name, below TASK_URL */
#define AREA_TOKEN 65  /* 64 hexadecimal digits and the NUL */

/* The folder, and what else main read from the environment. */
struct area {
    char folder[AREA_PATH]; /* absolute once area_open or area_init took it */
    struct bearer_places bearer;
    const char *authorities; /* PEM file of those trusted in TLS; NULL: the system's */
};

/* Makes the folder, its catalog, token file, logs/ and marker. An area that is already
 * there is left as it is: *made says which. A folder with other things in it is fine. */
bool area_init(struct area *area, const char token[AREA_TOKEN], bool *made,
               struct err *err);

/* Checks the marker and makes the folder absolute. Every command but init starts here;
 * without a marker the message says how to make one. */
bool area_open(struct area *area, struct err *err);

/* FOLDER/name; E_LIMIT when it is too long. */
bool area_path(const struct area *area, const char *name, char out[AREA_PATH],
               struct err *err);

/* The secret of pilot.token; line ends behind it are none of it. */
bool area_token(const struct area *area, char token[AREA_TOKEN], struct err *err);

/* area_open, then the catalog in it. */
bool area_catalog(struct area *area, enum catalog_mode mode, struct catalog **catalog,
                  struct err *err);

/* The catalog of an area that is open, as it is now: the caller ends both, with
 * catalog_abort and catalog_close, also when this fails and both were NULL before. */
bool area_read(const struct area *area, struct catalog **catalog,
               struct catalog_txn **txn, struct err *err);

#endif
