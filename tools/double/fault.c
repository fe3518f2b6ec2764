/* SPDX-License-Identifier: Apache-2.0 */
#include "double/fault.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_FAULTS 256
#define ALWAYS UINT32_MAX

struct fault {
    enum fault_kind kind;
    uint32_t seq; /* 0 = any */
    uint32_t left;
};

struct fault_set {
    struct fault faults[MAX_FAULTS];
    uint32_t n;
    uint64_t taken[FAULT_N_KINDS];
};

static const struct {
    const char *name;
    const char *text;
} kinds[FAULT_N_KINDS] = {
#define X(id, name, text) [FAULT_##id] = {name, text},
    FAULT_KINDS(X)
#undef X
};

struct fault_set *fault_set_new(void)
{
    return xcalloc(1, sizeof(struct fault_set));
}

struct fault_set *fault_set_free(struct fault_set *f)
{
    free(f);
    return NULL;
}

static enum fault_kind kind_by_name(const char *name)
{
    for (int i = 1; i < FAULT_N_KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return i;
    return FAULT_NONE;
}

bool fault_add(struct fault_set *f, struct slice text)
{
    char line[80], name[32], seq[16], count[16] = "1", *end = "";
    snprintf(line, sizeof line, "%.*s", SLICE_FMT(text));
    if (f->n == MAX_FAULTS || sscanf(line, "%31[a-z-]@%15[0-9*]x%15[0-9*]", name, seq, count) < 2)
        return false;
    struct fault fault = {.kind = kind_by_name(name)};
    if (strcmp(seq, "*") != 0)
        fault.seq = (uint32_t)strtoul(seq, &end, 10);
    fault.left = strcmp(count, "*") == 0 ? ALWAYS : (uint32_t)strtoul(count, NULL, 10);
    if (fault.kind == FAULT_NONE || *end != 0)
        return false;
    f->faults[f->n++] = fault;
    return true;
}

void fault_clear(struct fault_set *f)
{
    f->n = 0;
}

bool fault_take(struct fault_set *f, enum fault_kind kind, uint32_t seq)
{
    for (uint32_t i = 0; i < f->n; i++) {
        struct fault *it = &f->faults[i];
        if (it->kind != kind || (it->seq && it->seq != seq) || it->left == 0)
            continue;
        if (it->left != ALWAYS)
            it->left--;
        f->taken[kind]++;
        return true;
    }
    return false;
}

void fault_report(const struct fault_set *f, struct buf *out)
{
    for (int i = 1; i < FAULT_N_KINDS; i++)
        if (f->taken[i])
            buf_printf(out, "%s %llu\n", kinds[i].name, (unsigned long long)f->taken[i]);
}

void fault_usage(struct buf *out)
{
    for (int i = 1; i < FAULT_N_KINDS; i++)
        buf_printf(out, "  %-14s %s\n", kinds[i].name, kinds[i].text);
}
