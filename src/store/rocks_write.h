/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/rocks_impl.h"

/* Errors: ERR_UNSUPPORTED when the store is open for reading only. */
ERR rocks_write_check(struct rocks *r);
