/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C (Castagnoli; RFC 3720, appendix B.4): finds every change of up to 32 bits in a row. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Of n bytes, behind those that gave `crc` (0: these are the first). 8 bytes in 3 cycles where the
 * processor has an instruction for it. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);
/* The same without it. */
uint32_t crc32c_portable(uint32_t crc, const void *p, size_t n);
