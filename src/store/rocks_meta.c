/* SPDX-License-Identifier: Apache-2.0 */
/* Both ways walk alike: over the metadata's fields, the nodes of AffectedNodes, the fields of each
 * node, and those of an owner directory. Only plain metadata is packed: what this program learns
 * later does not change how that is read. */
#include "store/rocks_meta.h"

#include "base/bits.h"
#include "base/mem.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#define END_OBJECT 0xE1
#define INDEX_HEADER 0x56 /* of LedgerIndex; of RootIndex: */
#define ROOT_HEADER 0x58

struct node {
    uint16_t entry_type;
    struct sto_field fields; /* FinalFields or NewFields; id 0 if it has none */
    struct hash256 key, root;
    bool has_key, has_root;
    bool odd; /* something twice, or not where it belongs */
};

/* --- what follows --- */

static bool account_in(struct slice fields, field_id id, struct account *ret)
{
    return sto_account(fields, id, ret);
}

/* Currency and account of a limit. */
static bool limit_in(struct slice fields, field_id id, struct currency *ret_currency,
                     struct account *ret)
{
    struct slice limit;
    if (!sto_get(fields, id, &limit) || limit.n != 48)
        return false;
    memcpy(ret_currency->b, limit.p + 8, 20);
    *ret = account_of(limit.p + 28);
    return true;
}

static bool line_key(struct slice fields, struct hash256 *ret)
{
    struct currency currency;
    struct account low, high;
    if (!limit_in(fields, FIELD_LowLimit, &currency, &low) ||
        !limit_in(fields, FIELD_HighLimit, &currency, &high))
        return false;
    *ret = keylet_line(&low, &high, &currency);
    return true;
}

static bool numbered_key(struct slice fields, field_id number,
                         struct hash256 (*keylet)(const struct account *a, uint32_t n),
                         struct hash256 *ret)
{
    struct account owner;
    struct slice n;
    if (!account_in(fields, FIELD_Account, &owner) || !sto_get(fields, number, &n) || n.n != 4)
        return false;
    *ret = keylet(&owner, bits_load32(n.p));
    return true;
}

static bool mptoken_key(struct slice fields, struct hash256 *ret)
{
    struct account holder;
    struct mpt_id id;
    struct slice wire;
    if (!account_in(fields, FIELD_Account, &holder) ||
        !sto_get(fields, FIELD_MPTokenIssuanceID, &wire) || wire.n != sizeof id.b)
        return false;
    memcpy(id.b, wire.p, sizeof id.b);
    struct hash256 issuance = keylet_mpt_issuance(&id);
    *ret = keylet_mptoken(&issuance, &holder);
    return true;
}

static bool account_key(struct slice fields, struct hash256 *ret)
{
    struct account a;
    if (!account_in(fields, FIELD_Account, &a))
        return false;
    *ret = keylet_account(&a);
    return true;
}

/* A page's own number stands nowhere, but most directories that change have one. */
static bool key_that_follows(const struct node *n, struct hash256 *ret)
{
    struct slice fields = n->fields.value;
    switch (n->entry_type) {
    case ENTRY_AccountRoot: return account_key(fields, ret);
    case ENTRY_RippleState: return line_key(fields, ret);
    case ENTRY_Offer: return numbered_key(fields, FIELD_Sequence, keylet_offer, ret);
    case ENTRY_Ticket: return numbered_key(fields, FIELD_TicketSequence, keylet_ticket, ret);
    case ENTRY_Check: return numbered_key(fields, FIELD_Sequence, keylet_check, ret);
    case ENTRY_MPToken: return mptoken_key(fields, ret);
    case ENTRY_DirectoryNode: *ret = n->root; return n->has_root;
    default: return false;
    }
}

static bool root_that_follows(const struct node *n, struct hash256 *ret)
{
    struct account owner;
    if (n->entry_type != ENTRY_DirectoryNode || !account_in(n->fields.value, FIELD_Owner, &owner))
        return false;
    *ret = keylet_owner_dir(&owner);
    return true;
}

/* --- reading a node --- */

