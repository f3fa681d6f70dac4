/* herd_helper.c - 10 000 workers on 100 nodes start; requests are counted.
 * SPDX-License-Identifier: Apache-2.0
 *
 * herd_helper FOLDER NODES WORKERS [open]: a conditions service and the lead of a pilot
 * live here, each node is a process with a cache folder of its own, each worker a thread
 * of it that takes every payload through the real cache. A few nodes live at a time, for
 * the sake of the machine; what each asks for does not depend on the others. Letters go
 * over a socket instead of MPI; everything else is what pilots use. Exits with 1 when
 * somebody asked too often. With "open" the tag is not frozen, so that it is read twice,
 * and the service says in it where the payloads are, as ours does.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "conditions/cache.h"
#include "conditions/resolve.h"
#include "worker/blobs.h"

#define PAYLOADS   50u
#define NODES_MOST 1000u
#define NODES_LIVE 4u
#define PAYLOAD                                                                          \
    "spillway-table 1\ntype calo_gain\nsource ours\nsynthetic yes\nled_reference none\n" \
    "columns detector:name x:count y:count gain_gev_per_count:real\nECAL0 0 0 %u\nend\n"
#define LOCK_WAIT_NS ((int64_t)60 * 1000000000)

static void must(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "herd: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static void send_all(int fd, const void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = send(fd, (const char *)data + done, size - done, MSG_NOSIGNAL);
        must(n > 0, "send");
        done += (size_t)n;
    }
}

static bool receive_all(int fd, void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = recv(fd, (char *)data + done, size - done, 0);
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* ---- the service ---- */

struct service {
    int fd;
    unsigned port;
    pthread_t thread;
    atomic_uint metadata, blobs;
    bool open;
};

static size_t payload_text(unsigned number, char out[512])
{
    return (size_t)snprintf(out, 512, PAYLOAD, 1 + number % 9);
}

/* One row a run: 50 intervals with 50 payloads (a line each makes them differ). */
static size_t payload_of(unsigned number, char out[512])
{
    size_t length = payload_text(number, out);
    return length - 4 +
           (size_t)snprintf(out + length - 4, 512 - length, "ECAL0 0 1 0.%02u\nend\n",
                            number + 1);
}

static size_t tag_text(bool open, char *out, size_t size)
{
    size_t used = (size_t)snprintf(
        out, size,
        "{\"name\":\"t\",\"status\":\"%s\",%s\"payload_lists\":[{"
        "\"payload_type\":\"calo_gain\",\"payload_iov\":[",
        open ? "unlocked" : "frozen", open ? "\"payloads\":\"/p\"," : "");
    for (unsigned i = 0; i < PAYLOADS; i++) {
        char text[512];
        char hex[SHA256_HEX];
        struct sha256 hash = sha256_of(text, payload_of(i, text));
        sha256_to_hex(&hash, hex);
        used += (size_t)snprintf(out + used, size - used,
                                 "%s{\"payload_url\":\"p/%u\",\"checksum\":\"%s\","
                                 "\"major_iov\":%u,\"minor_iov\":0,\"major_iov_end\":%u,"
                                 "\"minor_iov_end\":0}",
                                 i > 0 ? "," : "", i, hex, 3000 + i, 3001 + i);
    }
    return used + (size_t)snprintf(out + used, size - used, "]}]}");
}

static void service_answer(struct service *service, int fd)
{
    static char body[65536];
    char request[4096] = "";
    char head[256];
    size_t used = 0;
    while (!strstr(request, "\r\n\r\n")) {
        ssize_t n = recv(fd, request + used, sizeof request - 1 - used, 0);
        if (n <= 0)
            return;
        used += (size_t)n;
        request[used] = '\0';
    }
    const char *payload = strstr(request, "GET /p/p/");
    size_t size;
    if (payload) {
        service->blobs++;
        size = payload_of((unsigned)strtoul(payload + 9, NULL, 10), body);
    } else {
        service->metadata++;
        size =
            strstr(request, "globalTag/t ")
                ? tag_text(service->open, body, sizeof body)
                : (size_t)snprintf(body, sizeof body,
                                   "{\"CDB_PAYLOAD_BASE_URL\":\"http://127.0.0.1:%u/p\"}",
                                   service->port);
    }
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                          size);
    send_all(fd, head, (size_t)length);
    send_all(fd, body, size);
}

static void *service_run(void *user)
{
    struct service *service = user;
    for (int fd; (fd = accept(service->fd, NULL, NULL)) >= 0;) {
        service_answer(service, fd);
        (void)close(fd);
    }
    return NULL;
}

