/* SPDX-License-Identifier: Apache-2.0 */
/* The whole server: made from a configuration, runs until a signal ends it. */
#pragma once
#include "app/config.h"

#define SERVER_VERSION KLEIO_VERSION

struct store;

/* Open the history alone, as the server would; a core may not run yet. Errors: those of the
 * backend. */
ERR server_open_history(const struct config *config, bool read_only, struct store **ret);
struct buf;
/* Where the state mirror is, with a NUL. */
void server_mirror_path(const struct config *config, struct buf *ret);
/* Run; returns the program's exit status. Takes the calling thread (it becomes core 0). */
int server_run(const struct config *config);
