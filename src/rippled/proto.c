/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/proto.h"

#include "base/mem.h"
#include "rippled/pb.h"

enum member_type { MEMBER_BOOL, MEMBER_U32, MEMBER_BYTES, MEMBER_LIST, MEMBER_SPEC, MEMBER_OBJECT };

/* A field of a message, and where it is in our struct. Tables ascend by number: the order of
 * writing. */
struct member {
    uint32_t number;
    enum member_type type;
    size_t at;
    size_t has_at; /* of a bool that says the member was sent; 0 = none */
};

#define MEMBER(number, type, of, name)                                                             \
    {                                                                                              \
        number, MEMBER_##type, offsetof(struct of, name), 0                                        \
    }
#define MEMBER_HAS(number, type, of, name, has)                                                    \
    {                                                                                              \
        number, MEMBER_##type, offsetof(struct of, name), offsetof(struct of, has)                 \
    }

static const struct member object_members[] = {
    MEMBER(1, BYTES, proto_object, data),      MEMBER(2, BYTES, proto_object, key),
    MEMBER(3, U32, proto_object, mod),         MEMBER(4, BYTES, proto_object, predecessor),
    MEMBER(5, BYTES, proto_object, successor),
};
static const struct member tx_members[] = {
    MEMBER(1, BYTES, proto_tx, tx),
    MEMBER(2, BYTES, proto_tx, meta),
};
static const struct member book_successor_members[] = {
    MEMBER(1, BYTES, proto_book_successor, book_base),
    MEMBER(2, BYTES, proto_book_successor, first_book),
};
static const struct member get_ledger_members[] = {
    MEMBER(1, SPEC, proto_get_ledger, ledger),
    MEMBER(2, BOOL, proto_get_ledger, transactions),
    MEMBER(3, BOOL, proto_get_ledger, expand),
    MEMBER(4, BOOL, proto_get_ledger, get_objects),
    MEMBER(5, BYTES, proto_get_ledger, client_ip),
    MEMBER(6, BYTES, proto_get_ledger, user),
    MEMBER(7, BOOL, proto_get_ledger, get_object_neighbors),
};
static const struct member get_ledger_data_members[] = {
    MEMBER(1, BYTES, proto_get_ledger_data, marker),
    MEMBER(2, SPEC, proto_get_ledger_data, ledger),
    MEMBER(3, BYTES, proto_get_ledger_data, end_marker),
    MEMBER(4, BYTES, proto_get_ledger_data, client_ip),
    MEMBER(6, BYTES, proto_get_ledger_data, user),
};
static const struct member get_ledger_diff_members[] = {
    MEMBER(1, SPEC, proto_get_ledger_diff, base),
    MEMBER(2, SPEC, proto_get_ledger_diff, desired),
    MEMBER(3, BOOL, proto_get_ledger_diff, include_blobs),
    MEMBER(4, BYTES, proto_get_ledger_diff, client_ip),
};
static const struct member get_ledger_entry_members[] = {
    MEMBER(1, BYTES, proto_get_ledger_entry, key),
    MEMBER(2, SPEC, proto_get_ledger_entry, ledger),
    MEMBER(3, BYTES, proto_get_ledger_entry, client_ip),
};
static const struct member ledger_members[] = {
    MEMBER(1, BYTES, proto_ledger, header),
    MEMBER_HAS(2, LIST, proto_ledger, hashes, has_hashes),
    MEMBER_HAS(3, LIST, proto_ledger, txs, has_txs),
    MEMBER(4, BOOL, proto_ledger, validated),
    MEMBER_HAS(5, LIST, proto_ledger, objects, has_objects),
    MEMBER(6, BOOL, proto_ledger, skiplist_included),
    MEMBER(7, BOOL, proto_ledger, is_unlimited),
    MEMBER(8, BOOL, proto_ledger, objects_included),
    MEMBER(9, BOOL, proto_ledger, object_neighbors_included),
};
static const struct member ledger_data_members[] = {
    MEMBER(1, U32, proto_ledger_data, ledger_index),
    MEMBER(2, BYTES, proto_ledger_data, ledger_hash),
    MEMBER(3, LIST, proto_ledger_data, objects),
    MEMBER(4, BYTES, proto_ledger_data, marker),
    MEMBER(7, BOOL, proto_ledger_data, is_unlimited),
};
static const struct member ledger_diff_members[] = {
    MEMBER(1, LIST, proto_ledger_diff, objects),
};
static const struct member ledger_entry_members[] = {
    MEMBER(1, OBJECT, proto_ledger_entry, object),
    MEMBER(2, SPEC, proto_ledger_entry, ledger),
};

/* Reading. */

