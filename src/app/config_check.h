/* SPDX-License-Identifier: Apache-2.0 */
/* What values a configuration key allows, and which key a misspelt one was meant to be. */
#pragma once
#include "json/json.h"

enum config_type { CONFIG_TYPE_STRING = 1, CONFIG_TYPE_INT, CONFIG_TYPE_DOUBLE, CONFIG_TYPE_BOOL };

struct config_key_info {
    const char *path;
    enum config_type type;
    const char *def;
    const char *constraint; /* "", "int LOW HIGH", "double0", "enum A B", "ip", "host", "network",
                               "portstring", "method" */
    const char *effect;
    const char *text;
};

/* Whether the value fits; if not, `why` (of n bytes) says what is allowed and what was found. */
bool config_check_value(const struct config_key_info *key, const struct json *v, char *why,
                        size_t n);
/* What the key allows, for people. */
void config_check_allowed(const struct config_key_info *key, char *out, size_t n);
const char *config_check_type_name(enum config_type type);
/* The key with the smallest edit distance, NULL when none is near. */
const char *config_check_nearest(const char *path, const struct config_key_info *keys, size_t n);
