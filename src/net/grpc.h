/* SPDX-License-Identifier: Apache-2.0 */
/* What gRPC adds to HTTP/2: status, message framing, time-outs, percent-encoding. Pure; unary calls
 * only. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/* https://grpc.io/docs/guides/status-codes */
enum grpc_code {
    GRPC_CODE_OK = 0,
    GRPC_CODE_CANCELLED = 1,
    GRPC_CODE_UNKNOWN = 2,
    GRPC_CODE_INVALID_ARGUMENT = 3,
    GRPC_CODE_DEADLINE_EXCEEDED = 4,
    GRPC_CODE_NOT_FOUND = 5,
    GRPC_CODE_PERMISSION_DENIED = 7,
    GRPC_CODE_RESOURCE_EXHAUSTED = 8,
    GRPC_CODE_FAILED_PRECONDITION = 9,
    GRPC_CODE_UNIMPLEMENTED = 12,
    GRPC_CODE_INTERNAL = 13,
    GRPC_CODE_UNAVAILABLE = 14,
    GRPC_CODE_UNAUTHENTICATED = 16
};

struct grpc_status {
    int code;          /* enum grpc_code; what the server said, or what an HTTP status means */
    char message[256]; /* decoded, cut if longer */
};

/* Receiver of the one message of a unary call: prefix (compressed flag, length) and payload, in any
 * pieces. */
struct grpc_message {
    struct buf payload;
    size_t max_bytes;
    uint32_t n_prefix; /* prefix bytes seen, 0..5 */
    uint8_t prefix[5];
    uint32_t length; /* valid once n_prefix is 5 */
};

void grpc_message_init(struct grpc_message *m, size_t max_bytes);
void grpc_message_deinit(struct grpc_message *m);
/* Append bytes; memory grows with what has come, not with what is announced.
 * Errors: ERR_LIMIT (announced length above max_bytes), ERR_UNSUPPORTED (compressed), ERR_PROTOCOL
 * (more than one). */
ERR grpc_message_feed(struct grpc_message *m, struct slice in);
bool grpc_message_complete(const struct grpc_message *m);
void grpc_message_put_prefix(struct buf *out, size_t n);

/* Value of the grpc-timeout header for a time span > 0 ns: at most 8 digits and a unit. */
void grpc_timeout_format(int64_t span_ns, char out[16]);
/* Its time span in ns; false when malformed. */
bool grpc_timeout_parse(struct slice text, int64_t *ret_ns);

/* grpc-message: percent-decode into a NUL-terminated text (cut if longer); bad escapes stay as they
 * are. */
void grpc_text_decode(struct slice in, char *out, size_t out_size);
void grpc_text_encode(const char *text, struct buf *out);
/* Decimal code of a grpc-status header; GRPC_CODE_UNKNOWN when it is not a number. */
int grpc_code_parse(struct slice text);
/* The code that an HTTP status without grpc-status stands for. */
int grpc_code_of_http(int http_status);
const char *grpc_code_name(int code);
