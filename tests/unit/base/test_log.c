/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "base/log.h"

#include "base/mem.h"
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD_BYTES (sizeof "2026-07-01 12:00:00.123456 " - 1)

static void start(enum log_level level)
{
    struct log_opts opts = {.directory = test_dir()};
    for (int i = 0; i < LOG_N_CHANNELS; i++)
        opts.levels[i] = level;
    ASSERT(log_start(&opts));
}

static char *read_log(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/kleio.log", test_dir());
    return test_read_file(path, NULL);
}

/* Log one text at info, and give the line behind its time. */
static char *logged(const char *text)
{
    start(LOG_INFO);
    LOG_INFO("%s", text);
    log_stop();
    char *all = read_log();
    ASSERT(strlen(all) > HEAD_BYTES);
    memmove(all, all + HEAD_BYTES, strlen(all) - HEAD_BYTES + 1);
    return all;
}

TEST(a_line_has_time_level_channel_and_text)
{
    start(LOG_TRACE);
    LOG_TRACE("x");
    LOG_DEBUG("x");
    LOG_INFO("ledger %d", 7);
    LOG_WARN("x");
    LOG_ERROR("x");
    log_write(LOG_CHANNEL_WEB, LOG_INFO, "y");
    log_stop();
    CLEANUP(mem_freep) char *all = read_log();
    static const char *const expected[] = {"tra:ETL - x", "deb:ETL - x", "inf:ETL - ledger 7",
                                           "war:ETL - x", "err:ETL - x", "inf:WebServer - y"};
    char *at = all;
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        unsigned y, mo, d, h, mi, s, us;
        ASSERT_INT(7, sscanf(at, "%4u-%2u-%2u %2u:%2u:%2u.%6u", &y, &mo, &d, &h, &mi, &s, &us));
        ASSERT(y >= 2024 && mo >= 1 && mo <= 12 && d >= 1 && d <= 31);
        char *end = strchr(at, '\n');
        ASSERT(end);
        *end = 0;
        ASSERT_STR(expected[i], at + HEAD_BYTES);
        at = end + 1;
    }
    ASSERT_STR("", at);
}

TEST(levels_hold_per_channel)
{
    struct log_opts opts = {.directory = test_dir()};
    for (int i = 0; i < LOG_N_CHANNELS; i++)
        opts.levels[i] = LOG_ERROR;
    opts.levels[LOG_CHANNEL_RPC] = LOG_DEBUG;
    opts.levels[LOG_CHANNEL_WEB] = LOG_OFF;
    ASSERT(log_start(&opts));
    ASSERT(!log_enabled(LOG_CHANNEL_ETL, LOG_WARN) && log_enabled(LOG_CHANNEL_ETL, LOG_ERROR));
    ASSERT(log_enabled(LOG_CHANNEL_RPC, LOG_DEBUG) && !log_enabled(LOG_CHANNEL_RPC, LOG_TRACE));
    ASSERT(!log_enabled(LOG_CHANNEL_WEB, LOG_FATAL));
    LOG_WARN("not seen");
    log_stop();
    CLEANUP(mem_freep) char *all = read_log();
    ASSERT_STR("", all);
}

