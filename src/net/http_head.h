/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a response, as bytes. Pure. */
#pragma once
#include "base/buf.h"

struct http_head {
    int status;
    const char *content_type;  /* NULL = none */
    const char *extra_headers; /* NULL or complete lines */
    struct slice fixed_lines;  /* those of all responses, complete: Server, Date; or empty */
    size_t body_bytes;
    bool close;     /* say that the connection ends */
    bool is_http10; /* the client has to be told that it does not */
};

/* Append the status line, the headers and the empty line. */
void http_head_build(struct buf *out, const struct http_head *h);
/* "Not Found"; "Unknown" for a status that is not known. */
const char *http_head_reason(int status);
