/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_deflate.h"

#include "base/mem.h"
#include "net/http_request.h"
#include "net/ws_unpack.h"

#include <stdlib.h>
#include <zlib.h>

#define BITS_MIN 9 /* zlib cannot do 8 for raw streams */
#define BITS_MAX 15
#define WORTH_MIN_BYTES 256
#define WORTH_MAX_BYTES ((size_t)256 << 10) /* some 3 ms of a core */

struct ws_deflate {
    z_stream packers[BITS_MAX + 1]; /* by window bits; made when first used */
    bool made[BITS_MAX + 1];
    struct ws_unpack *spare;
    struct buf out;
};

struct ws_deflate *ws_deflate_new(void)
{
    return xcalloc(1, sizeof(struct ws_deflate));
}

struct ws_deflate *ws_deflate_free(struct ws_deflate *d)
{
    if (d == NULL)
        return NULL;
    for (int bits = BITS_MIN; bits <= BITS_MAX; bits++)
        if (d->made[bits])
            deflateEnd(&d->packers[bits]);
    ws_unpack_free(d->spare);
    buf_deinit(&d->out);
    free(d);
    return NULL;
}

/* ---- negotiation ---- */

static struct slice trim(struct slice s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_from(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* Cut the part before `end` off *rest. */
static struct slice take_until(struct slice *rest, char end)
{
    const uint8_t *at = rest->n ? memchr(rest->p, end, rest->n) : NULL;
    size_t n = at ? (size_t)(at - rest->p) : rest->n;
    struct slice part = slice_of(rest->p, n);
    *rest = slice_from(*rest, at ? n + 1 : n);
    return trim(part);
}

/* A window size, as token or in quotes: 8..15; 0 = it is none. */
static unsigned window_bits(struct slice value)
{
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        value = slice_of(value.p + 1, value.n - 2);
    if (value.n == 1 && (value.p[0] == '8' || value.p[0] == '9'))
        return (unsigned)(value.p[0] - '0');
    if (value.n == 2 && value.p[0] == '1' && value.p[1] >= '0' && value.p[1] <= '5')
        return 10 + (unsigned)(value.p[1] - '0');
    return 0;
}

enum {
    SEEN_SERVER_TAKEOVER = 1,
    SEEN_CLIENT_TAKEOVER = 2,
    SEEN_SERVER_BITS = 4,
    SEEN_CLIENT_BITS = 8
};

/* One parameter of an offer; false when the offer must be declined for it. */
static bool take_parameter(struct slice text, unsigned *seen, struct ws_deflate_terms *terms)
{
    bool has_value = memchr(text.p, '=', text.n) != NULL;
    struct slice name = take_until(&text, '=');
    unsigned bits = has_value ? window_bits(trim(text)) : 0, what = 0;
    if (http_request_text_is(name, "server_no_context_takeover") && !has_value)
        what = SEEN_SERVER_TAKEOVER;
    else if (http_request_text_is(name, "client_no_context_takeover") && !has_value)
        what = SEEN_CLIENT_TAKEOVER;
    else if (http_request_text_is(name, "client_max_window_bits") && (!has_value || bits))
        what = SEEN_CLIENT_BITS;
    else if (http_request_text_is(name, "server_max_window_bits") && bits >= BITS_MIN)
        what = SEEN_SERVER_BITS;
    if (what == SEEN_SERVER_BITS)
        terms->window_bits = (uint8_t)bits;
    bool again = (*seen & what) != 0;
    *seen |= what;
    return what && !again;
}

static bool take_offer(struct slice offer, struct ws_deflate_terms *ret)
{
    struct ws_deflate_terms terms = {.window_bits = BITS_MAX};
    unsigned seen = 0;
    if (!http_request_text_is(take_until(&offer, ';'), "permessage-deflate"))
        return false;
    while (offer.n) {
        struct slice parameter = take_until(&offer, ';');
        if (parameter.n == 0 || !take_parameter(parameter, &seen, &terms))
            return false;
    }
    *ret = terms;
    return true;
}

bool ws_deflate_negotiate(struct slice offers, struct ws_deflate_terms *ret)
{
    while (offers.n)
        if (take_offer(take_until(&offers, ','), ret))
            return true;
    return false;
}

void ws_deflate_accept(const struct ws_deflate_terms *terms, struct buf *out)
{
    buf_put_str(out, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                     "client_no_context_takeover");
    if (terms->window_bits != BITS_MAX)
        buf_printf(out, "; server_max_window_bits=%u", terms->window_bits);
    buf_put_str(out, "\r\n");
}

/* ---- messages ---- */

bool ws_deflate_worth(size_t n)
{
    return n >= WORTH_MIN_BYTES && n <= WORTH_MAX_BYTES;
}

static z_stream *packer(struct ws_deflate *d, unsigned bits)
{
    z_stream *z = &d->packers[bits];
    if (d->made[bits]) {
        deflateReset(z);
        return z;
    }
    if (deflateInit2(z, Z_BEST_SPEED, Z_DEFLATED, -(int)bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    d->made[bits] = true;
    return z;
}

bool ws_deflate_pack(struct ws_deflate *d, const struct ws_deflate_terms *terms, struct slice plain,
                     struct slice *ret)
{
    z_stream *z = packer(d, terms->window_bits);
    buf_clear(&d->out);
    buf_reserve(&d->out, plain.n); /* no more is of use */
    z->next_in = (Bytef *)(uintptr_t)plain.p;
    z->avail_in = (uInt)plain.n;
    z->next_out = d->out.p;
    z->avail_out = (uInt)plain.n;
    int rc = deflate(z, Z_SYNC_FLUSH);
    if (rc != Z_OK || z->avail_in || z->avail_out == 0)
        return false;
    size_t n = plain.n - z->avail_out; /* ends with 00 00 ff ff, which is left out (7.2.1) */
    if (n < 5)
        return false;
    *ret = slice_of(d->out.p, n - 4);
    return true;
}

struct ws_unpack **ws_deflate_spare(struct ws_deflate *d)
{
    return &d->spare;
}
