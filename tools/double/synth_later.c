/* SPDX-License-Identifier: Apache-2.0 */
#include "double/synth_later.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_ENTRIES 60
#define MAX_AMENDMENTS 40
#define END_OBJECT 0xE1

struct synth_later_entry {
    struct synth_thread thread;
    struct hash256 key;
    struct synth_acct *owner, *other;
    uint32_t n; /* counts entries, and then its changes */
    bool is_changed;
    uint64_t page; /* of the owner's directory */
};

struct synth_later {
    struct synth_later_entry *entries[MAX_ENTRIES]; /* oldest first */
    uint32_t n_entries, n_made;
    struct hash256 amendments[MAX_AMENDMENTS];
    uint32_t n_amendments;
};

static struct hash256 later_hash(const char *what, uint32_t n)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%s %u", what, n);
    return hash_sha256(slice_of(text, (size_t)length));
}

void synth_later_put_unmeasured(struct buf *b, uint32_t n)
{
    struct hash256 value = later_hash("value", n);
    stw_fixed(b, SYNTH_LATER_UNMEASURED, value.b, 1 + n % 12);
}

static void put_object(struct buf *b, uint32_t n, const struct account *a)
{
    stw_head(b, SYNTH_LATER_OBJECT);
    stw_u32(b, SYNTH_LATER_U32, n);
    stw_account(b, SYNTH_LATER_ACCOUNT, a);
    buf_put_u8(b, END_OBJECT);
}

void synth_later_encode(const struct synth_later_entry *e, struct buf *b)
{
    stw_u16(b, FIELD_LedgerEntryType, SYNTH_LATER_ENTRY);
    stw_u32(b, FIELD_Flags, 0);
    stw_u32(b, FIELD_PreviousTxnLgrSeq, e->thread.seq);
    stw_u32(b, SYNTH_LATER_U32, e->n);
    stw_u64(b, FIELD_OwnerNode, e->page);
    stw_fixed(b, FIELD_PreviousTxnID, e->thread.tx.b, 32);
    stw_drops(b, SYNTH_LATER_AMOUNT, e->n);
    stw_bytes(b, SYNTH_LATER_BLOB, e->key.b, 1 + e->n % 30);
    stw_account(b, FIELD_Account, &e->owner->id);
    stw_account(b, SYNTH_LATER_ACCOUNT, &e->other->id);
    put_object(b, e->n, &e->other->id);
    if (e->is_changed)
        synth_later_put_unmeasured(b, e->n);
}

void synth_later_encode_amendments(const struct synth *s, struct buf *b)
{
    stw_u16(b, FIELD_LedgerEntryType, ENTRY_Amendments);
    stw_u32(b, FIELD_Flags, 0);
    stw_bytes(b, FIELD_Amendments, s->later->amendments, (size_t)s->later->n_amendments * 32);
}

void synth_later_begin(struct synth *s)
{
    struct hash256 key = keylet_amendments();
    s->later = xcalloc(1, sizeof *s->later);
    s->later->amendments[s->later->n_amendments++] = later_hash("amendment", 0);
    buf_clear(&s->scratch);
    synth_later_encode_amendments(s, &s->scratch);
    s->state = state_put(s->state, &key, buf_slice(&s->scratch));
}

void synth_later_end(struct synth *s)
{
    for (uint32_t i = 0; s->later && i < s->later->n_entries; i++)
        free(s->later->entries[i]);
    free(s->later);
}

/* A transaction of the later type: its fields are of the later ones, too. */
static void put_tx(struct synth *s, struct buf *b, const struct synth_acct *a,
                   const struct synth_acct *other)
{
    synth_tx_put_head(s, b, SYNTH_LATER_TX, a);
    stw_u32(b, SYNTH_LATER_U32, s->header.seq);
    stw_drops(b, FIELD_Fee, SYNTH_FEE_DROPS);
    stw_drops(b, SYNTH_LATER_AMOUNT, 7);
    synth_tx_put_tail(s, b, a, NULL);
    stw_account(b, SYNTH_LATER_ACCOUNT, &other->id);
}

static void create(struct synth *s, struct buf *b)
{
    struct synth_later *l = s->later;
    struct synth_later_entry *e = xcalloc(1, sizeof *e);
    *e = (struct synth_later_entry){.owner = synth_tx_account(s),
                                    .other = synth_tx_account(s),
                                    .n = ++l->n_made,
                                    .key = later_hash("entry", l->n_made)};
    put_tx(s, b, e->owner, e->other);
    synth_tx_pay_fee(s, e->owner);
    e->owner->owner_count++;
    s->n_objects++;
    synth_tx_touch(s, SYNTH_LATER, e, &e->key);
    e->page = synth_model_dir_add(s, &e->owner->dir, &e->key, synth_tx_touch_page);
    l->entries[l->n_entries++] = e;
}

