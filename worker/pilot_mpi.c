/* pilot_mpi.c - letters between ranks over MPI, without ever waiting.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sends are MPI_Isend with memory of their own. Receives are MPI_Improbe and MPI_Imrecv:
 * the size is known before memory is taken, and a letter whose sender dies half-way
 * blocks nobody.
 */
#include "worker/pilot_mpi.h"

#include <limits.h>
#include <stdlib.h>

#include <mpi.h>

#define MAIL_TAG 1

struct transit {
    struct transit *next;
    struct letter *letter;
    MPI_Request request;
    bool whole;
};

struct pilot_mpi {
    int size;
    bool *abandoned;
    struct transit *sending;
    struct transit *receiving; /* in order of arrival */
};

bool pilot_mpi_start(struct pilot_mpi **mpi, int *rank, int *size, struct err *err)
{
    int provided;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN) != MPI_SUCCESS ||
        MPI_Comm_rank(MPI_COMM_WORLD, rank) != MPI_SUCCESS ||
        MPI_Comm_size(MPI_COMM_WORLD, size) != MPI_SUCCESS)
        return err_set(err, E_PROCESS, "MPI does not start");
    struct pilot_mpi *started = mem_new(1, sizeof *started);
    started->size = *size;
    started->abandoned = mem_new((size_t)*size, sizeof *started->abandoned);
    *mpi = started;
    return true;
}

static struct transit *transit_add(struct transit **list, struct letter *letter)
{
    struct transit *transit = mem_new(1, sizeof *transit);
    transit->letter = letter;
    transit->request = MPI_REQUEST_NULL;
    while (*list != NULL)
        list = &(*list)->next;
    *list = transit;
    return transit;
}

/* true when the operation is over, well or not. */
static bool transit_over(struct transit *transit)
{
    int done = 0;
    if (transit->whole)
        return true;
    bool failed = MPI_Test(&transit->request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS;
    transit->whole = done != 0;
    return done != 0 || failed;
}

void pilot_mpi_send(struct pilot_mpi *mpi, struct letter *letter)
{
    bug_if(letter->peer < 0 || letter->peer >= mpi->size || letter->size > INT_MAX);
    if (mpi->abandoned[letter->peer]) {
        free(letter);
        return;
    }
    struct transit *transit = transit_add(&mpi->sending, letter);
    /* A send that cannot even start has the effect of one that never arrives. */
    if (MPI_Isend(letter->data, (int)letter->size, MPI_BYTE, letter->peer, MAIL_TAG,
                  MPI_COMM_WORLD, &transit->request) != MPI_SUCCESS)
        transit->request = MPI_REQUEST_NULL;
}

bool pilot_mpi_sent(struct pilot_mpi *mpi)
{
    struct transit **place = &mpi->sending;
    bool all = true;
    while (*place != NULL) {
        struct transit *transit = *place;
        bool abandoned = mpi->abandoned[transit->letter->peer];
        if (!abandoned && transit_over(transit)) {
            *place = transit->next;
            free(transit->letter);
            free(transit);
            continue;
        }
        all = all && abandoned;
        place = &transit->next;
    }
    return all;
}

/* Begins to receive what has arrived. */
static void arrivals_begin(struct pilot_mpi *mpi)
{
    for (;;) {
        int found = 0, size = 0;
        MPI_Message message;
        MPI_Status status;
        if (MPI_Improbe(MPI_ANY_SOURCE, MAIL_TAG, MPI_COMM_WORLD, &found, &message,
                        &status) != MPI_SUCCESS ||
            !found)
            return;
        /* The message of an abandoned rank stays matched and unread for ever. */
        if (mpi->abandoned[status.MPI_SOURCE])
            continue;
        if (MPI_Get_count(&status, MPI_BYTE, &size) != MPI_SUCCESS || size < 0 ||
            (size_t)size > MAIL_LIMIT)
            size = 0;
        struct letter *letter = letter_blank(status.MPI_SOURCE, (size_t)size);
        struct transit *transit = transit_add(&mpi->receiving, letter);
        if (MPI_Imrecv(letter->data, size, MPI_BYTE, &message, &transit->request) !=
            MPI_SUCCESS)
            transit->request = MPI_REQUEST_NULL;
    }
}

static bool overtakes(const struct pilot_mpi *mpi, const struct transit *transit)
{
    for (const struct transit *before = mpi->receiving; before != transit;
         before = before->next)
        if (before->letter->peer == transit->letter->peer)
            return true;
    return false;
}

struct letter *pilot_mpi_receive(struct pilot_mpi *mpi)
{
    (void)pilot_mpi_sent(mpi); /* frees what has gone out */
    arrivals_begin(mpi);
    for (struct transit **place = &mpi->receiving; *place != NULL;
         place = &(*place)->next) {
        struct transit *transit = *place;
        if (mpi->abandoned[transit->letter->peer] || !transit_over(transit) ||
            overtakes(mpi, transit))
            continue;
        struct letter *letter = transit->letter;
        *place = transit->next;
        free(transit);
        return letter;
    }
    return NULL;
}

void pilot_mpi_abandon(struct pilot_mpi *mpi, int rank)
{
    mpi->abandoned[rank] = true;
}

void pilot_mpi_finish(struct pilot_mpi *mpi)
{
    (void)MPI_Finalize();
    free(mpi->abandoned);
    free(mpi);
}
