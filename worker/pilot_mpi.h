/* pilot_mpi.h - letters between ranks; pilot_mpi.c is the only door to MPI.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing here waits. Open MPI 4.1 never tells that a rank died: a send to it may not
 * complete, ever, and so may a receive that was begun. Both are left alone then, with
 * their memory. After a loss MPI_Finalize may hang: the world ends by _exit.
 */
#ifndef SPILLWAY_WORKER_PILOT_MPI_H
#define SPILLWAY_WORKER_PILOT_MPI_H

#include "worker/mail.h"

struct pilot_mpi;

/* Only the calling thread may use MPI; others may exist. */
bool pilot_mpi_start(struct pilot_mpi **mpi, int *rank, int *size, struct err *err);

/* Starts to send; owns the letter from now on. Letters to an abandoned rank vanish. */
void pilot_mpi_send(struct pilot_mpi *mpi, struct letter *letter);

/* The next letter that has arrived whole, in the order in which its sender sent it.
 * NULL: none. The caller frees it. */
struct letter *pilot_mpi_receive(struct pilot_mpi *mpi);

/* Never touches this rank again. */
void pilot_mpi_abandon(struct pilot_mpi *mpi, int rank);

/* true when every letter to a rank that was not abandoned is on its way. */
bool pilot_mpi_sent(struct pilot_mpi *mpi);

/* MPI_Finalize; only when all ranks do so and none was lost. */
void pilot_mpi_finish(struct pilot_mpi *mpi);

#endif
