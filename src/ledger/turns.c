/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/turns.h"

#define LEDGERS_A_SLICE (TURNS_LEDGERS / NODES_SLICES)

void turns_begin(struct turns *t, const struct mirror_turn *turn)
{
    t->next = turn->next % NODES_SLICES;
    t->begun = turn->begun;
    t->n_stored = 0;
    for (uint32_t i = 0; i < NODES_SLICES; i++)
        t->since[i] = i < t->next ? turn->begun : turn->since;
}

uint32_t turns_since(const struct turns *t, const struct hash256 *key)
{
    return t->since[key->b[0]];
}

static uint32_t count_due(uint32_t seq, uint32_t n_ledgers, bool wide)
{
    if (n_ledgers >= TURNS_LEDGERS || !wide)
        return NODES_SLICES;
    return seq / LEDGERS_A_SLICE - (seq - n_ledgers) / LEDGERS_A_SLICE;
}

/* The place after n slices have been written. */
static struct mirror_turn turn_after(const struct turns *t, uint32_t n)
{
    uint32_t end = t->next + n;
    bool first = n && (t->next == 0 || end > NODES_SLICES);
    struct mirror_turn turn = {.next = end % NODES_SLICES,
                               .begun = first ? t->stored_seq : t->begun};
    turn.since = n == NODES_SLICES ? t->stored_seq : t->since[turn.next];
    return turn;
}

ERR turns_store(struct turns *t, MDB_txn *txn, uint32_t seq, uint32_t n_ledgers,
                struct mirror_turn *ret)
{
    const struct versions *versions = undo_versions(t->undo);
    uint64_t objects = versions_waiting_bytes(versions), nodes = nodes_bytes(t->nodes), bytes;
    uint32_t n = 0;
    bool wide;
    TRY(nodes_store_top(t->nodes, txn, &wide));
    uint32_t due = count_due(seq, n_ledgers, wide);
    while (n < NODES_SLICES &&
           (n < due || objects > t->max_object_bytes || nodes > t->max_node_bytes)) {
        uint32_t slice = (t->next + n++) % NODES_SLICES;
        TRY(waiting_store(t->mirror, versions, txn, slice, &bytes));
        objects -= bytes;
        TRY(nodes_store_slice(t->nodes, txn, slice, &bytes));
        nodes -= bytes;
    }
    t->n_stored = n;
    t->stored_seq = seq;
    *ret = turn_after(t, n);
    return OK;
}

void turns_committed(struct turns *t, struct undo_run *newest)
{
    struct mirror_turn turn = turn_after(t, t->n_stored);
    nodes_committed(t->nodes);
    for (uint32_t i = 0; i < t->n_stored; i++) {
        uint32_t slice = (t->next + i) % NODES_SLICES;
        waiting_written(undo_versions(t->undo), slice, newest);
        t->since[slice] = t->stored_seq;
    }
    t->next = turn.next;
    t->begun = turn.begun;
    t->n_stored = 0;
}
