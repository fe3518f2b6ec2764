/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/rocks_impl.h"

/* Writing is possible (again). Errors: ERR_UNSUPPORTED: the store is open for reading only; ERR_IO.
 */
ERR rocks_write_check(struct rocks *r);
