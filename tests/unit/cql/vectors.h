/* SPDX-License-Identifier: Apache-2.0 */
/* tests/data/cql/vectors.txt, field by field. */
#pragma once
#include "base/slice.h"

struct vectors {
    char *text;
    char *line; /* the next one */
    char *field;
    uint8_t *bytes;
};
struct vectors vectors_open(void);
bool vectors_next(struct vectors *v, char kind[16]);
int64_t vectors_number(struct vectors *v);
struct slice vectors_bytes(struct vectors *v); /* valid until the next */
void vectors_close(struct vectors *v);
