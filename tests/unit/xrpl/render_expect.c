/* SPDX-License-Identifier: Apache-2.0 */
#include "render_expect.h"

#include "base/hex.h"
#include "base/mem.h"
#include "json_same.h"
#include "test.h"

struct buf render_out;

struct jw render_fresh(void)
{
    buf_clear(&render_out);
    return jw_to(&render_out);
}

err render_hex(const char *hex)
{
    size_t n = strlen(hex) / 2;
    CLEANUP(mem_freep) uint8_t *bytes = xmalloc(n + 1);
    ASSERT(hex_decode(slice_str(hex), bytes, n));
    struct jw w = render_fresh();
    return render_object(&w, slice_of(bytes, n));
}

void render_expect(const char *hex, const char *json)
{
    ASSERT_OK(render_hex(hex));
    json_same_assert(hex, slice_str(json), buf_slice(&render_out));
}

void render_expect_damaged(const char *hex, const char *json)
{
    ASSERT_ERR(ERR_CORRUPT, render_hex(hex));
    json_same_assert(hex, slice_str(json), buf_slice(&render_out));
}