static void service_start(struct service *service)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    service->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(service->fd >= 0 && bind(service->fd, (struct sockaddr *)&address, size) == 0 &&
             listen(service->fd, 64) == 0 &&
             getsockname(service->fd, (struct sockaddr *)&address, &size) == 0,
         "the service");
    service->port = ntohs(address.sin_port);
    must(pthread_create(&service->thread, NULL, service_run, service) == 0, "thread");
}

/* ---- the planner ---- */

static bool keep(void *user, const struct tag_row *row, const struct sha256 *hash,
                 const struct bytes *bytes, struct err *err)
{
    (void)row;
    return resolve_blob_put(user, hash, bytes, err);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): `user` of a request is not const */
static void plan(const struct service *service, char *store, struct manifest *manifest)
{
    char url[64];
    struct source *source = NULL;
    enum tag_status status = TAG_OTHER;
    struct err err = {0};
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/api/cdb_rest", service->port);
    struct source_options options = {.url = url, .transfer = transfer_options_usual(1)};
    struct resolve_request request = {.tag = "t",
                                      .first_run = 3000,
                                      .last_run = 3000 + PAYLOADS - 1,
                                      .seen = keep,
                                      .user = store};
    if (!source_open(&options, &source, &err) ||
        !resolve_tag(source, &request, manifest, &status, &err)) {
        (void)fprintf(stderr, "herd: %s\n", err.text);
        _exit(1);
    }
    source_close(source);
}

/* ---- a node ---- */

struct node {
    const char *folder;
    const char *store;
    int lead;
    pthread_mutex_t mutex; /* one wish at a time on the socket */
    const struct manifest *manifest;
    atomic_uint failed;
};

/* {sha256, path of the store} there, {size, bytes} back. */
static bool ask_lead(void *user, const struct sha256 *hash, struct bytes *out,
                     struct err *err)
{
    struct node *node = user;
    uint32_t size = 0;
    uint8_t *place = NULL;
    (void)pthread_mutex_lock(&node->mutex);
    send_all(node->lead, hash->bytes, SHA256_SIZE);
    bool done = receive_all(node->lead, &size, sizeof size) && size > 0 &&
                bytes_reserve(out, size, &place, err) &&
                receive_all(node->lead, place, size);
    (void)pthread_mutex_unlock(&node->mutex);
    if (done)
        out->size += size;
    return done || err_set(err, E_CONDITIONS_FETCH, "the lead has no such blob");
}

static void *worker_run(void *user)
{
    struct node *node = user;
    struct cache cache = {.folder = node->folder,
                          .fetch = ask_lead,
                          .user = node,
                          .lock_wait_ns = LOCK_WAIT_NS,
                          .most_bytes = (uint64_t)1 << 30,
                          .largest_bytes = (size_t)1 << 20};
    for (size_t i = 0; i < node->manifest->count; i++) {
        struct cache_object object;
        struct err err = {0};
        if (!cache_get(&cache, &node->manifest->entries[i].hash, &object, &err)) {
            (void)fprintf(stderr, "herd: %s\n", err.text);
            node->failed++;
            break;
        }
        if (object.map == NULL) /* not shared */
            node->failed++;
        cache_object_release(&object);
    }
    return NULL;
}

static void node_run(struct node *node, unsigned workers)
{
    pthread_t *threads = mem_new(workers, sizeof *threads);
    pthread_attr_t small;
    must(pthread_mutex_init(&node->mutex, NULL) == 0 && pthread_attr_init(&small) == 0 &&
             pthread_attr_setstacksize(&small, (size_t)256 << 10) == 0,
         "threads");
    for (unsigned i = 0; i < workers; i++)
        must(pthread_create(&threads[i], &small, worker_run, node) == 0, "worker");
    for (unsigned i = 0; i < workers; i++)
        (void)pthread_join(threads[i], NULL);
    _exit(node->failed > 0 ? 1 : 0);
}

/* ---- the lead ---- */

struct herd {
    const char *folder;
    unsigned nodes, started, ended;
    unsigned workers;
    const struct manifest *manifest;
    struct pollfd sockets[NODES_MOST];
    pid_t pids[NODES_MOST];
    unsigned asked[NODES_MOST];
    char store[256];
};

