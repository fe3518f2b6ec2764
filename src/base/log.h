/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: a queue to a writer thread, so that logging never blocks a core. Lines that do not fit
 * are counted and the count is logged. Texts: "module: what: why, consequence", lower case, no full
 * stop. A line is `2026-07-01 12:00:00.123456 inf:ETL - text` (UTC), at most 1 KiB; control
 * characters and bytes that are not UTF-8 are shown as \n, \xNN, so that untrusted text can be
 * logged as it is. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_TRACE = 0, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL, LOG_OFF };

/* Clio's channels, so that log.channels of a configuration keeps its meaning. */
enum log_channel {
    LOG_CHANNEL_GENERAL = 0,
    LOG_CHANNEL_WEB,
    LOG_CHANNEL_BACKEND,
    LOG_CHANNEL_RPC,
    LOG_CHANNEL_ETL,
    LOG_CHANNEL_SUBSCRIPTIONS,
    LOG_CHANNEL_PERFORMANCE,
    LOG_CHANNEL_MIGRATION,
    LOG_N_CHANNELS
};

/* A console that takes nothing for a second (a full pipe, a stopped terminal) loses lines, and is
 * told how many. */
enum log_console { LOG_CONSOLE_NONE = 0, LOG_CONSOLE_STDOUT, LOG_CONSOLE_STDERR };

struct log_opts {
    enum log_level levels[LOG_N_CHANNELS];
    enum log_console console; /* fatal always goes to standard error, too */
    const char *directory;    /* file kleio.log in it, made if missing; NULL = no file */
    bool rotate;
    uint64_t rotation_bytes;
    uint32_t max_files; /* rotated ones kept: kleio.1.log is the newest */
};

/* Start the writer thread. Before this, and after log_stop, lines go to stderr at once (level info
 * and up). Returns false with err_text set when the directory cannot be written. */
bool log_start(const struct log_opts *opts);
void log_stop(void); /* writes what is queued */
/* Wait until what was logged before is written. Blocks: not on a core, except to die. */
void log_flush(void);
/* The same, for so long at most. */
void log_flush_for(int64_t ns);
/* The file has been moved away: go on in a new one of the old name. Any thread. */
void log_reopen(void);

/* Channel by Clio's name ("WebServer"), level by name ("warning"); false when unknown. */
bool log_channel_parse(const char *name, enum log_channel *ret);
bool log_level_parse(const char *name, enum log_level *ret);

bool log_enabled(enum log_channel channel, enum log_level level);
void log_write(enum log_channel channel, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A limiter for lines that a peer can trigger: static struct log_limit l = LOG_LIMIT_INIT(5).
 * Thread-safe. */
struct log_limit {
    uint32_t per_10s;
    int64_t window_start_ns;
    uint32_t n_in_window;
    uint64_t n_dropped;
};
#define LOG_LIMIT_INIT(n)                                                                          \
    {                                                                                              \
        .per_10s = (n)                                                                             \
    }
/* True if the line may be written; *ret_dropped tells how many were dropped since the last one. */
bool log_limit_take(struct log_limit *l, uint64_t *ret_dropped);

/* A file that logs defines LOG_CHANNEL before including this, else its lines are General. */
#ifndef LOG_CHANNEL
#define LOG_CHANNEL LOG_CHANNEL_GENERAL
#endif
#define LOG_AT(level, ...)                                                                         \
    do {                                                                                           \
        if (log_enabled(LOG_CHANNEL, level))                                                       \
            log_write(LOG_CHANNEL, level, __VA_ARGS__);                                            \
    } while (0)
#define LOG_TRACE(...) LOG_AT(LOG_TRACE, __VA_ARGS__)
#define LOG_DEBUG(...) LOG_AT(LOG_DEBUG, __VA_ARGS__)
#define LOG_INFO(...) LOG_AT(LOG_INFO, __VA_ARGS__)
#define LOG_WARN(...) LOG_AT(LOG_WARN, __VA_ARGS__)
#define LOG_ERROR(...) LOG_AT(LOG_ERROR, __VA_ARGS__)
#define LOG_FATAL(...) LOG_AT(LOG_FATAL, __VA_ARGS__)
