/* cpu.c - what the CPU has, as the C library reports it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/cpu.h"

#if CPU_VECTOR
#    include <stdatomic.h>
#    include <sys/platform/x86.h>

static enum cpu_vectors vectors_find(void)
{
    if (!CPU_FEATURE_ACTIVE(AVX2))
        return CPU_VECTORS_NONE;
    /* Of AVX512VL the header of the C library would shift a 1 into the sign. */
    bool wide = CPU_FEATURE_ACTIVE(AVX512F) && CPU_FEATURE_ACTIVE(AVX512BW) &&
                CPU_FEATURE_ACTIVE(AVX512DQ) && __builtin_cpu_supports("avx512vl") &&
                CPU_FEATURE_ACTIVE(AVX512_VBMI) && CPU_FEATURE_ACTIVE(AVX512_VBMI2) &&
                CPU_FEATURE_ACTIVE(AVX512_VNNI) && CPU_FEATURE_ACTIVE(BMI1) &&
                CPU_FEATURE_ACTIVE(BMI2) && CPU_FEATURE_ACTIVE(LZCNT) &&
                CPU_FEATURE_ACTIVE(POPCNT);
    return wide ? CPU_VECTORS_AVX512 : CPU_VECTORS_AVX2;
}

enum cpu_vectors cpu_vectors(void)
{
    static _Atomic int known = -1; /* asking takes as long as a sum of some kB */
    int vectors = atomic_load_explicit(&known, memory_order_relaxed);
    if (vectors < 0) {
        vectors = (int)vectors_find();
        atomic_store_explicit(&known, vectors, memory_order_relaxed);
    }
    return (enum cpu_vectors)vectors;
}

bool cpu_has_sha(void)
{
    return CPU_FEATURE_ACTIVE(SHA) && CPU_FEATURE_ACTIVE(SSE4_1);
}

bool cpu_has_half(void)
{
    return CPU_FEATURE_ACTIVE(AVX2) && CPU_FEATURE_ACTIVE(F16C);
}
#else
enum cpu_vectors cpu_vectors(void)
{
    return CPU_VECTORS_NONE;
}

bool cpu_has_half(void)
{
    return false;
}

bool cpu_has_sha(void)
{
    return false;
}
#endif
