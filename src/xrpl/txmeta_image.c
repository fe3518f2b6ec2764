/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/txmeta_image.h"

#include "base/bits.h"
#include "base/mem.h"
#include "xrpl/sto_put.h"

#include <stdlib.h>

#define MAX_FIELDS 256
#define MAX_DEFAULT 24 /* bytes of a field at its default, with its header */

/* Fields in the making, each id once; `whole` as it stands in an object. */
struct image {
    struct arena *a;
    struct sto_field fields[MAX_FIELDS];
    size_t n;
    bool failed; /* too many, or unreadable */
};

static struct sto_field *find(struct image *m, field_id id)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->fields[i].id == id)
            return &m->fields[i];
    return NULL;
}

static void set(struct image *m, field_id id, struct slice whole)
{
    struct sto_field *f = find(m, id);
    if (f == NULL && m->n == MAX_FIELDS) {
        m->failed = true;
        return;
    }
    if (f == NULL)
        f = &m->fields[m->n++];
    *f = (struct sto_field){.id = id, .whole = whole};
}

static void drop(struct image *m, field_id id)
{
    struct sto_field *f = find(m, id);
    if (f)
        *f = m->fields[--m->n];
}

static void set_all(struct image *m, struct slice fields)
{
    struct sto_iter it = sto_iter_of(fields);
    for (struct sto_field f; sto_next(&it, &f);)
        set(m, f.id, f.whole);
    m->failed |= it.failed;
}

/* --- values of our own --- */

static void set_value(struct image *m, field_id id, const void *value, size_t n)
{
    uint8_t *p = arena_alloc(m->a, n + 3);
    size_t at = sto_put_id(id, p);
    memcpy(p + at, value, n);
    set(m, id, slice_of(p, at + n));
}

static void set_mark(struct image *m, struct slice tx, uint32_t seq)
{
    uint8_t bytes[4];
    bits_store32(bytes, seq);
    set_value(m, FIELD_PreviousTxnID, tx.p, tx.n);
    set_value(m, FIELD_PreviousTxnLgrSeq, bytes, 4);
}

/* Bytes after the header of a field that is there and has its type's default; 0: such a field is
 * not known to be ever written. */
static size_t default_of(uint32_t type, uint8_t ret[MAX_DEFAULT])
{
    static const uint8_t sizes[] = {
        [FIELD_TYPE_UINT8] = 1,    [FIELD_TYPE_UINT16] = 2,    [FIELD_TYPE_UINT32] = 4,
        [FIELD_TYPE_UINT64] = 8,   [FIELD_TYPE_HASH128] = 16,  [FIELD_TYPE_HASH160] = 20,
        [FIELD_TYPE_HASH192] = 24, [FIELD_TYPE_CURRENCY] = 20, [FIELD_TYPE_ISSUE] = 20,
        [FIELD_TYPE_AMOUNT] = 8,   [FIELD_TYPE_BLOB] = 1,      [FIELD_TYPE_VECTOR256] = 1,
        [FIELD_TYPE_ARRAY] = 1};
    if (type >= sizeof sizes)
        return 0;
    memset(ret, 0, MAX_DEFAULT);
    if (type == FIELD_TYPE_AMOUNT)
        ret[0] = 0x40; /* no XRP */
    if (type == FIELD_TYPE_ARRAY)
        ret[0] = 0xF1; /* its end */
    return sizes[type];
}

/* --- what an object of a type has --- */

enum style { STYLE_NONE, STYLE_REQUIRED, STYLE_OPTIONAL, STYLE_DEFAULT };

struct entry_field {
    uint16_t type;
    field_id id;
    enum style style;
};
static const struct entry_field entry_fields[] = {
#define X(entry, field, how) {ENTRY_##entry, FIELD_##field, STYLE_##how},
#include "xrpl/entry_templates.def"
#undef X
};

static enum style style_of(uint16_t type, field_id id)
{
    for (size_t i = 0; i < ARRAY_LEN(entry_fields); i++)
        if (entry_fields[i].type == type && entry_fields[i].id == id)
            return entry_fields[i].style;
    return STYLE_NONE;
}

/* Optional fields that are set by who creates the object, even to their default. */
static bool is_set(uint16_t type, field_id id)
{
    static const struct entry_field set[] = {
        {ENTRY_RippleState, FIELD_LowNode, STYLE_OPTIONAL},
        {ENTRY_RippleState, FIELD_HighNode, STYLE_OPTIONAL},
        {ENTRY_Escrow, FIELD_DestinationNode, STYLE_OPTIONAL},
        {ENTRY_PayChannel, FIELD_DestinationNode, STYLE_OPTIONAL},
        {ENTRY_Credential, FIELD_SubjectNode, STYLE_OPTIONAL}};
    for (size_t i = 0; i < ARRAY_LEN(set); i++)
        if (set[i].type == type && set[i].id == id)
            return true;
    return false;
}

static enum txmeta_image set_default(struct image *m, field_id id)
{
    uint8_t value[MAX_DEFAULT];
    size_t n = default_of(id >> 16, value);
    if (find(m, id))
        return TXMETA_IMAGE_FOLLOWS;
    if (n == 0)
        return TXMETA_IMAGE_NONE;
    set_value(m, id, value, n);
    return TXMETA_IMAGE_FOLLOWS;
}

