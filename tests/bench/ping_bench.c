/* ping_bench.c - messages between two MPI ranks, there and back, a second.
 * SPDX-License-Identifier: Apache-2.0
 *
 * mpirun -n 2 ping_bench FILE: the yardstick of dispatch_bench. A blocking loop with 200
 * bytes, as quick as MPI can do it; the rate is written to FILE.
 */
#include <stdio.h>

#include <mpi.h>

#include "base/clock.h"
#include "tests/bench/measure.h"

#define BYTES    200
#define MESSAGES 100000

int main(int count, char **words)
{
    static char letter[BYTES];
    struct err err = {.text = "mpirun -n 2 ping_bench FILE"};
    int rank = 0, size = 0;
    measure_must(MPI_Init(&count, &words) == MPI_SUCCESS, &err);
    (void)MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    (void)MPI_Comm_size(MPI_COMM_WORLD, &size);
    measure_must(count == 2 && size == 2, &err);
    int64_t start_ns = clock_now_ns();
    for (int i = 0; i < 2 * MESSAGES; i++)
        if (i % 2 == rank)
            (void)MPI_Send(letter, BYTES, MPI_BYTE, 1 - rank, 0, MPI_COMM_WORLD);
        else
            (void)MPI_Recv(letter, BYTES, MPI_BYTE, 1 - rank, 0, MPI_COMM_WORLD,
                           MPI_STATUS_IGNORE);
    double rate = MESSAGES / measure_since_s(start_ns);
    FILE *file = rank == 0 ? fopen(words[1], "we") : NULL;
    if (rank == 0)
        measure_must(
            file != NULL && fprintf(file, "%.6g\n", rate) > 0 && fclose(file) == 0, &err);
    (void)MPI_Finalize();
    return 0;
}
