/* SPDX-License-Identifier: Apache-2.0 */
/* Files with a block that cannot be read (a bad disk). A compaction that meets one fails, and
 * RocksDB then refuses every write; so column families with such a file are not compacted any more
 * until the file is repaired: writes go on, reads of the block say what is damaged. The files'
 * names are kept in meta. */
#pragma once
#include "store/rocks_impl.h"

/* The database has been opened, without compactions: start them where no file is damaged, name the
 * files that are. `text`: RocksDB's error that made it be opened again, NULL if none; a file that
 * it names is damaged from now on. Errors: ERR_IO, ERR_CORRUPT. */
ERR rocks_damage_meet(struct rocks *r, const char *text);
/* RocksDB said so when it read: remember the file that it names. */
void rocks_damage_note(struct rocks *r, const char *text);
/* Number of files that are known to be damaged. */
size_t rocks_damage_count(struct rocks *r);
#define ROCKS_DAMAGE_MAX 64
/* Their numbers. Reads the disk. Errors: ERR_IO, ERR_CORRUPT. */
ERR rocks_damage_list(struct rocks *r, uint64_t ret[ROCKS_DAMAGE_MAX], size_t *ret_n);
/* The number in the name of a table file, the last one of a text; 0: there is none. */
uint64_t rocks_damage_file(const char *text);