/* What a created object has although its metadata leaves it out. (Some numbers are set to 0, too.)
 */
static enum txmeta_image set_defaults(struct image *m, uint16_t type)
{
    enum txmeta_image sure = set_default(m, FIELD_Flags);
    for (size_t i = 0; i < ARRAY_LEN(entry_fields); i++) {
        const struct entry_field *f = &entry_fields[i];
        bool likely = f->id >> 16 == FIELD_TYPE_NUMBER || is_set(type, f->id);
        if (f->type != type || find(m, f->id))
            continue;
        if (likely)
            sure = MIN(sure, (enum txmeta_image)TXMETA_IMAGE_LIKELY);
        if (f->style != STYLE_REQUIRED && !is_set(type, f->id))
            continue;
        enum txmeta_image one = set_default(m, f->id);
        sure = MIN(sure, one);
    }
    return sure;
}

/* A transaction that touches an object leaves its mark there; in objects of some types only since
 * an amendment: those have one already, or have just been made. */
static bool is_marked(const struct txmeta_node *node, enum style style, struct slice before)
{
    return style == STYLE_REQUIRED ||
           (style != STYLE_NONE && (node->kind == TXMETA_CREATED || node->prior_tx.n > 0 ||
                                    sto_has(before, FIELD_PreviousTxnID)));
}

/* The keys in a directory are in no metadata. */
static bool is_nameless(const struct txmeta_node *node)
{
    return node->entry_type == ENTRY_DirectoryNode || node->entry_type == 0xFFFF;
}

/* --- the object --- */

static int by_id(const void *x, const void *y)
{
    const struct sto_field *a = x, *b = y;
    return (a->id > b->id) - (a->id < b->id);
}

static bool join(struct image *m, struct slice *ret)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < m->n; i++)
        n += m->fields[i].whole.n;
    if (m->failed || m->n == 0)
        return false;
    qsort(m->fields, m->n, sizeof *m->fields, by_id);
    uint8_t *p = arena_alloc(m->a, n);
    for (size_t i = 0; i < m->n; at += m->fields[i++].whole.n)
        memcpy(p + at, m->fields[i].whole.p, m->fields[i].whole.n);
    *ret = slice_of(p, n);
    return true;
}

static void set_type(struct image *m, uint16_t type)
{
    uint8_t bytes[2] = {(uint8_t)(type >> 8), (uint8_t)type};
    set_value(m, FIELD_LedgerEntryType, bytes, 2);
}

/* What both images begin with: the node's fields, in an object that was only marked (no field is
 * given) those of its other version. */
static bool begin(struct image *m, const struct txmeta_node *node, struct slice other)
{
    bool only_marked = node->kind == TXMETA_MODIFIED && node->fields.n == 0;
    if (only_marked ? other.n == 0 : is_nameless(node))
        return false;
    set_all(m, only_marked ? other : node->fields);
    set_type(m, node->entry_type);
    return true;
}

enum txmeta_image txmeta_image_after(const struct txmeta_node *node, const struct hash256 *tx,
                                     uint32_t seq, struct slice before, struct arena *a,
                                     struct slice *ret)
{
    *ret = SLICE_EMPTY;
    if (node->kind == TXMETA_DELETED)
        return TXMETA_IMAGE_FOLLOWS;
    CLEANUP(mem_freep) struct image *m = xcalloc(1, sizeof *m);
    enum style style = style_of(node->entry_type, FIELD_PreviousTxnID);
    m->a = a;
    if (!begin(m, node, before))
        return TXMETA_IMAGE_NONE;
    if (is_marked(node, style, before))
        set_mark(m, hash256_slice(tx), seq);
    enum txmeta_image sure = style == STYLE_REQUIRED ? TXMETA_IMAGE_FOLLOWS : TXMETA_IMAGE_LIKELY;
    if (node->kind == TXMETA_CREATED)
        sure = MIN(sure, set_defaults(m, node->entry_type));
    return sure != TXMETA_IMAGE_NONE && join(m, ret) ? sure : TXMETA_IMAGE_NONE;
}

/* The mark that the transaction found there: none is told when it was zero. */
static void set_old_mark(struct image *m, const struct txmeta_node *node)
{
    enum style style = style_of(node->entry_type, FIELD_PreviousTxnID);
    drop(m, FIELD_PreviousTxnID);
    drop(m, FIELD_PreviousTxnLgrSeq);
    if (node->prior_tx.n > 0)
        set_mark(m, node->prior_tx, node->prior_seq);
    else if (style == STYLE_REQUIRED)
        set_mark(m, hash256_slice(&HASH256_ZERO), 0);
}

enum txmeta_image txmeta_image_before(const struct txmeta_node *node, struct slice after,
                                      struct arena *a, struct slice *ret)
{
    *ret = SLICE_EMPTY;
    if (node->kind == TXMETA_CREATED)
        return TXMETA_IMAGE_FOLLOWS;
    CLEANUP(mem_freep) struct image *m = xcalloc(1, sizeof *m);
    m->a = a;
    if (!begin(m, node, after))
        return TXMETA_IMAGE_NONE;
    set_all(m, node->previous);
    if (node->kind == TXMETA_MODIFIED)
        set_old_mark(m, node);
    return join(m, ret) ? TXMETA_IMAGE_LIKELY : TXMETA_IMAGE_NONE;
}
