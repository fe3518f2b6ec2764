/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket client that can subscribe, on a small world with a book and a feed. */
#pragma once
#include "book_world.h"
#include "feed/feed_impl.h"

struct sub_world {
    struct small_world *small;
    struct feed *feed;
    struct rpc_server *server;
    struct client client;
    struct feed_party party;
    struct feed_call call;
    uint32_t n_sent; /* stream messages */
};

/* Run on a fiber of a core. */
void sub_world_run(void (*test)(struct sub_world *w));
#define SUB_TEST(name)                                                                             \
    static void sub_##name(struct sub_world *w);                                                   \
    TEST(name)                                                                                     \
    {                                                                                              \
        sub_world_run(sub_##name);                                                                 \
    }                                                                                              \
    static void sub_##name(struct sub_world *w)

/* Send {"command":command, members...}; the reply. */
const char *sub_world_ask(struct sub_world *w, const char *command, const char *members);
/* The reply is this error; message NULL = any. */
void sub_world_refuses(struct sub_world *w, const char *command, const char *members, int code,
                       const char *token, const char *message);