static bool is_node(field_id id)
{
    return id == FIELD_CreatedNode || id == FIELD_ModifiedNode || id == FIELD_DeletedNode;
}

/* One of the two hashes; it must stand where the order of fields has it. */
static void take_hash(struct node *n, const struct sto_field *f, field_id before, bool *ret_has,
                      struct hash256 *ret)
{
    n->odd |= *ret_has || before > f->id;
    *ret_has = true;
    *ret = hash256_of(f->value.p);
}

static void read_fields(struct node *n)
{
    struct sto_iter it = sto_iter_of(n->fields.value);
    struct sto_field f;
    for (field_id before = 0; n->entry_type == ENTRY_DirectoryNode && sto_next(&it, &f);
         before = MAX(before, f.id)) {
        n->odd |= n->has_root && f.id < FIELD_RootIndex;
        if (f.id == FIELD_RootIndex)
            take_hash(n, &f, before, &n->has_root, &n->root);
    }
}

static struct node read_node(const struct sto_field *wrapper)
{
    struct node n = {.entry_type = 0xFFFF};
    const field_id fields = wrapper->id == FIELD_CreatedNode ? FIELD_NewFields : FIELD_FinalFields;
    struct sto_iter it = sto_iter_of(wrapper->value);
    struct sto_field f;
    for (field_id before = 0; sto_next(&it, &f); before = MAX(before, f.id)) {
        n.odd |= n.has_key && f.id < FIELD_LedgerIndex;
        if (f.id == FIELD_LedgerEntryType)
            n.entry_type = bits_load16(f.value.p);
        else if (f.id == FIELD_LedgerIndex)
            take_hash(&n, &f, before, &n.has_key, &n.key);
        else if (f.id == fields) {
            n.odd |= n.fields.id != 0;
            n.fields = f;
        }
    }
    read_fields(&n);
    return n;
}

/* --- packing nodes --- */

static void put_field(struct buf *out, const struct sto_field *f)
{
    buf_put_slice(out, f->whole);
}

/* Header of the container that f is, up to its first field. */
static void put_opening(struct buf *out, const struct sto_field *f)
{
    buf_put(out, f->whole.p, (size_t)(f->value.p - f->whole.p));
}

static void put_all_but(struct buf *out, const struct sto_field *container, field_id left_out)
{
    struct sto_iter it = sto_iter_of(container->value);
    struct sto_field f;
    put_opening(out, container);
    while (sto_next(&it, &f))
        if (f.id != left_out)
            put_field(out, &f);
    buf_put_u8(out, END_OBJECT);
}

/* False: not as it should be. */
static bool pack_node(struct buf *out, const struct sto_field *wrapper)
{
    struct node n = read_node(wrapper);
    struct hash256 key, root;
    bool owned = root_that_follows(&n, &root);
    if (n.odd || !n.has_key || (owned && !n.has_root))
        return false;
    bool drop_root = owned && hash256_eq(&n.root, &root);
    bool drop_key = key_that_follows(&n, &key) && hash256_eq(&n.key, &key);
    struct sto_iter it = sto_iter_of(wrapper->value);
    struct sto_field f;
    put_opening(out, wrapper);
    while (sto_next(&it, &f)) {
        if (f.id == n.fields.id && drop_root)
            put_all_but(out, &f, FIELD_RootIndex);
        else if (f.id != FIELD_LedgerIndex || !drop_key)
            put_field(out, &f);
    }
    buf_put_u8(out, END_OBJECT);
    return true;
}

static bool pack_nodes(struct buf *out, const struct sto_field *array)
{
    struct sto_iter it = sto_iter_of(array->value);
    struct sto_field f;
    put_opening(out, array);
    while (sto_next(&it, &f)) {
        if (!is_node(f.id))
            put_field(out, &f);
        else if (!pack_node(out, &f))
            return false;
    }
    buf_put_u8(out, array->whole.p[array->whole.n - 1]);
    return true;
}

/* --- unpacking --- */

struct out {
    uint8_t *p, *end;
    bool full; /* there was more */
};

