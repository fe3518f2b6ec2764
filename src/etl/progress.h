/* SPDX-License-Identifier: Apache-2.0 */
/* Telling people how far the initial load is: a line that is rewritten on a terminal, log lines now
 * and then otherwise. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool terminal;
    int64_t begun_ns;
    int64_t said_ns; /* newest line; 0 = none */
    bool line_open;  /* the terminal's line has our text */
};

struct progress progress_of(bool terminal, int64_t now_ns);
/* "load of ledger 5: 1200000 objects, 40000/s, 6 % of the keys, about 8 min left" into out. */
void progress_text(const struct progress *p, uint32_t seq, uint64_t n_objects, uint32_t permille,
                   int64_t now_ns, char *out, size_t n_out);
/* Say it, if it is time: every second on a terminal, else every 10 s. */
void progress_say(struct progress *p, uint32_t seq, uint64_t n_objects, uint32_t permille,
                  int64_t now_ns);
/* End the terminal's line. */
void progress_end(struct progress *p);
