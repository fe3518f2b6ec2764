/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket frames. The first byte gives the role (lowest bit) and how the input is cut. */
#include "fuzz.h"

#include "net/ws_parse.h"

#include <assert.h>

#define MAX_BYTES 500

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    struct ws_parse parse;
    struct slice in = slice_of(p + 1, n - 1);
    size_t step = (size_t)(p[0] >> 1) + 1;
    bool stop = false;
    ws_parse_init(&parse, (p[0] & 1) == 0, MAX_BYTES);
    while (in.n && !stop) {
        size_t piece = in.n < step ? in.n : step;
        ws_parse_input(&parse, slice_of(in.p, piece));
        in = slice_from(in, piece);
        for (enum ws_parse_result r; !stop && (r = ws_parse_next(&parse)) != WS_PARSE_NONE;) {
            assert(parse.message.n <= MAX_BYTES && parse.control.n <= 125);
            assert(r != WS_PARSE_TEXT || ws_frame_utf8_valid(buf_slice(&parse.message)));
            assert(r != WS_PARSE_CLOSE || parse.code == WS_FRAME_CODE_NO_STATUS ||
                   ws_frame_code_valid(parse.code));
            stop = r == WS_PARSE_FAILED || r == WS_PARSE_CLOSE;
        }
    }
    ws_parse_deinit(&parse);
    return 0;
}
