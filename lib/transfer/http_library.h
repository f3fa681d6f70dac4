/* http_library.h - libcurl, loaded when it is needed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * With it come some thirty other libraries. Loading them takes longer than anything else
 * at the start of a program, and most of ours never make a request.
 */
#ifndef SPILLWAY_TRANSFER_HTTP_LIBRARY_H
#define SPILLWAY_TRANSFER_HTTP_LIBRARY_H

#include <curl/curl.h>

#include "base/err.h"

#define HTTP_LIBRARY "libcurl.so.4"

/* Its functions that we call, without "curl_". */
#define HTTP_CALLS(X)                                                                    \
    X(global_init_mem)                                                                   \
    X(easy_init)                                                                         \
    X(easy_cleanup)                                                                      \
    X(easy_reset)                                                                        \
    X(easy_setopt)                                                                       \
    X(easy_getinfo)                                                                      \
    X(easy_perform)                                                                      \
    X(easy_strerror)                                                                     \
    X(slist_append)                                                                      \
    X(slist_free_all)                                                                    \
    X(url)                                                                               \
    X(url_set)                                                                           \
    X(url_get)                                                                           \
    X(url_cleanup)                                                                       \
    X(free)

#define HTTP_CALL(name) __typeof__(curl_##name) *name;

struct http_library {
    HTTP_CALLS(HTTP_CALL)
};

#undef HTTP_CALL

/* Loads `name` for good; E_PROCESS when it or a function of it is not there. */
bool http_library_load(const char *name, struct http_library *library, struct err *err);

#endif