static void out_put(struct out *o, const uint8_t *p, size_t n)
{
    o->full |= (size_t)(o->end - o->p) < n;
    if (o->full)
        return;
    memcpy(o->p, p, n);
    o->p += n;
}

static void out_put_hash(struct out *o, uint8_t header, const struct hash256 *h)
{
    out_put(o, &header, 1);
    out_put(o, h->b, sizeof h->b);
}

static void out_opening(struct out *o, const struct sto_field *f)
{
    out_put(o, f->whole.p, (size_t)(f->value.p - f->whole.p));
}

/* What closes it; its one byte is there, the iterator has seen it. */
static void out_closing(struct out *o, const struct sto_field *f)
{
    out_put(o, f->whole.p + f->whole.n - 1, 1);
}

static void unpack_directory(struct out *o, const struct sto_field *fields,
                             const struct hash256 *root)
{
    struct sto_iter it = sto_iter_of(fields->value);
    struct sto_field f;
    bool missing = true;
    out_opening(o, fields);
    while (sto_next(&it, &f)) {
        if (missing && f.id > FIELD_RootIndex) {
            out_put_hash(o, ROOT_HEADER, root);
            missing = false;
        }
        out_put(o, f.whole.p, f.whole.n);
    }
    if (missing)
        out_put_hash(o, ROOT_HEADER, root);
    out_closing(o, fields);
}

static void unpack_node(struct out *o, const struct sto_field *wrapper)
{
    struct node n = read_node(wrapper);
    bool add_root = !n.has_root && root_that_follows(&n, &n.root);
    n.has_root |= add_root;
    bool add_key = !n.has_key && key_that_follows(&n, &n.key);
    struct sto_iter it = sto_iter_of(wrapper->value);
    struct sto_field f;
    out_opening(o, wrapper);
    while (sto_next(&it, &f)) {
        if (add_key && f.id > FIELD_LedgerIndex) {
            out_put_hash(o, INDEX_HEADER, &n.key);
            add_key = false;
        }
        if (add_root && f.id == n.fields.id)
            unpack_directory(o, &f, &n.root);
        else
            out_put(o, f.whole.p, f.whole.n);
    }
    if (add_key)
        out_put_hash(o, INDEX_HEADER, &n.key);
    out_closing(o, wrapper);
}

static void unpack_nodes(struct out *o, const struct sto_field *array)
{
    struct sto_iter it = sto_iter_of(array->value);
    struct sto_field f;
    out_opening(o, array);
    while (sto_next(&it, &f)) {
        if (is_node(f.id))
            unpack_node(o, &f);
        else
            out_put(o, f.whole.p, f.whole.n);
    }
    out_closing(o, array);
}

bool rocks_meta_unpack(struct slice packed, uint8_t *out, size_t n)
{
    struct out o = {out, out + n, false};
    struct sto_iter it = sto_iter_of(packed);
    struct sto_field f;
    while (sto_next(&it, &f)) {
        if (f.id == FIELD_AffectedNodes)
            unpack_nodes(&o, &f);
        else
            out_put(&o, f.whole.p, f.whole.n);
    }
    return !it.failed && !o.full && o.p == o.end;
}

/* --- packing --- */

/* Whatever the rules above overlook: nothing is stored that does not give the same bytes back. */
static bool comes_back(struct slice meta, struct buf *out, size_t begun)
{
    uint8_t *again = buf_reserve(out, meta.n);
    struct slice packed = slice_from(buf_slice(out), begun);
    return rocks_meta_unpack(packed, again, meta.n) && memcmp(again, meta.p, meta.n) == 0;
}

bool rocks_meta_pack(struct slice meta, struct buf *out)
{
    const size_t begun = out->n;
    struct sto_iter it = sto_iter_of(meta);
    struct sto_field f;
    bool fine = meta.n > 0 && sto_is_plain(meta);
    while (fine && sto_next(&it, &f)) {
        if (f.id == FIELD_AffectedNodes)
            fine = pack_nodes(out, &f);
        else
            put_field(out, &f);
    }
    fine = fine && comes_back(meta, out, begun);
    if (!fine)
        out->n = begun;
    return fine;
}