static bool read_spec(struct slice message, struct proto_ledger_spec *ret)
{
    struct cursor c = cursor_of(message);
    struct pb_field f;
    while (pb_next(&c, &f)) {
        if (f.number < 1 || f.number > 3)
            continue;
        if (f.wire != (f.number == 3 ? PB_WIRE_BYTES : PB_WIRE_VARINT))
            return false;
        /* a oneof: what comes last counts */
        *ret = (struct proto_ledger_spec){.which = (enum proto_which)f.number};
        if (f.number == PROTO_WHICH_SHORTCUT)
            ret->shortcut = (uint32_t)f.value;
        else if (f.number == PROTO_WHICH_SEQUENCE)
            ret->sequence = (uint32_t)f.value;
        else
            ret->hash = f.bytes;
    }
    return !c.failed;
}

static bool read_members(struct slice message, const struct member *members, size_t n, void *ret);

static bool read_member(const struct member *m, const struct pb_field *f, void *ret)
{
    uint8_t *at = (uint8_t *)ret + m->at;
    bool is_number = m->type == MEMBER_BOOL || m->type == MEMBER_U32;
    if (f->wire != (is_number ? PB_WIRE_VARINT : PB_WIRE_BYTES))
        return false;
    if (m->has_at)
        *((bool *)((uint8_t *)ret + m->has_at)) = true;
    switch (m->type) {
    case MEMBER_BOOL: *(bool *)at = f->value != 0; return true;
    case MEMBER_U32: *(uint32_t *)at = (uint32_t)f->value; return true;
    case MEMBER_BYTES:
    case MEMBER_LIST: *(struct slice *)at = f->bytes; return true;
    case MEMBER_SPEC: return read_spec(f->bytes, (struct proto_ledger_spec *)at);
    case MEMBER_OBJECT:
        return read_members(f->bytes, object_members, ARRAY_LEN(object_members), at);
    }
    return false;
}

static bool read_members(struct slice message, const struct member *members, size_t n, void *ret)
{
    struct cursor c = cursor_of(message);
    struct pb_field f;
    uint32_t seen = 0;
    while (pb_next(&c, &f)) {
        size_t i = 0;
        while (i < n && members[i].number != f.number)
            i++;
        if (i == n)
            continue;
        /* protobuf would merge a message sent in parts; nobody sends it so, and a slice cannot hold
         * it */
        if (members[i].type >= MEMBER_LIST && (seen & 1u << i))
            return false;
        seen |= 1u << i;
        if (!read_member(&members[i], &f, ret))
            return false;
    }
    return !c.failed;
}

static err read_message(struct slice message, const struct member *members, size_t n, void *ret,
                        const char *name)
{
    if (!read_members(message, members, n, ret))
        return FAIL(ERR_PARSE, "rippled: malformed %s of %zu bytes", name, message.n);
    return OK;
}

