/* main.c - spillway-simulate: synthetic raw data with known truth.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/simulate/simulation.h"

static int fail(const struct err *err)
{
    enum err_code code = (enum err_code)err->code;
    (void)fprintf(stderr, "spillway-simulate: error %s: %s\n  %s\n", err_name(code),
                  err->text, err_advice(code));
    return err_exit_status(code);
}

int main(int count, char **arguments)
{
    struct sim_options options;
    struct simulation_counts counts;
    struct err err;
    if (!sim_options_read(count, arguments, &options, &err))
        return fail(&err);
    if (options.help)
        return fputs(sim_usage, stdout) < 0;
    if (!simulation_run(&options, &counts, &err))
        return fail(&err);
    (void)printf("SYNTHETIC %s: %" PRIu64 " events, %" PRIu32 " chunks, %" PRIu64
                 " bytes\n",
                 options.out, counts.events, counts.chunks, counts.bytes);
    return 0;
}
