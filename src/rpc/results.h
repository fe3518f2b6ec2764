/* SPDX-License-Identifier: Apache-2.0 */
/* What the methods answer, declared: the members of each result, for the OpenRPC document. Tests
 * hold every answer to the recorded requests against it, so that it is complete and true. */
#pragma once
#include "rpc/errors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `type`: string, integer, number, boolean, object (any), any; the name of a shape or of a schema
 * of schema.h; "[X]" = an array, "{X}" = an object whose members' names are data, all X. */
struct result_member {
    const char *name; /* NULL ends a list */
    const char *type;
    const char *doc;
    bool optional;
    uint8_t since, until; /* API versions that have it; 0 = no bound */
};

/* Objects that stand in several results. */
struct result_shape {
    const char *name; /* NULL ends the list */
    const char *doc;
    const struct result_member *members;
};
extern const struct result_shape results_shapes[];

/* Members of a method's result; NULL for a method that is not known. */
const struct result_member *results_of(const char *method);
/* Errors that the method finds itself, beside those of its parameters; RPC_NONE at the end. */
const enum rpc_code *results_errors(const char *method);
