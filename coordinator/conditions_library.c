/* conditions_library.c - what the conditions service keeps: a store, or a folder of tags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two locks: `change` is held by whoever changes, through the commit; `view` is held by
 * readers, and for the microseconds in which a commit becomes visible by the writer. So
 * readers never wait for a disk.
 */
#include "coordinator/conditions_library.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "conditions/tag.h"
#include "coordinator/conditions_shelf.h"

#define LIBRARY_REFRESH_NS ((int64_t)200000000) /* a changed file is seen this soon */

struct library {
    char *folder;
    struct ledger *ledger;         /* NULL: a folder of tags */
    struct conditions_shelf *tags; /* NULL: a store */
    struct index *index;
    pthread_mutex_t change;
    pthread_rwlock_t view;
    _Atomic int64_t looked_ns; /* at the folder */
};

/* ---- a store ---- */

static bool record_seen(void *user, const struct ledger_record *record, struct err *err)
{
    return index_put(user, record, err);
}

static bool ledger_load(struct library *library, struct err *err)
{
    static const enum ledger_kind order[] = {LEDGER_STATUS, LEDGER_TAG, LEDGER_TYPE,
                                             LEDGER_LIST,   LEDGER_ROW, LEDGER_BLOB};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (!ledger_each(library->ledger, order[i], record_seen, library->index, err))
            return err_wrap(err, "%s", library->folder);
    }
    return true;
}

static bool statuses_make(struct library *library, struct err *err)
{
    struct ledger_change changes[TAG_FROZEN - TAG_UNLOCKED + 1] = {0};
    struct ledger_entry entry = {
        .time_s = clock_wall_s(), .who = "spillway", .what = "new store"};
    size_t count = 0;
    for (int i = TAG_UNLOCKED; i <= TAG_FROZEN; i++) {
        struct ledger_record *record = &changes[count++].record;
        record->kind = LEDGER_STATUS;
        record->word.id = ledger_next_id(library->ledger, LEDGER_STATUS);
        record->word.created_s = entry.time_s;
        (void)snprintf(record->word.name, sizeof record->word.name, "%s",
                       tag_status_name((enum tag_status)i));
    }
    return library_commit(library, changes, count, &entry, err);
}

static bool store_open_all(struct library *library, struct err *err)
{
    if (!ledger_open(library->folder, &library->ledger, err))
        return false;
    library->index = index_new();
    return ledger_load(library, err) &&
           (index_last(library->index, LEDGER_STATUS) > 0 || statuses_make(library, err));
}

/* ---- life ---- */

bool library_open(const char *folder, struct library **library, struct err *err)
{
    struct library *made = mem_new(1, sizeof *made);
    made->folder = mem_text(folder);
    bug_if(pthread_mutex_init(&made->change, NULL) != 0);
    bug_if(pthread_rwlock_init(&made->view, NULL) != 0);
    bool done = true;
    if (conditions_shelf_exists(folder) && !ledger_exists(folder)) {
        made->tags = conditions_shelf_new(folder);
        made->index = conditions_shelf_read(made->tags);
        made->looked_ns = clock_now_ns();
    } else {
        done = store_open_all(made, err);
    }
    if (done)
        *library = made;
    else
        library_close(made);
    return done;
}

void library_close(struct library *library)
{
    if (!library)
        return;
    index_free(library->index);
    ledger_close(library->ledger);
    conditions_shelf_free(library->tags);
    (void)pthread_mutex_destroy(&library->change);
    (void)pthread_rwlock_destroy(&library->view);
    free(library->folder);
    free(library);
}

bool library_is_folder(const struct library *library)
{
    return library->tags != NULL;
}

const char *library_folder(const struct library *library)
{
    return library->folder;
}

/* ---- reading ---- */

static void view_replace(struct library *library, struct index *index)
{
    bug_if(pthread_rwlock_wrlock(&library->view) != 0);
    struct index *old = library->index;
    library->index = index;
    bug_if(pthread_rwlock_unlock(&library->view) != 0);
    index_free(old);
}

/* One thread looks, the others go on with what there is. */
static void folder_look(struct library *library)
{
    int64_t now_ns = clock_now_ns();
    int64_t looked_ns = atomic_load(&library->looked_ns);
    if (now_ns - looked_ns <= LIBRARY_REFRESH_NS ||
        pthread_mutex_trylock(&library->change) != 0)
        return;
    if (conditions_shelf_changed(library->tags))
        view_replace(library, conditions_shelf_read(library->tags));
    atomic_store(&library->looked_ns, clock_now_ns());
    bug_if(pthread_mutex_unlock(&library->change) != 0);
}

const struct index *library_read(struct library *library)
{
    if (library->tags)
        folder_look(library);
    bug_if(pthread_rwlock_rdlock(&library->view) != 0);
    return library->index;
}

void library_done(struct library *library)
{
    bug_if(pthread_rwlock_unlock(&library->view) != 0);
}

/* ---- changing ---- */

const struct index *library_change(struct library *library)
{
    bug_if(!library->ledger);
    bug_if(pthread_mutex_lock(&library->change) != 0);
    return library->index;
}

void library_change_end(struct library *library)
{
    bug_if(pthread_mutex_unlock(&library->change) != 0);
}

uint64_t library_next_id(struct library *library, enum ledger_kind kind)
{
    return ledger_next_id(library->ledger, kind);
}

bool library_commit(struct library *library, const struct ledger_change *changes,
                    size_t count, struct ledger_entry *entry, struct err *err)
{
    struct err broken;
    if (!ledger_commit(library->ledger, changes, count, entry, err))
        return false;
    bug_if(pthread_rwlock_wrlock(&library->view) != 0);
    /* What is durable now must be seen; if it does not fit, the next start says why. */
    bug_if(!index_apply(library->index, changes, count, &broken));
    bug_if(pthread_rwlock_unlock(&library->view) != 0);
    return true;
}

bool library_log(struct library *library, uint64_t from, uint64_t limit,
                 ledger_entry_seen seen, void *user, struct err *err)
{
    bug_if(pthread_mutex_lock(&library->change) != 0);
    bool done = ledger_log(library->ledger, from, limit, seen, user, err);
    bug_if(pthread_mutex_unlock(&library->change) != 0);
    return done;
}