TEST(untrusted_text_cannot_forge_lines_or_drive_a_terminal)
{
    CLEANUP(mem_freep)
    char *line = logged("a\nb\rc\td\x1b[31m\x7f"
                        "e\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    ASSERT_STR("inf:ETL - a\\nb\\rc\\td\\x1b[31m\\x7fe\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n",
               line);
}

TEST(bytes_that_are_not_utf8_are_escaped)
{
    /* stray, cut short, overlong, surrogate, beyond the last character, C1 control */
    CLEANUP(mem_freep)
    char *line = logged("\x80 \xe2\x82 \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xc2\x9b.");
    ASSERT_STR(
        "inf:ETL - \\x80 \\xe2\\x82 \\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xc2\\x9b.\n",
        line);
}

TEST(a_line_is_cut_at_1_kib_also_when_escaping_makes_it_longer)
{
    char text[3000];
    memset(text, '\x01', sizeof text - 1);
    text[sizeof text - 1] = 0;
    CLEANUP(mem_freep) char *line = logged(text);
    size_t n = strlen(line);
    ASSERT(n + HEAD_BYTES <= 1024 && n + HEAD_BYTES > 1010);
    ASSERT_STR("...\n", line + n - 4);
}

static void *log_many(void *arg)
{
    for (int i = 0; i < 2000; i++)
        LOG_INFO("thread %s line %d", (const char *)arg, i);
    return NULL;
}

TEST(lines_of_threads_stay_whole_and_none_is_lost_unless_counted)
{
    start(LOG_INFO);
    pthread_t t[4];
    static const char *const names[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, log_many, (void *)(uintptr_t)names[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    log_stop();
    CLEANUP(mem_freep) char *all = read_log();
    long n_lines = 0, n_lost = 0;
    char *save = NULL;
    for (char *line = strtok_r(all, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char name;
        long number;
        const char *body = line + HEAD_BYTES;
        if (sscanf(body, "inf:ETL - thread %c line %ld", &name, &number) == 2)
            n_lines++;
        else if (sscanf(body, "war:General - log: the queue was full, %ld lines", &number) == 1)
            n_lost += number;
        else
            test_fail(__FILE__, __LINE__, "broken line: %s", line);
    }
    ASSERT_INT(8000, n_lines + n_lost);
}

/* The file is a pipe that nobody reads: the writer blocks, loggers must not. */
TEST(a_full_queue_drops_lines_counts_them_and_never_blocks)
{
    int ends[2];
    ASSERT(pipe(ends) == 0);
    fflush(NULL);
    int saved = dup(STDOUT_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    struct log_opts opts = {.console = LOG_CONSOLE_STDOUT};
    ASSERT(log_start(&opts));
    char text[900];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < 5000; i++)
        LOG_ERROR("%s", text); /* 4.5 MB into a pipe of 64 KiB and a queue of 1 MiB */
    pid_t reader = fork();
    if (reader == 0) {
        close(ends[1]);
        close(STDOUT_FILENO);
        static char all[8 << 20];
        size_t n = 0;
        for (ssize_t m; (m = read(ends[0], all + n, sizeof all - 1 - n)) > 0;)
            n += (size_t)m;
        _exit(strstr(all, "log: the queue was full, ") == NULL);
    }
    log_stop();
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(ends[1]);
    int status;
    ASSERT(waitpid(reader, &status, 0) == reader);
    ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(ends[0]);
}

/* Nobody ever reads: logging, flushing and stopping come to an end all the same. */
TEST(a_console_that_takes_nothing_holds_up_nobody)
{
    int ends[2];
    ASSERT(pipe(ends) == 0);
    fflush(NULL);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    struct log_opts opts = {.console = LOG_CONSOLE_STDERR};
    ASSERT(log_start(&opts));
    char text[900];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < 500; i++)
        LOG_ERROR("%s", text);
    log_flush_for(1000000);
    log_flush();
    static char some[32768];
    ASSERT(read(ends[0], some, sizeof some) > 0); /* room again: it is told what was lost */
    LOG_ERROR("after");
    log_stop();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    CLEANUP(mem_freep) char *all = calloc(1, 1 << 20);
    size_t n = 0;
    for (ssize_t m; (m = read(ends[0], all + n, (1 << 20) - 1 - n)) > 0;)
        n += (size_t)m;
    const char *lost = strstr(all, "log: the console took nothing, ");
    ASSERT(lost != NULL && strstr(lost, "after\n") != NULL);
    close(ends[0]);
}

TEST(a_file_that_was_moved_away_is_begun_anew)
{
    char from[256], to[256];
    start(LOG_INFO);
    LOG_INFO("first");
    log_flush();
    snprintf(from, sizeof from, "%s/kleio.log", test_dir());
    snprintf(to, sizeof to, "%s/moved.log", test_dir());
    ASSERT(rename(from, to) == 0);
    LOG_INFO("second");
    log_flush();
    log_reopen();
    LOG_INFO("third");
    log_stop();
    CLEANUP(mem_freep) char *moved = test_read_file(to, NULL);
    CLEANUP(mem_freep) char *fresh = read_log();
    ASSERT(strstr(moved, "second") != NULL && strstr(moved, "third") == NULL);
    ASSERT(strstr(fresh, "second") == NULL && strstr(fresh, "third") != NULL);
}

TEST(flush_waits_until_the_lines_are_in_the_file)
{
    start(LOG_INFO);
    for (int i = 0; i < 50; i++) {
        LOG_INFO("mark %d", i);
        log_flush();
        char mark[16];
        snprintf(mark, sizeof mark, "mark %d\n", i);
        CLEANUP(mem_freep) char *all = read_log();
        ASSERT(strstr(all, mark) != NULL);
    }
    log_stop();
    log_flush();
}

TEST(a_limiter_lets_some_through_and_counts_the_rest)
{
    struct log_limit l = LOG_LIMIT_INIT(3);
    uint64_t n_dropped = 77;
    for (int i = 0; i < 3; i++) {
        ASSERT(log_limit_take(&l, &n_dropped));
        ASSERT_INT(0, n_dropped);
    }
    for (int i = 0; i < 10; i++)
        ASSERT(!log_limit_take(&l, &n_dropped));
    l.window_start_ns -= 10000000000; /* ten seconds later */
    ASSERT(log_limit_take(&l, &n_dropped));
    ASSERT_INT(10, n_dropped);
    ASSERT(log_limit_take(&l, &n_dropped));
    ASSERT_INT(0, n_dropped);
}

TEST(names_of_channels_and_levels_are_clios)
{
    enum log_channel c;
    enum log_level v;
    ASSERT(log_channel_parse("Subscriptions", &c) && c == LOG_CHANNEL_SUBSCRIPTIONS);
    ASSERT(log_level_parse("warning", &v) && v == LOG_WARN);
    ASSERT(log_level_parse("fatal", &v) && v == LOG_FATAL);
    ASSERT(!log_channel_parse("Nothing", &c) && !log_level_parse("", &v));
}

TEST(a_directory_that_cannot_be_written_is_an_error_with_text)
{
    struct log_opts opts = {.directory = "/proc/none"};
    ASSERT(!log_start(&opts));
    ASSERT(strstr(err_text(), "/proc/none") != NULL);
    log_stop();
}
