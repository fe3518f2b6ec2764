/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_WEB
#include "web/web.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "net/http_server.h"
#include "net/tls.h"
#include "net/ws_deflate.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/core_call.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "web/held.h"
#include "web/netlist.h"
#include "web/web_core.h"
#include "web/web_http.h"
#include "web/web_work.h"
#include "web/web_ws.h"
#include "web/weight.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_MAX_REQUEST (1U << 20) /* rippled's is 1,000,000 */

/* Put an address, a network or all addresses of a name into the list. At start only: names are
 * looked up here, blocking. */
static err add_hosts(struct netlist *list, const char *const *hosts, uint32_t n, const char *what)
{
    for (uint32_t i = 0; i < n; i++) {
        struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM};
        if (netlist_add(list, hosts[i]))
            continue;
        int rc = getaddrinfo(hosts[i], NULL, &hints, &found);
        if (rc != 0)
            return FAIL(ERR_INVALID, "web: %s: %s: %s", what, hosts[i], gai_strerror(rc));
        for (struct addrinfo *it = found; it; it = it->ai_next) {
            char ip[64];
            if (getnameinfo(it->ai_addr, it->ai_addrlen, ip, sizeof ip, NULL, 0, NI_NUMERICHOST) ==
                0)
                (void)netlist_add(list, ip); /* a scoped address is none of ours */
        }
        freeaddrinfo(found);
    }
    return OK;
}

static err add_all_hosts(const struct web_opts *o, struct netlist *whitelist,
                         struct netlist *proxies)
{
    TRY(add_hosts(whitelist, o->whitelist, o->n_whitelist, "dos_guard.whitelist"));
    return add_hosts(proxies, o->proxy_ips, o->n_proxy_ips, "server.proxy.ips");
}

err web_check_names(const struct web_opts *opts)
{
    struct netlist *scratch = netlist_new();
    err e = add_all_hosts(opts, scratch, scratch);
    netlist_free(scratch);
    return e;
}

static void web_free(struct web *w)
{
    for (uint32_t i = 0; i < w->opts.n_cores; i++) {
        web_work_drop_idle(&w->cores[i]);
        ws_deflate_free(w->cores[i].deflate);
    }
    weight_deinit(w);
    free(w->weight_list);
    free(w->cores);
    identity_free(w->identity);
    guard_free(w->guard);
    netlist_free(w->whitelist);
    netlist_free(w->proxies);
    tls_server_free(w->tls);
    free(w);
}

static void web_freep(struct web **w)
{
    if (*w)
        web_free(*w);
}

static void init_parts(struct web *w)
{
    const struct web_opts *o = &w->opts;
    w->guard = guard_new(&(struct guard_opts){
        .max_connections = o->max_connections_per_ip,
        .max_requests = o->max_requests_per_interval,
        .max_bytes = o->max_bytes_per_interval,
        .interval_ns = o->interval_ns,
        .whitelist = w->whitelist,
    });
    w->identity = identity_new(&(struct identity_opts){
        .admin_password = o->admin_password,
        .proxies = w->proxies,
        .proxy_tokens = o->proxy_tokens,
        .n_proxy_tokens = o->n_proxy_tokens,
        .by_x_forwarded_for = o->by_x_forwarded_for,
    });
    w->cors = (struct cors){o->cors_origins, o->n_cors_origins};
    w->weight_list = xcalloc(o->n_weights, sizeof *w->weight_list);
    if (o->n_weights)
        memcpy(w->weight_list, o->weights, o->n_weights * sizeof *w->weight_list);
    weight_init(w);
    snprintf(w->server_name, sizeof w->server_name, "kleio-%s", o->version);
    w->n_connected =
        counter_gauge(o->counters, "connections_total_number", "status=\"connected\"", NULL);
    atomic_store(&w->max_connections, o->max_connections);
    w->cores = xcalloc(o->n_cores, sizeof *w->cores);
    for (uint32_t i = 0; i < o->n_cores; i++) {
        w->cores[i] = (struct web_core){.web = w, .core = o->cores[i]};
        list_init(&w->cores[i].sessions);
        list_init(&w->cores[i].active);
        list_init(&w->cores[i].idle_works);
        held_start(&w->cores[i]);
    }
}

static struct web_core *core_here(struct web *w)
{
    return &w->cores[core_index(core_current())];
}

