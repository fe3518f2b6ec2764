/* SPDX-License-Identifier: Apache-2.0 */
/* The one clock. Deadlines and durations are monotonic nanoseconds; wall time is only for what
 * people and the ledger see. Tests can freeze and move it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_MS ((int64_t)1000000)
#define CLOCK_S ((int64_t)1000000000)
#define CLOCK_NEVER INT64_MAX
/* Seconds between 1970-01-01 and 2000-01-01, the epoch of the XRP Ledger. */
#define CLOCK_LEDGER_EPOCH_S ((int64_t)946684800)

int64_t clock_now_ns(void);    /* monotonic */
int64_t clock_wall_ns(void);   /* since 1970-01-01 UTC */
uint32_t clock_ledger_s(void); /* wall time in seconds since the ledger's epoch */
int64_t clock_cpu_ns(void);    /* CPU time of the calling thread */
/* As clock_now_ns, but never the test clock: for bounds on what the machine does. */
int64_t clock_real_ns(void);

/* Tests: freeze both clocks at these values (NULL thaws); a frozen clock moves by
 * clock_test_advance, and timers of a running core fire by it. */
void clock_test_set(const int64_t *now_ns, int64_t wall_ns);
void clock_test_advance(int64_t ns);
bool clock_test_frozen(void);
