/* circuit.h - a server that keeps failing is left alone, by all processes of a node.
 * SPDX-License-Identifier: Apache-2.0
 *
 * After 5 failures in a row nothing is tried for 30 s; then one process tries once. When
 * that fails too the pause doubles, up to 10 min; an answer closes the circuit. Without
 * this thousands of processes with patience of their own keep a sick server sick.
 *
 * The state of each server is a file of a folder of the node, under a lock, so that all
 * processes of the node count together; where there is no folder, or it cannot be
 * written, each counts for itself. Times are CLOCK_BOOTTIME; a pause that ends later than
 * the longest one could is of an earlier boot and counts as over.
 */
#ifndef SPILLWAY_TRANSFER_CIRCUIT_H
#define SPILLWAY_TRANSFER_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

#define CIRCUIT_FAILURES 5u
#define CIRCUIT_FIRST_NS ((int64_t)30 * 1000000000)
#define CIRCUIT_MOST_NS  ((int64_t)600 * 1000000000)

struct circuit {
    uint32_t failures; /* in a row */
    int64_t pause_ns;  /* the last one, 0 while closed */
    int64_t until_ns;  /* no try before */
};

/* What is left of the pause; 0 gives the right to one try. When the pause is just over,
 * that is the right to the only one: others wait for another pause. */
int64_t circuit_ask(struct circuit *circuit, int64_t now_ns);
void circuit_note(struct circuit *circuit, bool alive, int64_t now_ns);

/* The same with the state in FOLDER/<hash of `server`>; `folder` NULL: only in *own. */
struct circuit_place {
    const char *folder;
    const char *server; /* scheme, host and port */
    struct circuit *own;
};

int64_t circuit_place_ask(const struct circuit_place *place, int64_t now_ns);
void circuit_place_note(const struct circuit_place *place, bool alive, int64_t now_ns);

#endif
