/* SPDX-License-Identifier: Apache-2.0 */
/* By hand: answer requests from a data directory, without any network.
 *   rpc_replay DIR NETWORK_ID [REPEAT] <requests >replies
 * A request is one byte ('H' HTTP, 'W' WebSocket), its length (u32, big-endian) and its text; a
 * reply is the HTTP status (u32), its length (u32) and its text. With REPEAT every request is
 * answered that often, and it is told what that costs: CPU time of all threads, context switches.
 */
#include "base/bits.h"
#include "base/mem.h"
#include "ledger/ledgers.h"
#include "rpc/engine.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "store/rocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

struct replay {
    struct rpc_server *server;
    uint32_t repeat;
    uint32_t network_id;
};

static void must(err e, const char *what)
{
    if (!err_failed(e))
        return;
    fprintf(stderr, "%s: %s: %s\n", what, err_name(e), err_text());
    exit(1);
}

static bool network_id(void *arg, uint32_t *ret)
{
    *ret = ((struct replay *)arg)->network_id;
    return true;
}

static bool read_request(uint8_t *ret_transport, struct buf *text)
{
    uint8_t head[5];
    if (fread(head, sizeof head, 1, stdin) != 1)
        return false;
    *ret_transport = head[0];
    size_t n = bits_load32(head + 1);
    buf_clear(text);
    if (n && fread(buf_reserve(text, n), n, 1, stdin) != 1)
        return false;
    buf_advance(text, n);
    return true;
}

static void write_reply(int status, struct slice text)
{
    uint8_t head[8];
    bits_store32(head, (uint32_t)status);
    bits_store32(head + 4, (uint32_t)text.n);
    fwrite(head, sizeof head, 1, stdout);
    fwrite(text.p, text.n, 1, stdout);
}

struct usage {
    int64_t cpu_ns; /* of all threads */
    long switches;
};

static struct usage usage(void)
{
    struct rusage r;
    struct timespec t;
    getrusage(RUSAGE_SELF, &r);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (struct usage){t.tv_sec * CLOCK_S + t.tv_nsec, r.ru_nvcsw + r.ru_nivcsw};
}

static void tell(struct usage before, uint32_t n, size_t reply_bytes, struct slice request)
{
    struct usage now = usage();
    fprintf(stderr, "%9.2f us %6.1f switches %7zu bytes  %.*s\n",
            (double)(now.cpu_ns - before.cpu_ns) / 1e3 / n,
            (double)(now.switches - before.switches) / n, reply_bytes,
            (int)MIN(request.n, (size_t)200), (const char *)request.p);
}

static void run(void *arg)
{
    struct replay *r = arg;
    struct arena *a = arena_new(0);
    struct buf text = {0}, out = {0};
    uint8_t transport;
    int status = 0;
    const char *type = NULL;
    while (read_request(&transport, &text)) {
        struct rpc_request q = {.transport = transport == 'H' ? RPC_HTTP : RPC_WS,
                                .client_ip = "127.0.0.1",
                                .is_admin = true};
        struct usage before = usage();
        for (uint32_t i = 0; i < r->repeat; i++) {
            buf_clear(&out);
            rpc_request_parse(&q, buf_slice(&text), a);
            must(rpc_handle(r->server, &q, a, &out, &status, &type), "request");
            arena_clear(a);
        }
        if (r->repeat > 1)
            tell(before, r->repeat, out.n, buf_slice(&text));
        write_reply(status, buf_slice(&out));
    }
    buf_deinit(&text);
    buf_deinit(&out);
    arena_free(a);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    char path[1024];
    struct store *store = NULL;
    struct ledgers *ledgers = NULL;
    struct replay r = {.repeat = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1,
                       .network_id = (uint32_t)strtoul(argv[2], NULL, 10)};
    must(offload_start(&(struct offload_opts){0}), "offload");
    snprintf(path, sizeof path, "%s/store", argv[1]);
    must(rocks_open(&(struct rocks_opts){.path = path}, &store), "store");
    snprintf(path, sizeof path, "%s/mirror", argv[1]);
    struct ledgers_opts lo = {.store = store, .mirror_path = path, .n_cores = 1};
    must(ledgers_open(&lo, &ledgers), "ledgers");
    struct rpc_server_opts so = {
        .ledgers = ledgers, .n_cores = 1, .version = "replay", .network_id = network_id, .arg = &r};
    r.server = rpc_server_new(&so);
    must(core_run_fiber("replay", run, &r), "core");
    rpc_server_free(r.server);
    offload_stop();
    ledgers_close(ledgers);
    store_close(store);
    return 0;
}
