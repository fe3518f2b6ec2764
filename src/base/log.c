/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/log_file.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 1024 /* of a line, its end included */
#define CONSOLE_PATIENCE_MS 1000
#define QUEUE_BYTES ((size_t)1024 * 1024)

static const char *const level_names[] = {"trace", "debug", "info", "warning", "error", "fatal"};
static const char *const level_letters[] = {"tra", "deb", "inf", "war", "err", "cri"};
static const char *const channel_names[LOG_N_CHANNELS] = {
    "General", "WebServer", "Backend", "RPC", "ETL", "Subscriptions", "Performance", "Migration"};

/* Until log_start everybody is at info. */
static _Atomic uint8_t levels[LOG_N_CHANNELS] = {LOG_INFO, LOG_INFO, LOG_INFO, LOG_INFO,
                                                 LOG_INFO, LOG_INFO, LOG_INFO, LOG_INFO};

/* Producers append to `queue`; the writer takes the whole of it against an empty buffer, so that
 * the lock is held for a memcpy of one line at most. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;    /* for the writer */
    pthread_cond_t written; /* for log_flush */
    struct buf queue;
    struct buf batch; /* the writer's */
    uint64_t n_dropped;
    uint64_t n_taken; /* batches */
    uint64_t n_done;
    bool writer_sleeps;
    bool running;
    bool stopping;
    int console_fd; /* -1 = none */
    bool console_stuck;
    uint64_t n_unwritten; /* lines that the console did not take */
    atomic_bool reopen;
    bool has_file;
    struct log_file file;
    pthread_t thread;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .work = PTHREAD_COND_INITIALIZER,
           .written = PTHREAD_COND_INITIALIZER};

static bool parse(const char *name, const char *const *names, int n, int *ret)
{
    for (int i = 0; i < n; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool log_channel_parse(const char *name, enum log_channel *ret)
{
    int i;
    if (!parse(name, channel_names, LOG_N_CHANNELS, &i))
        return false;
    *ret = (enum log_channel)i;
    return true;
}

bool log_level_parse(const char *name, enum log_level *ret)
{
    int i;
    if (!parse(name, level_names, ARRAY_LEN(level_names), &i))
        return false;
    *ret = (enum log_level)i;
    return true;
}

bool log_enabled(enum log_channel channel, enum log_level level)
{
    return level >= atomic_load_explicit(&levels[channel], memory_order_relaxed);
}

static int64_t monotonic_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- one line ---- */

static size_t put_head(char *out, size_t n, enum log_channel channel, enum log_level level)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm tm;
    gmtime_r(&now.tv_sec, &tm);
    size_t at = strftime(out, n, "%Y-%m-%d %H:%M:%S", &tm);
    int m = snprintf(out + at, n - at, ".%06ld %s:%s - ", now.tv_nsec / 1000, level_letters[level],
                     channel_names[channel]);
    return at + (size_t)m;
}

/* Length of the printable UTF-8 sequence at p (n bytes left), or 0 if the byte must be escaped. */
static size_t printable(const uint8_t *p, size_t n)
{
    if (p[0] < 0x80)
        return p[0] >= 0x20 && p[0] != 0x7f;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    bool too_large = p[0] == 0xf4 && p[1] >= 0x90;
    bool control = p[0] == 0xc2 && p[1] < 0xa0; /* C1: terminals obey some of them */
    return overlong || surrogate || too_large || control ? 0 : len;
}

static size_t escape(uint8_t c, char out[5])
{
    if (c == '\n' || c == '\r' || c == '\t') {
        out[0] = '\\';
        out[1] = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        return 2;
    }
    return (size_t)snprintf(out, 5, "\\x%02x", c);
}

/* Append `in`, escaped, to the line; returns its new length. Leaves room for the line's end. */
static size_t put_text(char line[LINE_BYTES], size_t at, struct slice in)
{
    static const size_t room = LINE_BYTES - 4; /* "..." and the line feed */
    for (size_t i = 0; i < in.n;) {
        char esc[5];
        size_t len = printable(in.p + i, in.n - i);
        size_t m = len ? len : escape(in.p[i], esc);
        if (at + m > room) {
            memcpy(line + at, "...", 3);
            return at + 3;
        }
        memcpy(line + at, len ? (const char *)in.p + i : esc, m);
        at += m;
        i += len ? len : 1;
    }
    return at;
}

static size_t make_line(char line[LINE_BYTES], enum log_channel channel, enum log_level level,
                        const char *fmt, va_list ap)
{
    char text[LINE_BYTES];
    int n = vsnprintf(text, sizeof text, fmt, ap);
    size_t m = n < 0 ? 0 : MIN((size_t)n, sizeof text - 1);
    size_t at = put_head(line, LINE_BYTES, channel, level);
    at = put_text(line, at, slice_of(text, m));
    line[at++] = '\n';
    return at;
}

static size_t __attribute__((format(printf, 4, 5)))
make_line_of(char line[LINE_BYTES], enum log_channel channel, enum log_level level, const char *fmt,
             ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t n = make_line(line, channel, level, fmt, ap);
    va_end(ap);
    return n;
}

/* ---- out of the process ---- */

static void write_fd(int fd, struct slice s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody to tell */
        s = slice_from(s, (size_t)n);
    }
}

