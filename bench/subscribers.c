/* SPDX-License-Identifier: Apache-2.0 */
/* Many WebSocket clients in one thread, and a bare server to compare with.
 *
 *   subscribers read PORT N REQUEST    connect N times, send REQUEST, say "ready"; then for each
 * line of standard input ("K", or "K FILE") wait until each client has got K messages more and
 * print a line of JSON; FILE gets the frames that the first client got subscribers bare N FILE a
 * server that sends the frames of FILE to N clients at each line of standard input, by writev;
 * prints its port
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES (256 << 10)
#define IOVS 64

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void *alloc(void *p, size_t n)
{
    p = realloc(p, n);
    if (p == NULL)
        die("memory");
    return p;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- clients --- */

struct client {
    int fd;
    uint8_t *held; /* an incomplete frame */
    size_t n_held;
    uint64_t n_msgs;
    uint64_t hash;      /* of all that came: equal for all who got the same in the same order */
    char last_ctid[17]; /* transactions ascend */
};

struct clients {
    struct client *list;
    int n, epoll;
    uint64_t bytes, n_msgs;
    bool in_order;
    double first_s, last_s;
    FILE *dump;
    uint64_t wanted;
    int n_waiting; /* that have got less */
};

static int connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void send_all(int fd, const void *p, size_t n)
{
    if (write(fd, p, n) != (ssize_t)n)
        die("write");
}

