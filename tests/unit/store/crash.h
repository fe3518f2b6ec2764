/* SPDX-License-Identifier: Apache-2.0 */
/* A child process that works on a store until it is killed. */
#pragma once
#include "unit/test.h"

struct crash_child {
    char path[256];   /* of its store; a fresh one for each run */
    uint32_t reached; /* the last crash_reached that the parent heard of; 0 = none */
    int pipe[2];
};

/* Run `work` in a child, kill it (SIGKILL) after `us` microseconds, or when it ends. */
struct crash_child crash_run(void (*work)(struct crash_child *c), uint32_t run, uint32_t us);
/* In the child: what was promised until here. */
void crash_reached(struct crash_child *c, uint32_t value);
