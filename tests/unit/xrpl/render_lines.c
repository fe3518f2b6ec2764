/* SPDX-License-Identifier: Apache-2.0 */
/* Serialized objects in hex, one a line of standard input, to JSON, one a line of standard output:
 * for tests/system/test_codec. A line that cannot be rendered gives `null`. */
#include "base/arena.h"
#include "base/hex.h"
#include "base/mem.h"
#include "xrpl/render.h"

#include <stdio.h>
#include <stdlib.h>

static void render_line(struct slice hex, struct buf *out)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    uint8_t *bytes = arena_alloc(a, hex.n / 2 + 1);
    struct jw w = jw_to(out);
    buf_clear(out);
    if (!hex_decode(hex, bytes, hex.n / 2) ||
        err_failed(render_object(&w, slice_of(bytes, hex.n / 2)))) {
        buf_clear(out);
        buf_put_slice(out, SLICE_LIT("null"));
    }
    buf_put_u8(out, '\n');
}

int main(void)
{
    CLEANUP(buf_deinit) struct buf out = {0};
    char *line = NULL;
    size_t room = 0;
    for (ssize_t n; (n = getline(&line, &room, stdin)) > 0;) {
        render_line(slice_of(line, (size_t)n - (line[n - 1] == '\n')), &out);
        if (fwrite(out.p, 1, out.n, stdout) != out.n)
            return 1;
    }
    free(line);
    return fflush(stdout) == 0 ? 0 : 1;
}