/* Can a chunk be written without waiting for whoever reads? A pipe that is writable at all has room
 * for PIPE_BUF bytes. */
static bool takes_more(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int n;
    do
        n = poll(&p, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    return n == 1 && (p.revents & POLLOUT);
}

static void tell_unwritten(void)
{
    char line[LINE_BYTES];
    size_t n = make_line_of(line, LOG_CHANNEL_GENERAL, LOG_WARN,
                            "log: the console took nothing, %llu lines are lost there",
                            (unsigned long long)state.n_unwritten);
    write_fd(state.console_fd, slice_of(line, n));
    state.n_unwritten = 0;
}

/* Some whole lines, PIPE_BUF bytes at most. */
static void write_console(struct slice lines)
{
    state.console_stuck =
        !takes_more(state.console_fd, state.console_stuck ? 0 : CONSOLE_PATIENCE_MS);
    if (state.console_stuck) {
        for (size_t i = 0; i < lines.n; i++)
            state.n_unwritten += lines.p[i] == '\n';
        return;
    }
    if (state.n_unwritten) {
        tell_unwritten();
        if (!takes_more(state.console_fd, CONSOLE_PATIENCE_MS))
            return;
    }
    write_fd(state.console_fd, lines);
}

/* Length of the whole lines in the first PIPE_BUF bytes; lines are shorter than that. */
static size_t console_chunk(struct slice lines)
{
    if (lines.n <= PIPE_BUF)
        return lines.n;
    const uint8_t *end = memrchr(lines.p, '\n', PIPE_BUF);
    return end ? (size_t)(end - lines.p) + 1 : PIPE_BUF;
}

static void write_lines(struct slice lines)
{
    if (state.has_file && atomic_exchange(&state.reopen, false))
        log_file_reopen(&state.file);
    if (state.has_file)
        log_file_write(&state.file, lines);
    while (state.console_fd >= 0 && lines.n) {
        size_t n = console_chunk(lines);
        write_console(slice_of(lines.p, n));
        lines = slice_from(lines, n);
    }
}

/* Take what is queued into state.batch. False when stopping and nothing is left. */
static bool take_batch(uint64_t *ret_dropped)
{
    pthread_mutex_lock(&state.lock);
    while (state.queue.n == 0 && state.n_dropped == 0 && !state.stopping) {
        state.writer_sleeps = true;
        pthread_cond_wait(&state.work, &state.lock);
    }
    state.writer_sleeps = false;
    struct buf full = state.queue;
    state.queue = state.batch;
    state.batch = full;
    *ret_dropped = state.n_dropped;
    state.n_dropped = 0;
    bool any = full.n || *ret_dropped;
    state.n_taken += any;
    pthread_mutex_unlock(&state.lock);
    return any;
}

static void *writer_main(void *arg)
{
    (void)arg;
    for (uint64_t n_dropped; take_batch(&n_dropped);) {
        write_lines(buf_slice(&state.batch));
        if (n_dropped) {
            char line[LINE_BYTES];
            size_t n = make_line_of(line, LOG_CHANNEL_GENERAL, LOG_WARN,
                                    "log: the queue was full, %llu lines are lost",
                                    (unsigned long long)n_dropped);
            write_lines(slice_of(line, n));
        }
        pthread_mutex_lock(&state.lock);
        buf_clear(&state.batch);
        state.n_done++;
        pthread_cond_broadcast(&state.written);
        pthread_mutex_unlock(&state.lock);
    }
    return NULL;
}

bool log_start(const struct log_opts *opts)
{
    assert(!state.running);
    state.has_file = opts->directory != NULL;
    if (state.has_file && !log_file_open(&state.file, opts->directory,
                                         opts->rotate ? opts->rotation_bytes : 0, opts->max_files))
        return false;
    state.console_fd = opts->console == LOG_CONSOLE_STDOUT   ? STDOUT_FILENO
                       : opts->console == LOG_CONSOLE_STDERR ? STDERR_FILENO
                                                             : -1;
    state.console_stuck = false;
    state.n_unwritten = 0;
    atomic_store(&state.reopen, false);
    state.stopping = false;
    buf_reserve(&state.queue, QUEUE_BYTES);
    buf_reserve(&state.batch, QUEUE_BYTES);
    for (int i = 0; i < LOG_N_CHANNELS; i++)
        atomic_store(&levels[i], (uint8_t)opts->levels[i]);
    int rc = pthread_create(&state.thread, NULL, writer_main, NULL);
    if (rc) {
        err_fail(ERR_IO, "log: thread: %s", strerror(rc));
        if (state.has_file)
            log_file_close(&state.file);
        return false;
    }
    pthread_setname_np(state.thread, "log");
    pthread_mutex_lock(&state.lock);
    state.running = true;
    pthread_mutex_unlock(&state.lock);
    return true;
}

void log_stop(void)
{
    pthread_mutex_lock(&state.lock);
    bool was_running = state.running;
    state.running = false;
    state.stopping = true;
    pthread_cond_signal(&state.work);
    pthread_mutex_unlock(&state.lock);
    if (!was_running)
        return;
    pthread_join(state.thread, NULL);
    if (state.has_file)
        log_file_close(&state.file);
    buf_deinit(&state.queue);
    buf_deinit(&state.batch);
    for (int i = 0; i < LOG_N_CHANNELS; i++)
        atomic_store(&levels[i], LOG_INFO);
}

void log_flush(void)
{
    pthread_mutex_lock(&state.lock);
    uint64_t wanted = state.n_taken + (state.queue.n || state.n_dropped);
    while (state.running && state.n_done < wanted)
        pthread_cond_wait(&state.written, &state.lock);
    pthread_mutex_unlock(&state.lock);
}

void log_flush_for(int64_t ns)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t end_ns = (int64_t)until.tv_nsec + ns;
    until.tv_sec += end_ns / 1000000000;
    until.tv_nsec = end_ns % 1000000000;
    pthread_mutex_lock(&state.lock);
    uint64_t wanted = state.n_taken + (state.queue.n || state.n_dropped);
    int rc = 0;
    while (state.running && state.n_done < wanted && rc == 0)
        rc = pthread_cond_timedwait(&state.written, &state.lock, &until);
    pthread_mutex_unlock(&state.lock);
}

