/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol tables that grow: the file that protocol.definitions_file names, read at start and on
 * SIGHUP, or what the sources answer to server_definitions. What came of it is one line of the log.
 */
#pragma once
#include "base/err.h"
#include "base/slice.h"

/* Take in the file. `path`: a string, NULL = nothing to do. Also the hook for reload_add. Errors:
 * those of reading and of learn_definitions; the tables are as before then. */
YIELDS ERR definitions_read(void *path);

/* Take in a source's answer, in the background: on_definitions of sources_opts. Refused ones are a
 * warning. On a fiber. */
YIELDS void definitions_take(void *arg, const char *source, const char *version, struct slice text);
