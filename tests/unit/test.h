/* SPDX-License-Identifier: Apache-2.0 */
/* Unit tests: TEST(name_is_a_sentence) { ... } registers itself; each runs in a process of its own
 * with a time limit. Run one: build/tests/unit/test_base NAME_PART */
#pragma once
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct test_case {
    const char *name;
    const char *file;
    void (*run)(void);
    int64_t padding[5]; /* one size for the section's elements */
};

#define TEST(test_name)                                                                            \
    static void test_name(void);                                                                   \
    static const struct test_case test_case_##test_name __attribute__((                            \
        used, section("test_cases"), aligned(64))) = {#test_name, __FILE__, test_name, {0}};       \
    static void test_name(void)

/* Print the place and end the test's process as failed. */
void test_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), noreturn));
/* A fresh directory for this test, removed after it. Valid until the test ends. */
const char *test_dir(void);
/* Path below the source tree ("tests/golden/x"). Valid until the next call. */
const char *test_source_path(const char *relative);
/* Whole file, malloc'd, NUL after it; fails the test if it cannot be read. */
char *test_read_file(const char *path, size_t *ret_n);

#define ASSERT(expr)                                                                               \
    do {                                                                                           \
        if (!(expr))                                                                               \
            test_fail(__FILE__, __LINE__, "%s", #expr);                                            \
    } while (0)
#define ASSERT_OK(expr)                                                                            \
    do {                                                                                           \
        err test_e_ = (expr);                                                                      \
        if (test_e_.code)                                                                          \
            test_fail(__FILE__, __LINE__, "%s: %s: %s", #expr, err_name(test_e_), err_text());     \
    } while (0)
#define ASSERT_ERR(expected_code, expr)                                                            \
    do {                                                                                           \
        err test_e_ = (expr);                                                                      \
        if (test_e_.code != (expected_code))                                                       \
            test_fail(__FILE__, __LINE__, "%s: got %s (%s)", #expr, err_name(test_e_),             \
                      err_text());                                                                 \
    } while (0)
#define ASSERT_INT(expected, actual)                                                               \
    do {                                                                                           \
        int64_t test_x_ = (int64_t)(expected), test_y_ = (int64_t)(actual);                        \
        if (test_x_ != test_y_)                                                                    \
            test_fail(__FILE__, __LINE__, "%s: expected %lld, got %lld", #actual,                  \
                      (long long)test_x_, (long long)test_y_);                                     \
    } while (0)
#define ASSERT_STR(expected, actual)                                                               \
    do {                                                                                           \
        const char *test_x_ = (expected), *test_y_ = (actual);                                     \
        if (strcmp(test_x_, test_y_) != 0)                                                         \
            test_fail(__FILE__, __LINE__, "%s: expected \"%s\", got \"%s\"", #actual, test_x_,     \
                      test_y_);                                                                    \
    } while (0)
#define ASSERT_SLICE(expected_text, actual)                                                        \
    do {                                                                                           \
        struct slice test_y_ = (actual);                                                           \
        if (!slice_is(test_y_, (expected_text)))                                                   \
            test_fail(__FILE__, __LINE__, "%s: expected \"%s\", got \"%.*s\"", #actual,            \
                      (expected_text), SLICE_FMT(test_y_));                                        \
    } while (0)