void log_reopen(void)
{
    atomic_store(&state.reopen, true);
}

/* False when there is no writer. */
static bool enqueue(struct slice line)
{
    pthread_mutex_lock(&state.lock);
    bool running = state.running;
    if (running) {
        if (state.queue.n + line.n <= QUEUE_BYTES)
            buf_put_slice(&state.queue, line);
        else
            state.n_dropped++;
        if (state.writer_sleeps) {
            state.writer_sleeps = false; /* one signal is enough */
            pthread_cond_signal(&state.work);
        }
    }
    pthread_mutex_unlock(&state.lock);
    return running;
}

void log_write(enum log_channel channel, enum log_level level, const char *fmt, ...)
{
    char line[LINE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    struct slice s = slice_of(line, make_line(line, channel, level, fmt, ap));
    va_end(ap);
    bool queued = enqueue(s);
    bool seen = queued && state.console_fd == STDERR_FILENO;
    if (!queued || (level >= LOG_FATAL && !seen))
        write_fd(STDERR_FILENO, s);
    if (queued && level >= LOG_FATAL)
        log_flush(); /* the process is about to end */
}

bool log_limit_take(struct log_limit *l, uint64_t *ret_dropped)
{
    static const int64_t window_ns = 10000000000;
    int64_t now_ns = monotonic_ns();
    int64_t start_ns = __atomic_load_n(&l->window_start_ns, __ATOMIC_RELAXED);
    bool over = start_ns == 0 || now_ns - start_ns >= window_ns;
    if (over && __atomic_compare_exchange_n(&l->window_start_ns, &start_ns, now_ns, false,
                                            __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        __atomic_store_n(&l->n_in_window, 0, __ATOMIC_RELAXED);
    if (__atomic_fetch_add(&l->n_in_window, 1, __ATOMIC_RELAXED) < l->per_10s) {
        *ret_dropped = __atomic_exchange_n(&l->n_dropped, 0, __ATOMIC_RELAXED);
        return true;
    }
    __atomic_fetch_add(&l->n_dropped, 1, __ATOMIC_RELAXED);
    return false;
}
