/* http_library.c - finding libcurl and its functions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "transfer/http_library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define CALL(name) {"curl_" #name, offsetof(struct http_library, name)},

/* Where the address of each goes. */
static const struct {
    const char *name;
    size_t place;
} calls[] = {HTTP_CALLS(CALL)};

_Static_assert(sizeof calls / sizeof *calls * sizeof(void *) ==
                   sizeof(struct http_library),
               "addresses and nothing else");

bool http_library_load(const char *name, struct http_library *library, struct err *err)
{
    struct http_library found;
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == NULL)
        return err_set(err, E_PROCESS, "%s: install it (Debian: libcurl4)", dlerror());
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        void *address = dlsym(handle, calls[i].name);
        if (address == NULL)
            return err_set(err, E_PROCESS, "%s has no %s: install 7.85 or newer", name,
                           calls[i].name);
        memcpy((char *)&found + calls[i].place, &address, sizeof address);
    }
    *library = found;
    return true;
}
