/* cpu.c - what the CPU has, as the C library reports it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/cpu.h"

#if CPU_VECTOR
#    include <sys/platform/x86.h>

bool cpu_has_avx2(void)
{
    return CPU_FEATURE_ACTIVE(AVX2);
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
bool cpu_has_avx2(void)
{
    return false;
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