/* A core's part is made when its first connection arrives: on that core, without waiting for it at
 * start. */
static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct web_core *wc = core_here(arg);
    if (wc->http == NULL)
        web_http_start(wc);
    web_http_accept(wc, s, peer_ip);
}

err web_start(const struct web_opts *opts, struct web **ret)
{
    CLEANUP(web_freep) struct web *w = xcalloc(1, sizeof *w);
    w->opts = *opts;
    if (w->opts.max_request_bytes == 0)
        w->opts.max_request_bytes = DEFAULT_MAX_REQUEST;
    w->whitelist = netlist_new();
    w->proxies = netlist_new();
    init_parts(w);
    if (opts->cert_file) {
        struct tls_server_opts tls = {
            .cert_file = opts->cert_file, .key_file = opts->key_file, .n_cores = opts->n_cores};
        TRY(tls_server_new(&tls, &w->tls));
    }
    TRY(add_all_hosts(opts, w->whitelist, w->proxies));
    struct sock_listen_opts listen = {
        .ip = opts->ip,
        .port = opts->port,
        .cores = opts->cores,
        .n_cores = opts->n_cores,
        .on_accept = on_accept,
        .arg = w,
    };
    TRY(sock_listen(&listen, &w->listener));
    *ret = TAKE_PTR(w);
    return OK;
}

err web_reload(struct web *w)
{
    return w->tls ? tls_reload(w->tls) : OK;
}

uint16_t web_port(const struct web *w)
{
    return sock_listener_port(w->listener);
}

void web_set_max_connections(struct web *w, uint32_t n)
{
    atomic_store(&w->max_connections, n);
}

struct web_figures web_get_figures(const struct web *w)
{
    struct web_figures f = {.n_in_work = atomic_load(&w->n_in_work),
                            .max_in_work = w->opts.max_in_work};
    for (uint32_t i = 0; i < w->opts.n_cores; i++)
        f.n_admitted += atomic_load(&w->cores[i].n_admitted);
    return f;
}

/* Cut off what is still in work; what has ended can then be freed. */
static void stop_now(struct web_core *wc)
{
    if (wc->web->tls)
        tls_accept_cancel(wc->web->tls);
    if (wc->http)
        http_server_stop(wc->http);
    web_work_cancel_all(wc);
    web_ws_abort_all(wc);
    held_stop(wc);
    if (wc->http && wc->n_works == 0 && wc->n_handshakes == 0)
        wc->http = http_server_free(wc->http);
}

static void stop_politely(struct web_core *wc)
{
    if (wc->http)
        http_server_drain(wc->http);
    web_ws_close_all(wc);
}

struct stop {
    struct web *web;
    bool final;
    _Atomic bool busy; /* a core has something left */
};

static err stop_here(void *arg)
{
    struct stop *stop = arg;
    struct web_core *wc = core_here(stop->web);
    if (stop->final)
        stop_now(wc);
    else
        stop_politely(wc);
    if (wc->n_works || wc->n_handshakes || !list_empty(&wc->sessions) ||
        (wc->http && (stop->final || http_server_n_conns(wc->http))))
        atomic_store(&stop->busy, true);
    return OK;
}

/* Tell all until all are idle, or the time is up. */
YIELDS static bool tell_until(struct web *w, bool final, int64_t deadline_ns)
{
    for (;;) {
        struct stop stop = {.web = w, .final = final};
        err_ignore(
            core_call_all(w->opts.cores, w->opts.n_cores, stop_here, &stop)); /* cannot fail */
        if (!atomic_load(&stop.busy))
            return true;
        if (clock_now_ns() >= deadline_ns)
            return false;
        err e = fiber_sleep_until(clock_now_ns() + 10 * CLOCK_MS);
        if (e.code) /* the core itself stops: no more waiting */
            return false;
    }
}

void web_stop(struct web *w, int64_t deadline_ns)
{
    atomic_store(&w->stopping, true);
    w->listener = sock_listener_close(w->listener);
    if (!tell_until(w, false, deadline_ns))
        LOG_WARN("web: stopping with requests in work, they are cut off");
    bool idle = tell_until(w, true, clock_now_ns() + 5 * CLOCK_S);
    if (idle)
        web_free(w);
    else
        LOG_ERROR("web: requests did not end when cancelled, leaving their memory");
}
