/* SPDX-License-Identifier: Apache-2.0 */
/* After a failed write (a full disk, mostly): RocksDB 7 does not get over it by itself, its
 * recovery writes on into the broken log file. So the database is closed and opened again, as soon
 * as the disk takes bytes; reads wait meanwhile. */
#pragma once
#include "store/rocks_impl.h"

/* Nothing to do if no write has failed. Errors: ERR_IO: not yet; reads go on, try again later. */
ERR rocks_heal(struct rocks *r);