static void handshake(int fd, const char *request)
{
    char reply[1024];
    size_t n = 0, length = strlen(request);
    uint8_t frame[4096] = {0x81}, *p = frame + 1;
    dprintf(fd, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    while (n < 4 || memcmp(reply + n - 4, "\r\n\r\n", 4) != 0)
        if (n == sizeof reply || read(fd, reply + n++, 1) != 1)
            die("handshake");
    if (length < 126) {
        *p++ = (uint8_t)(0x80 | length);
    } else {
        *p++ = 0x80 | 126;
        *p++ = (uint8_t)(length >> 8);
        *p++ = (uint8_t)length;
    }
    p += 4; /* a mask of zeros */
    memcpy(p, request, length);
    send_all(fd, frame, (size_t)(p - frame) + length);
}

static void take_message(struct clients *all, struct client *c, const uint8_t *p, size_t n)
{
    const uint8_t *ctid = memmem(p, n, "\"ctid\":\"", 8);
    for (size_t i = 0; i + 8 <= n; i += 64) { /* some of it, cheaply */
        uint64_t word;
        memcpy(&word, p + i, 8);
        c->hash = (c->hash ^ word) * 0x9E3779B97F4A7C15u;
    }
    if (ctid && ctid + 24 <= p + n) {
        if (memcmp(ctid + 8, c->last_ctid, 16) <= 0)
            all->in_order = false;
        memcpy(c->last_ctid, ctid + 8, 16);
    }
    all->last_s = now_s();
    if (all->first_s == 0)
        all->first_s = all->last_s;
    all->bytes += n;
    all->n_msgs++;
    if (++c->n_msgs == all->wanted)
        all->n_waiting--;
}

/* The frames in p; returns the bytes used. */
static size_t take_frames(struct clients *all, struct client *c, const uint8_t *p, size_t n)
{
    size_t used = 0;
    while (n - used >= 2) {
        const uint8_t *f = p + used;
        size_t head = 2, length = f[1] & 127;
        if (length == 126) {
            if (n - used < 4)
                break;
            length = (size_t)f[2] << 8 | f[3];
            head = 4;
        } else if (length == 127) {
            if (n - used < 10)
                break;
            length = 0;
            for (int i = 2; i < 10; i++)
                length = length << 8 | f[i];
            head = 10;
        }
        if (n - used < head + length)
            break;
        if ((f[0] & 15) == 1) {
            if (all->dump && c == all->list)
                fwrite(f, 1, head + length, all->dump);
            take_message(all, c, f + head, length);
        } else if ((f[0] & 15) == 8) {
            fprintf(stderr, "closed: %.*s\n", (int)(length > 2 ? length - 2 : 0), f + head + 2);
            exit(1);
        }
        used += head + length;
    }
    return used;
}

static void on_readable(struct clients *all, struct client *c)
{
    static uint8_t buffer[READ_BYTES];
    uint8_t *p = buffer;
    ssize_t got;
    if (c->n_held) {
        c->held = alloc(c->held, c->n_held + READ_BYTES);
        p = c->held;
    }
    got = read(c->fd, p + c->n_held, READ_BYTES);
    if (got <= 0)
        die("a client's connection");
    size_t n = c->n_held + (size_t)got, used = take_frames(all, c, p, n), rest = n - used;
    if (p == buffer && rest) {
        c->held = alloc(c->held, rest);
        memcpy(c->held, buffer + used, rest);
    } else if (rest) {
        memmove(p, p + used, rest);
    } else {
        free(c->held);
        c->held = NULL;
    }
    c->n_held = rest;
}

/* Until each has got k messages more. */
static void wait_for(struct clients *all, uint64_t k)
{
    struct epoll_event events[256];
    all->wanted += k;
    all->n_waiting = 0;
    for (int i = 0; i < all->n; i++)
        all->n_waiting += all->list[i].n_msgs < all->wanted;
    while (all->n_waiting) {
        int n = epoll_wait(all->epoll, events, 256, 60000);
        if (n <= 0) {
            fprintf(stderr, "%d clients wait in vain\n", all->n_waiting);
            exit(1);
        }
        for (int i = 0; i < n; i++)
            on_readable(all, events[i].data.ptr);
    }
}

static bool all_equal(const struct clients *all)
{
    for (int i = 1; i < all->n; i++)
        if (all->list[i].hash != all->list[0].hash)
            return false;
    return all->in_order;
}

static void read_lines(struct clients *all)
{
    char line[512], file[400];
    while (fgets(line, sizeof line, stdin)) {
        unsigned long k = 0;
        int n = sscanf(line, "%lu %399s", &k, file);
        all->bytes = all->n_msgs = 0;
        all->first_s = 0;
        all->dump = n == 2 ? fopen(file, "wb") : NULL;
        wait_for(all, k);
        if (all->dump)
            fclose(all->dump);
        all->dump = NULL;
        printf("{\"first\":%.6f,\"last\":%.6f,\"bytes\":%llu,\"messages\":%llu,\"ordered\":%s}\n",
               all->first_s, all->last_s, (unsigned long long)all->bytes,
               (unsigned long long)all->n_msgs, all_equal(all) ? "true" : "false");
        fflush(stdout);
    }
}

static void forget_replies(struct clients *all)
{
    all->in_order = true;
    for (int i = 0; i < all->n; i++) { /* a replay's messages may have come with the reply */
        if (--all->list[i].n_msgs == 0)
            all->list[i].hash = 0;
    }
    all->wanted = 0;
}

static void run_clients(int port, int n, const char *request)
{
    struct clients all = {.n = n, .epoll = epoll_create1(0), .in_order = true};
    all.list = calloc((size_t)n, sizeof *all.list);
    for (int i = 0; i < n; i++) {
        struct client *c = &all.list[i];
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        c->fd = connect_to(port);
        handshake(c->fd, request);
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
        epoll_ctl(all.epoll, EPOLL_CTL_ADD, c->fd, &e);
    }
    wait_for(&all, 1);
    forget_replies(&all);
    printf("ready\n");
    fflush(stdout);
    read_lines(&all);
}

/* --- the bare server --- */

struct bare {
    int *fds, n, epoll;
    struct iovec *frames;
    size_t n_frames;
    size_t *at;   /* frame of each connection, */
    size_t *done; /* ... and bytes of it */
};

static void load_frames(struct bare *b, const char *file)
{
    FILE *f = fopen(file, "rb");
    if (!f)
        die(file);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f), at = 0;
    uint8_t *p = alloc(NULL, n);
    rewind(f);
    if (fread(p, 1, n, f) != n)
        die(file);
    fclose(f);
    while (at < n) {
        size_t head = 2, length = p[at + 1] & 127;
        if (length == 126) {
            length = (size_t)p[at + 2] << 8 | p[at + 3];
            head = 4;
        } else if (length == 127) {
            length = 0;
            for (size_t i = 2; i < 10; i++)
                length = length << 8 | p[at + i];
            head = 10;
        }
        b->frames = alloc(b->frames, (b->n_frames + 1) * sizeof *b->frames);
        b->frames[b->n_frames++] = (struct iovec){p + at, head + length};
        at += head + length;
    }
}