static void nodes_start(struct herd *herd)
{
    while (herd->started < herd->nodes && herd->started - herd->ended < NODES_LIVE) {
        unsigned i = herd->started++;
        int pair[2];
        must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socket");
        herd->pids[i] = fork();
        must(herd->pids[i] >= 0, "fork");
        if (herd->pids[i] == 0) {
            char cache[256];
            (void)close(pair[0]);
            (void)snprintf(cache, sizeof cache, "%s/node%u", herd->folder, i);
            struct node node = {.folder = cache,
                                .store = herd->store,
                                .lead = pair[1],
                                .manifest = herd->manifest};
            node_run(&node, herd->workers);
        }
        (void)close(pair[1]);
        herd->sockets[i] = (struct pollfd){.fd = pair[0], .events = POLLIN};
    }
}

/* Passes a node's wish on to the real thing; false when the node has ended. */
static bool wish_take(struct herd *herd, struct blobs *blobs, unsigned node)
{
    uint8_t body[FRAME_WANT_LIMIT];
    struct frame_want want = {.mirrors = ""};
    if (!receive_all(herd->sockets[node].fd, want.hash.bytes, SHA256_SIZE))
        return false;
    memcpy(want.store, herd->store, sizeof herd->store);
    herd->asked[node]++;
    blobs_ask(blobs, letter_new((int)node,
                                &(struct mail){.kind = MAIL_WANT,
                                               .attempt = 1,
                                               .body = body,
                                               .size = frame_want_pack(&want, body)}));
    return true;
}

static void answers_send(const struct herd *herd, struct blobs *blobs)
{
    for (struct letter *letter; (letter = blobs_take(blobs)) != NULL;) {
        struct mail mail;
        struct err err = {0};
        must(letter_open(letter, &mail, &err) && mail.size >= FRAME_ANSWER_HEAD,
             "an answer");
        uint32_t size = (uint32_t)(mail.size - FRAME_ANSWER_HEAD);
        send_all(herd->sockets[letter->peer].fd, &size, sizeof size);
        send_all(herd->sockets[letter->peer].fd, mail.body + FRAME_ANSWER_HEAD, size);
        free(letter);
    }
}

static void lead_run(struct herd *herd, struct blobs *blobs)
{
    while (herd->ended < herd->nodes) {
        nodes_start(herd);
        answers_send(herd, blobs);
        if (poll(herd->sockets, herd->started, 1) <= 0)
            continue;
        for (unsigned i = 0; i < herd->started; i++) {
            if (herd->sockets[i].fd < 0 || herd->sockets[i].revents == 0 ||
                wish_take(herd, blobs, i))
                continue;
            (void)close(herd->sockets[i].fd);
            herd->sockets[i].fd = -1;
            herd->ended++;
        }
    }
}

static unsigned number(const char *text, unsigned most)
{
    unsigned long value = strtoul(text, NULL, 10);
    must(value >= 1 && value <= most, "a number on the command line");
    return (unsigned)value;
}

int main(int argc, char **argv)
{
    static struct service service;
    static struct herd herd;
    struct manifest manifest;
    char cache[256];
    bool good = true;
    unsigned most = 0;
    must(argc == 4 || argc == 5, "FOLDER NODES WORKERS [open]");
    service.open = argc == 5;
    herd.nodes = number(argv[2], NODES_MOST);
    herd.workers = number(argv[3], 1000);
    herd.folder = argv[1];
    herd.manifest = &manifest;
    (void)snprintf(herd.store, sizeof herd.store, "%s/store", argv[1]);
    (void)snprintf(cache, sizeof cache, "%s/lead", argv[1]);
    service_start(&service);
    plan(&service, herd.store, &manifest);
    must(manifest.count == PAYLOADS, "not as many intervals as payloads");
    struct blobs *blobs = blobs_new(cache, NULL, NULL);
    lead_run(&herd, blobs);
    for (unsigned i = 0; i < herd.nodes; i++) {
        int status = 0;
        good = waitpid(herd.pids[i], &status, 0) == herd.pids[i] && status == 0 && good;
        most = herd.asked[i] > most ? herd.asked[i] : most;
    }
    blobs_free(blobs);
    manifest_release(&manifest);
    (void)printf(
        "%u workers on %u nodes, %u payloads: the service had %u metadata and %u "
        "blob requests, the lead at most %u from a node\n",
        herd.nodes * herd.workers, herd.nodes, PAYLOADS, service.metadata, service.blobs,
        most);
    return good && service.metadata <= 2 && service.blobs == PAYLOADS && most == PAYLOADS
               ? 0
               : 1;
}
