/* banned.h - functions that we do not use: naming one is a compile error.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Force-included into every source file of ours by CMake, after the system headers
 * that declare these names. Bounded texts are built with base/text.h, numbers are
 * read with base/text.h, children are started with posix_spawn or fork and exec.
 */
#ifndef SPILLWAY_BASE_BANNED_H
#define SPILLWAY_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef alloca
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol atof
#pragma GCC poison gets localtime gmtime ctime asctime system popen srand alloca

#endif
