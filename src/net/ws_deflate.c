/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_deflate.h"

#include "base/mem.h"
#include "net/http_request.h"

#include <stdlib.h>
#include <zlib.h>

#define BITS_MIN 9 /* zlib cannot do 8 for raw streams */
#define BITS_MAX 15
#define WORTH_MIN_BYTES 256
#define WORTH_MAX_BYTES ((size_t)256 << 10) /* some 3 ms of a core */
#define STEP_BYTES ((size_t)16 << 10)
#define KEPT_BYTES ((size_t)64 << 10)

struct ws_deflate {
    z_stream packers[BITS_MAX + 1]; /* by window bits; made when first used */
    bool made[BITS_MAX + 1];
    z_stream unpacker;
    struct buf out;
};

struct ws_deflate *ws_deflate_new(void)
{
    struct ws_deflate *d = xcalloc(1, sizeof *d);
    if (inflateInit2(&d->unpacker, -BITS_MAX) != Z_OK)
        abort(); /* out of memory, as in xmalloc */
    return d;
}

struct ws_deflate *ws_deflate_free(struct ws_deflate *d)
{
    if (d == NULL)
        return NULL;
    for (int bits = BITS_MIN; bits <= BITS_MAX; bits++)
        if (d->made[bits])
            deflateEnd(&d->packers[bits]);
    inflateEnd(&d->unpacker);
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

/* What there is of room and input; false when the stream is damaged. */
static bool inflate_some(z_stream *z, struct buf *out)
{
    z->next_out = buf_reserve(out, STEP_BYTES);
    z->avail_out = STEP_BYTES;
    int rc = inflate(z, Z_SYNC_FLUSH);
    buf_advance(out, STEP_BYTES - z->avail_out);
    if (rc ==
        Z_STREAM_END) /* a sender may end its blocks (7.2.3.4); what follows is a new stream */
        rc = inflateReset(z);
    return rc == Z_OK || rc == Z_BUF_ERROR;
}

static bool feed(struct ws_deflate *d, struct slice packed, size_t max_bytes)
{
    z_stream *z = &d->unpacker;
    z->next_in = (Bytef *)(uintptr_t)packed.p;
    z->avail_in = (uInt)packed.n;
    do
        if (!inflate_some(z, &d->out))
            return false;
    while ((z->avail_in || z->avail_out == 0) && d->out.n <= max_bytes);
    return true;
}

err ws_deflate_unpack(struct ws_deflate *d, struct slice packed, size_t max_bytes,
                      struct slice *ret)
{
    static const uint8_t tail[] = {0, 0, 0xff, 0xff};
    inflateReset(&d->unpacker);
    buf_clear(&d->out);
    bool fine = feed(d, packed, max_bytes);
    if (fine && d->out.n <= max_bytes)
        fine = feed(d, slice_of(tail, sizeof tail), max_bytes);
    if (!fine)
        return FAIL(ERR_PARSE, "ws: the compressed message is damaged");
    if (d->out.n > max_bytes)
        return FAIL(ERR_LIMIT, "ws: the message has more than %zu bytes when unpacked", max_bytes);
    *ret = buf_slice(&d->out);
    return OK;
}

void ws_deflate_trim(struct ws_deflate *d)
{
    if (d->out.cap > KEPT_BYTES)
        buf_deinit(&d->out);
}
