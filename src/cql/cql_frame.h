/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of Cassandra's native protocol. Version 4 sends them as they are (a body may be
 * compressed); version 5 packs them, once the handshake is over, into segments with checksums,
 * which are what is compressed. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

#define CQL_FRAME_HEADER_BYTES 9
#define CQL_FRAME_SEGMENT_MAX ((1u << 17) - 1) /* payload of one segment */

enum cql_opcode {
    CQL_OP_ERROR = 0x00,
    CQL_OP_STARTUP = 0x01,
    CQL_OP_READY = 0x02,
    CQL_OP_AUTHENTICATE = 0x03,
    CQL_OP_OPTIONS = 0x05,
    CQL_OP_SUPPORTED = 0x06,
    CQL_OP_QUERY = 0x07,
    CQL_OP_RESULT = 0x08,
    CQL_OP_PREPARE = 0x09,
    CQL_OP_EXECUTE = 0x0A,
    CQL_OP_REGISTER = 0x0B,
    CQL_OP_EVENT = 0x0C,
    CQL_OP_BATCH = 0x0D,
    CQL_OP_AUTH_CHALLENGE = 0x0E,
    CQL_OP_AUTH_RESPONSE = 0x0F,
    CQL_OP_AUTH_SUCCESS = 0x10,
};

#define CQL_FLAG_COMPRESSED 0x01
#define CQL_FLAG_TRACING 0x02
#define CQL_FLAG_PAYLOAD 0x04
#define CQL_FLAG_WARNING 0x08

/* A frame that came in. */
struct cql_frame {
    uint8_t version;
    uint8_t flags;
    int16_t stream; /* negative: an event */
    uint8_t opcode;
    struct slice body; /* without trace id, warnings and payload; valid until the next call */
};

/* Requests: begin a frame in `out`, append the body, end it. `at` is where it began. */
size_t cql_frame_begin(struct buf *out, uint8_t version, uint8_t opcode);
void cql_frame_end(struct buf *out, size_t at);
/* The stream id is known when the frame leaves: put it into a finished frame. */
void cql_frame_set_stream(uint8_t *frame, int16_t stream);
/* Version 4: append a finished frame to `out`, its body compressed if that makes it smaller. */
void cql_frame_compress(struct buf *out, struct slice frame);
/* Version 5: append finished frames (any number, one after the other) to `out` as segments. */
void cql_frame_segments(struct buf *out, struct slice frames, bool lz4);

/* Bytes in, frames out. Sticky: after an error nothing more comes. */
struct cql_decoder {
    struct buf in;          /* what came and is not used up */
    size_t used;            /* of `in` */
    struct buf frames;      /* version 5: payloads of segments */
    size_t frames_used;     /* of `frames` */
    struct buf plain;       /* a body or segment, decompressed */
    size_t max_frame_bytes; /* longer frames are refused */
    bool segmented;         /* version 5 and the handshake is over */
    bool lz4;               /* compression was agreed on */
    bool failed;
};
void cql_decoder_init(struct cql_decoder *d, size_t max_frame_bytes);
void cql_decoder_deinit(struct cql_decoder *d);
/* From here on (between two frames) version 5's segments. */
void cql_decoder_set_segmented(struct cql_decoder *d);
/* Room for bytes from the peer, then how many came. Frames given before become invalid. */
uint8_t *cql_decoder_reserve(struct cql_decoder *d, size_t n);
void cql_decoder_advance(struct cql_decoder *d, size_t n);
/* The next frame; *ret_have = false: more bytes are needed. Errors: ERR_PROTOCOL (what the peer
 * sent is damaged: the connection must end), ERR_LIMIT. */
ERR cql_decoder_next(struct cql_decoder *d, struct cql_frame *ret, bool *ret_have);
