/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets need that stand on fixtures of the unit tests: linked with it, what an ASSERT of
 * theirs reports is a crash. */
#pragma once
#include "base/slice.h"

/* The reply is one JSON object. */
void fixtures_expect_object(struct slice reply);
