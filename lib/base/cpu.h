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

/* The widest vectors there is code for; each kind has what the one before it has. */
enum cpu_vectors {
    CPU_VECTORS_NONE,
    CPU_VECTORS_AVX2,
    CPU_VECTORS_AVX512, /* as server CPUs have it since 2019 and 2022 (Ice Lake, Zen 4) */
};

enum cpu_vectors cpu_vectors(void);
bool cpu_has_sha(void);  /* the instructions for sha256 */
bool cpu_has_half(void); /* AVX2, and what turns floats into halves */

/* Functions marked so may use what their name says and are called only where the CPU has
 * it. CPU_VECTOR is 1 where such functions are compiled at all. */
#ifdef __x86_64__
#    define CPU_VECTOR 1
#    define CPU_AVX2   __attribute__((target("avx2")))
#    define CPU_AVX512                                                                   \
        __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,"    \
                              "avx512vl,avx512vbmi,avx512vbmi2,avx512vnni")))
#    define CPU_SHA  __attribute__((target("sha,sse4.1")))
#    define CPU_HALF __attribute__((target("avx2,f16c")))
#else
#    define CPU_VECTOR 0
#endif

#endif
