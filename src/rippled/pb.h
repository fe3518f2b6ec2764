/* SPDX-License-Identifier: Apache-2.0 */
/* The protobuf wire format, read in place from untrusted bytes and written into buffers. Pure.
 * Fields come as they stand; what they mean is proto.h's matter.
 * (https://protobuf.dev/programming-guides/encoding) */
#pragma once
#include "base/buf.h"
#include "base/cursor.h"

enum pb_wire { PB_WIRE_VARINT = 0, PB_WIRE_FIXED64 = 1, PB_WIRE_BYTES = 2, PB_WIRE_FIXED32 = 5 };

struct pb_field {
    uint32_t number; /* 1.. */
    enum pb_wire wire;
    uint64_t value;     /* varint, fixed */
    struct slice bytes; /* strings, messages: without the length; borrowed */
};

/* Reading: struct cursor c = cursor_of(message); while (pb_next(&c, &f)) ...; if (c.failed)
 * malformed. Groups (deprecated, never sent) count as malformed. */
bool pb_next(struct cursor *c, struct pb_field *ret);

/* The next occurrence of the message or string `number`; others are skipped. A field of that number
 * with another wire type is malformed. */
bool pb_next_bytes(struct cursor *c, uint32_t number, struct slice *ret);

/* Writing. As proto3 wants it, a field with its default value (0, false, empty) is left out. */
void pb_put_u64(struct buf *b, uint32_t number, uint64_t v);
void pb_put_u64_set(struct buf *b, uint32_t number,
                    uint64_t v); /* also when 0: a member of a oneof */
void pb_put_bytes(struct buf *b, uint32_t number, struct slice v);
/* An element of a repeated field, or a message: present also when empty. */
void pb_put_element(struct buf *b, uint32_t number, struct slice v);
/* A message written in place: what is put between begin and end is its content. They nest. */
size_t pb_begin(struct buf *b, uint32_t number);
void pb_end(struct buf *b, size_t begun);