static void accept_all(struct bare *b)
{
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof me;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    char text[4096];
    if (bind(listener, (struct sockaddr *)&me, sizeof me) || listen(listener, 4096) ||
        getsockname(listener, (struct sockaddr *)&me, &size))
        die("listen");
    printf("%d\n", ntohs(me.sin_port));
    fflush(stdout);
    for (int i = 0; i < b->n; i++) {
        int fd = b->fds[i] = accept(listener, NULL, NULL), one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (read(fd, text, sizeof text) <= 0)
            die("handshake");
        dprintf(fd, "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n");
        if (read(fd, text, sizeof text) <= 0)
            die("request");
        send_all(fd, "\x81\x02{}", 4);
        fcntl(fd, F_SETFL, O_NONBLOCK);
    }
}

/* True when all is written. */
static bool write_on(struct bare *b, int i)
{
    while (b->at[i] < b->n_frames) {
        struct iovec v[IOVS];
        int n = 0;
        for (size_t k = b->at[i]; k < b->n_frames && n < IOVS; k++)
            v[n++] = b->frames[k];
        v[0].iov_base = (uint8_t *)v[0].iov_base + b->done[i];
        v[0].iov_len -= b->done[i];
        ssize_t wrote = writev(b->fds[i], v, n);
        if (wrote < 0 && errno == EAGAIN)
            return false;
        if (wrote < 0)
            die("writev");
        for (size_t left = (size_t)wrote + b->done[i]; b->at[i] < b->n_frames;) {
            if (left < b->frames[b->at[i]].iov_len) {
                b->done[i] = left;
                break;
            }
            left -= b->frames[b->at[i]++].iov_len;
            b->done[i] = 0;
        }
    }
    return true;
}

static void send_once(struct bare *b)
{
    struct epoll_event events[256];
    int left = 0;
    memset(b->at, 0, (size_t)b->n * sizeof *b->at);
    memset(b->done, 0, (size_t)b->n * sizeof *b->done);
    for (int i = 0; i < b->n; i++) {
        struct epoll_event e = {.events = EPOLLOUT, .data.u32 = (uint32_t)i};
        if (write_on(b, i))
            continue;
        left++;
        epoll_ctl(b->epoll, EPOLL_CTL_ADD, b->fds[i], &e);
    }
    while (left) {
        int n = epoll_wait(b->epoll, events, 256, -1);
        for (int k = 0; k < n; k++) {
            int i = (int)events[k].data.u32;
            if (!write_on(b, i))
                continue;
            left--;
            epoll_ctl(b->epoll, EPOLL_CTL_DEL, b->fds[i], NULL);
        }
    }
}

static void run_bare(int n, const char *file)
{
    struct bare b = {.n = n, .epoll = epoll_create1(0)};
    char line[64];
    b.fds = calloc((size_t)n, sizeof *b.fds);
    b.at = calloc((size_t)n, sizeof *b.at);
    b.done = calloc((size_t)n, sizeof *b.done);
    load_frames(&b, file);
    accept_all(&b);
    while (fgets(line, sizeof line, stdin))
        send_once(&b);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc == 5 && strcmp(argv[1], "read") == 0)
        run_clients((int)strtol(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10), argv[4]);
    else if (argc == 4 && strcmp(argv[1], "bare") == 0)
        run_bare((int)strtol(argv[2], NULL, 10), argv[3]);
    else
        fprintf(stderr, "usage: see the head of subscribers.c\n");
    return 0;
}
