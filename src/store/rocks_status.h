/* SPDX-License-Identifier: Apache-2.0 */
/* RocksDB's error strings as our errors. */
#pragma once
#include "store/rocks_impl.h"

/* Codes that never leave the rocks_*.c files. */
#define ROCKS_COLD ERR_N_CODES       /* not in memory: try again with the disk */
#define ROCKS_MORE (ERR_N_CODES + 1) /* a step is done, there are more (rocks_read.h) */

/* OK when text is NULL; else the error it stands for, the text freed. `what` names what was being
 * done. Errors: ERR_CORRUPT, ERR_LOCKED, ERR_INVALID, ERR_IO (a full disk, too), ROCKS_COLD. */
ERR rocks_status(const char *path, const char *what, char *text);
