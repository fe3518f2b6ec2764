/* SPDX-License-Identifier: Apache-2.0 */
#include "store/memory.h"

#include "unit/store/conformance.h"

#define CONFORMANCE_NAME(name) memory_##name
#define CONFORMANCE_OPEN memory_new
CONFORMANCE_LIST(CONFORMANCE_TEST)