#define READ(of, text)                                                                             \
    struct proto_##of m = {0};                                                                     \
    TRY(read_message(message, of##_members, ARRAY_LEN(of##_members), &m, text));                   \
    *ret = m;                                                                                      \
    return OK

ERR proto_read_get_ledger(struct slice message, struct proto_get_ledger *ret)
{
    READ(get_ledger, "GetLedgerRequest");
}

ERR proto_read_get_ledger_data(struct slice message, struct proto_get_ledger_data *ret)
{
    READ(get_ledger_data, "GetLedgerDataRequest");
}

ERR proto_read_get_ledger_diff(struct slice message, struct proto_get_ledger_diff *ret)
{
    READ(get_ledger_diff, "GetLedgerDiffRequest");
}

ERR proto_read_get_ledger_entry(struct slice message, struct proto_get_ledger_entry *ret)
{
    READ(get_ledger_entry, "GetLedgerEntryRequest");
}

ERR proto_read_ledger(struct slice message, struct proto_ledger *ret)
{
    struct proto_ledger m = {.book_successors = message};
    TRY(read_message(message, ledger_members, ARRAY_LEN(ledger_members), &m, "GetLedgerResponse"));
    *ret = m;
    return OK;
}

ERR proto_read_ledger_data(struct slice message, struct proto_ledger_data *ret)
{
    READ(ledger_data, "GetLedgerDataResponse");
}

ERR proto_read_ledger_diff(struct slice message, struct proto_ledger_diff *ret)
{
    READ(ledger_diff, "GetLedgerDiffResponse");
}

ERR proto_read_ledger_entry(struct slice message, struct proto_ledger_entry *ret)
{
    READ(ledger_entry, "GetLedgerEntryResponse");
}

static bool next_message(struct cursor *list, uint32_t number, const struct member *members,
                         size_t n, void *ret)
{
    struct slice element;
    if (!pb_next_bytes(list, number, &element))
        return false;
    if (read_members(element, members, n, ret))
        return true;
    cursor_fail(list);
    return false;
}

bool proto_next_object(struct cursor *list, struct proto_object *ret)
{
    *ret = (struct proto_object){0};
    return next_message(list, 1, object_members, ARRAY_LEN(object_members), ret);
}

bool proto_next_tx(struct cursor *list, struct proto_tx *ret)
{
    *ret = (struct proto_tx){0};
    return next_message(list, 1, tx_members, ARRAY_LEN(tx_members), ret);
}

bool proto_next_hash(struct cursor *list, struct slice *ret)
{
    return pb_next_bytes(list, 1, ret);
}

bool proto_next_book_successor(struct cursor *list, struct proto_book_successor *ret)
{
    *ret = (struct proto_book_successor){0};
    return next_message(list, 10, book_successor_members, ARRAY_LEN(book_successor_members), ret);
}

/* Writing. */

static void put_spec(struct buf *out, uint32_t number, const struct proto_ledger_spec *s)
{
    if (s->which == PROTO_WHICH_NONE)
        return;
    size_t begun = pb_begin(out, number);
    if (s->which == PROTO_WHICH_SHORTCUT)
        pb_put_u64_set(out, 1, s->shortcut);
    else if (s->which == PROTO_WHICH_SEQUENCE)
        pb_put_u64_set(out, 2, s->sequence);
    else
        pb_put_element(out, 3, s->hash);
    pb_end(out, begun);
}

static void put_members(struct buf *out, const struct member *members, size_t n, const void *m);

static void put_member(struct buf *out, const struct member *member, const void *m)
{
    const uint8_t *at = (const uint8_t *)m + member->at;
    uint32_t number = member->number;
    bool set = member->has_at && *((const bool *)((const uint8_t *)m + member->has_at));
    switch (member->type) {
    case MEMBER_BOOL: pb_put_u64(out, number, *(const bool *)at); return;
    case MEMBER_U32: pb_put_u64(out, number, *(const uint32_t *)at); return;
    case MEMBER_BYTES: pb_put_bytes(out, number, *(const struct slice *)at); return;
    case MEMBER_LIST:
        if (set || ((const struct slice *)at)->n)
            pb_put_element(out, number, *(const struct slice *)at);
        return;
    case MEMBER_SPEC: put_spec(out, number, (const struct proto_ledger_spec *)at); return;
    case MEMBER_OBJECT: {
        size_t begun = pb_begin(out, number);
        put_members(out, object_members, ARRAY_LEN(object_members), at);
        pb_end(out, begun);
        return;
    }
    }
}

static void put_members(struct buf *out, const struct member *members, size_t n, const void *m)
{
    for (size_t i = 0; i < n; i++)
        put_member(out, &members[i], m);
}

#define PUT(of) put_members(out, of##_members, ARRAY_LEN(of##_members), m)

void proto_put_get_ledger(struct buf *out, const struct proto_get_ledger *m)
{
    PUT(get_ledger);
}

void proto_put_get_ledger_data(struct buf *out, const struct proto_get_ledger_data *m)
{
    PUT(get_ledger_data);
}

void proto_put_get_ledger_diff(struct buf *out, const struct proto_get_ledger_diff *m)
{
    PUT(get_ledger_diff);
}

void proto_put_get_ledger_entry(struct buf *out, const struct proto_get_ledger_entry *m)
{
    PUT(get_ledger_entry);
}

void proto_put_ledger(struct buf *out, const struct proto_ledger *m)
{
    PUT(ledger);
    struct cursor c = cursor_of(m->book_successors);
    struct slice element;
    while (pb_next_bytes(&c, 10, &element))
        pb_put_element(out, 10, element);
}

void proto_put_ledger_data(struct buf *out, const struct proto_ledger_data *m)
{
    PUT(ledger_data);
}

void proto_put_ledger_diff(struct buf *out, const struct proto_ledger_diff *m)
{
    PUT(ledger_diff);
}

void proto_put_ledger_entry(struct buf *out, const struct proto_ledger_entry *m)
{
    PUT(ledger_entry);
}

static void put_element(struct buf *list, uint32_t number, const struct member *members, size_t n,
                        const void *m)
{
    size_t begun = pb_begin(list, number);
    put_members(list, members, n, m);
    pb_end(list, begun);
}

void proto_put_object(struct buf *list, const struct proto_object *o)
{
    put_element(list, 1, object_members, ARRAY_LEN(object_members), o);
}

void proto_put_tx(struct buf *list, const struct proto_tx *t)
{
    put_element(list, 1, tx_members, ARRAY_LEN(tx_members), t);
}

void proto_put_hash(struct buf *list, struct slice hash)
{
    pb_put_element(list, 1, hash);
}

void proto_put_book_successor(struct buf *list, const struct proto_book_successor *s)
{
    put_element(list, 10, book_successor_members, ARRAY_LEN(book_successor_members), s);
}
