/* mail.c - what the lead and the ranks of one world say to each other.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "worker/mail.h"

#include <stdlib.h>

struct letter *letter_blank(int peer, size_t size)
{
    struct letter *letter = mem_new(1, sizeof *letter + size);
    letter->peer = peer;
    letter->size = size;
    return letter;
}

struct letter *letter_new(int peer, const struct mail *mail)
{
    bug_if(mail->size > FRAME_LIMIT);
    struct letter *letter = letter_blank(peer, MAIL_HEAD + mail->size);
    letter->data[0] = (uint8_t)mail->kind;
    le64_store(letter->data + 1, mail->attempt);
    le64_store(letter->data + 9, mail->token);
    le64_store(letter->data + 17, (uint64_t)mail->duration_ns);
    if (mail->size > 0)
        memcpy(letter->data + MAIL_HEAD, mail->body, mail->size);
    return letter;
}

bool letter_open(const struct letter *letter, struct mail *mail, struct err *err)
{
    if (letter->size < MAIL_HEAD || letter->data[0] < MAIL_ALIVE ||
        letter->data[0] > MAIL_END)
        return err_set(err, E_WORKER_FRAME, "rank %d sent %zu bytes that are no mail",
                       letter->peer, letter->size);
    *mail = (struct mail){.kind = (enum mail_kind)letter->data[0],
                          .attempt = le64_load(letter->data + 1),
                          .token = le64_load(letter->data + 9),
                          .duration_ns = (int64_t)le64_load(letter->data + 17),
                          .body = letter->data + MAIL_HEAD,
                          .size = letter->size - MAIL_HEAD};
    return true;
}

void post_add(struct post *post, struct letter *letter)
{
    letter->next = NULL;
    if (post->last == NULL)
        post->first = letter;
    else
        post->last->next = letter;
    post->last = letter;
}

struct letter *post_take(struct post *post)
{
    struct letter *letter = post->first;
    if (letter == NULL)
        return NULL;
    post->first = letter->next;
    if (post->first == NULL)
        post->last = NULL;
    letter->next = NULL;
    return letter;
}

void post_release(struct post *post)
{
    for (struct letter *letter; (letter = post_take(post)) != NULL;)
        free(letter);
}
