/* SPDX-License-Identifier: Apache-2.0 */
/* Compare two JSON values as a client would: order of members does not matter, numbers by value. */
#pragma once
#include "json/json.h"

/* True if equal; else `why` gets the path of the first difference and both texts. */
bool json_same(const struct json *expected, const struct json *actual, char *why, size_t why_size);
/* The same for two texts; a text that does not parse is a difference. */
bool json_same_text(struct slice expected, struct slice actual, char *why, size_t why_size);
/* Fail the running test (test.h) when they differ; `what` names the case. */
#define json_same_assert(what, expected, actual)                                                   \
    do {                                                                                           \
        char same_why_[1000];                                                                      \
        if (!json_same_text(expected, actual, same_why_, sizeof same_why_))                        \
            test_fail(__FILE__, __LINE__, "%s: %s", what, same_why_);                              \
    } while (0)
