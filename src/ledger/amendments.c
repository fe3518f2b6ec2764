/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/amendments.h"

#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#include <stdlib.h>

err amendments_read(struct view *v, struct arena *a, struct amendments *ret)
{
    struct hash256 key = keylet_amendments();
    struct slice object = SLICE_EMPTY, list = SLICE_EMPTY;
    *ret = (struct amendments){0};
    err e = view_get(v, &key, a, &object);
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    if (sto_entry_type(object) != ENTRY_Amendments)
        return FAIL(ERR_CORRUPT, "amendments: an object of type %04x stands in their place",
                    sto_entry_type(object));
    (void)sto_get(object, FIELD_Amendments, &list); /* absent = none */
    size_t n = list.n / sizeof(struct hash256);
    struct hash256 *ids = arena_array(a, struct hash256, n + 1);
    for (size_t i = 0; i < n; i++)
        ids[i] = hash256_of(list.p + i * sizeof *ids);
    qsort(ids, n, sizeof *ids, hash256_order);
    *ret = (struct amendments){ids, n};
    return OK;
}

bool amendments_have(const struct amendments *s, const struct hash256 *id)
{
    return hash256_in(s->ids, s->n, id);
}

err amendments_enabled(struct view *v, struct arena *a, const char *name, bool *ret)
{
    struct slice text = slice_str(name);
    struct hash256 id = hash_sha512half(&text, 1); /* an amendment's id is the hash of its name */
    struct arena_pos pos = arena_mark(a);
    struct amendments enabled;
    TRY(amendments_read(v, a, &enabled));
    *ret = amendments_have(&enabled, &id);
    arena_rewind(a, pos);
    return OK;
}