static void change(struct synth *s, struct buf *b, struct synth_later_entry *e)
{
    put_tx(s, b, e->other, e->owner);
    synth_later_put_unmeasured(b, s->header.seq);
    synth_tx_pay_fee(s, e->other);
    synth_tx_touch(s, SYNTH_LATER, e, &e->key);
    e->n++;
    e->is_changed = true;
}

static void delete_oldest(struct synth *s, struct buf *b)
{
    struct synth_later *l = s->later;
    struct synth_later_entry *e = l->entries[0];
    put_tx(s, b, e->owner, e->other);
    put_object(b, e->n, &e->other->id);
    synth_tx_pay_fee(s, e->owner);
    synth_tx_touch(s, SYNTH_LATER, e, &e->key)->gone = true;
    e->owner->owner_count--;
    synth_model_dir_remove(s, &e->owner->dir, e->page, &e->key, synth_tx_touch_page,
                           synth_tx_page_gone);
    memmove(l->entries, l->entries + 1, --l->n_entries * sizeof l->entries[0]);
    s->n_objects--;
    free(e);
}

/* A payment that pays nothing. */
static void put_payment(struct synth *s, struct buf *b, struct synth_acct *from,
                        const struct synth_acct *to, bool with_fields)
{
    synth_tx_put_head(s, b, TX_Payment, from);
    if (with_fields)
        stw_u32(b, SYNTH_LATER_U32, 1);
    stw_drops(b, FIELD_Amount, 1);
    stw_drops(b, FIELD_Fee, SYNTH_FEE_DROPS);
    if (with_fields)
        stw_drops(b, SYNTH_LATER_AMOUNT, 8);
    synth_tx_put_tail(s, b, from, to);
    synth_tx_pay_fee(s, from);
    if (!with_fields)
        return;
    stw_account(b, SYNTH_LATER_ACCOUNT, &to->id);
    put_object(b, s->header.seq, &to->id);
    synth_later_put_unmeasured(b, s->header.seq + 5);
}

static void amend(struct synth *s, struct buf *b)
{
    struct synth_later *l = s->later;
    struct hash256 key = keylet_amendments();
    static const struct account nobody;
    if (l->n_amendments < MAX_AMENDMENTS) {
        synth_tx_touch(s, SYNTH_AMENDMENTS, NULL, &key);
        l->amendments[l->n_amendments] = later_hash("amendment", l->n_amendments);
        l->n_amendments++;
    }
    stw_u16(b, FIELD_TransactionType, TX_EnableAmendment);
    stw_u32(b, FIELD_Flags, 0);
    stw_u32(b, FIELD_Sequence, 0);
    stw_u32(b, FIELD_LedgerSequence, s->header.seq);
    stw_fixed(b, FIELD_Amendment, l->amendments[l->n_amendments - 1].b, 32);
    stw_drops(b, FIELD_Fee, 0);
    stw_bytes(b, FIELD_SigningPubKey, "", 0);
    stw_account(b, FIELD_Account, &nobody);
}

void synth_later_make(struct synth *s, uint32_t kind, struct buf *b)
{
    struct synth_later *l = s->later;
    struct synth_acct *from = synth_tx_account(s);
    switch (kind) {
    case SYNTH_LATER_CREATE:
        if (l->n_entries < MAX_ENTRIES)
            create(s, b);
        else
            delete_oldest(s, b);
        break;
    case SYNTH_LATER_CHANGE: change(s, b, l->entries[l->n_entries - 1]); break;
    case SYNTH_LATER_DELETE:
        if (s->header.seq % 4 == 0 && l->n_entries > 1)
            delete_oldest(s, b);
        else
            change(s, b, l->entries[0]);
        break;
    case SYNTH_LATER_FIELDS:
        put_payment(s, b, from, synth_tx_account(s), true);
        from->n_later++;
        break;
    case SYNTH_LATER_CLAIM:
        put_payment(s, b, from, synth_tx_account(s), false);
        s->result = SYNTH_LATER_RESULT;
        break;
    case SYNTH_LATER_AMEND: amend(s, b); break;
    }
}
