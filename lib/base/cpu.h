/* cpu.h - what the CPU has beyond the instructions of every x86-64.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For code that exists twice with equal results, plain and faster. As the C library sees
 * it: GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2 masks it, so that a test can run the plain
 * code on any machine. Asked when an object is made, not in loops.
 */
#ifndef SPILLWAY_BASE_CPU_H
#define SPILLWAY_BASE_CPU_H

#include <stdbool.h>

bool cpu_has_avx2(void);
bool cpu_has_sha(void);  /* the instructions for sha256 */
bool cpu_has_half(void); /* AVX2, and what turns floats into halves */

/* Functions marked so may use what their name says and are called only where the CPU has
 * it. CPU_VECTOR is 1 where such functions are compiled at all. */
#ifdef __x86_64__
#    define CPU_VECTOR 1
#    define CPU_AVX2   __attribute__((target("avx2")))
#    define CPU_SHA    __attribute__((target("sha,sse4.1")))
#    define CPU_HALF   __attribute__((target("avx2,f16c")))
#else
#    define CPU_VECTOR 0
#endif

#endif
