/* SPDX-License-Identifier: Apache-2.0 */
/* `kleio --reset`: begin anew, where the chain did (a development network). */
#pragma once
#include <stdio.h>

struct config;

/* Say on `out` which ledgers of which network the embedded store holds and where, read one line
 * from `in`, and if it is "yes" remove them. The exit status: 0 done, or there was nothing; 1 not
 * done. A store that a server uses is left alone. */
int reset_run(const struct config *config, FILE *in, FILE *out);
