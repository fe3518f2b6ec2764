/* SPDX-License-Identifier: Apache-2.0 */
/* A fiber that does not give up its core: everybody else on it waits. A thread looks at all cores
 * once a second; a fiber that has held its core for 10 s is reported with its stack, once. */
#pragma once
#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

/* Begin to look at the cores that exist now and later. Errors: ERR_IO. */
ERR stuck_start(int64_t after_ns);
void stuck_stop(void);      /* before the cores end */
uint32_t stuck_count(void); /* reports so far */
