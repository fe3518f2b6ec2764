/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzz target is one function over untrusted bytes. It must not crash, leak or take unbounded
 * time or memory; what it checks beyond that, it asserts. The name is libFuzzer's, so that clang
 * -fsanitize=fuzzer can drive it, too. */
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
