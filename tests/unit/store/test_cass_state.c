/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

static err refuse(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                  uint64_t total)
{
    return n ? FAIL(ERR_CANCELLED, "enough") : OK;
}

TEST(who_takes_a_state_may_stop_it)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open();
    cass_ledgers_load(s);
    ASSERT_ERR(ERR_CANCELLED, store_state(s, 10, refuse, NULL));
    ASSERT_STR("enough", err_text());
    store_close(s);
    cass_fixture_drop();
}

struct seen {
    uint32_t n[256]; /* by the first byte of the key */
    uint8_t data[256];
};

static err note(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                uint64_t total)
{
    struct seen *s = arg;
    for (size_t i = 0; i < n; i++) {
        s->n[objects[i].key.b[0]]++;
        s->data[objects[i].key.b[0]] = objects[i].data.p[0];
    }
    return OK;
}

/* 20 keys; each ledger changes some, and deletes or makes again others. */
static void write_versions(struct store *s)
{
    for (uint32_t seq = 11; seq <= 16; seq++) {
        struct store_ledger l = cass_ledgers_make(seq, 0);
        struct store_object objects[20];
        static uint8_t data[32][20];
        size_t n = 0;
        for (uint8_t k = 0; k < 20; k++) {
            if ((k + seq) % 3 == 0)
                continue;
            data[seq][k] = (uint8_t)(seq * 8 + k % 8);
            objects[n++] = (struct store_object){cass_ledgers_key((uint8_t)(0x80 + k), 1),
                                                 slice_of(&data[seq][k], (k + seq) % 5 ? 1 : 0)};
        }
        l.objects = objects;
        l.n_objects = n;
        ASSERT_OK(store_write(s, &l, 1));
    }
}

static void check_states(struct store *s)
{
    for (uint32_t seq = 10; seq <= 16; seq++) {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        struct seen seen = {{0}};
        ASSERT_OK(store_state(s, seq, note, &seen));
        ASSERT_INT(1, seen.n[0x20]);
        for (uint8_t k = 0; k < 20; k++) {
            struct hash256 key = cass_ledgers_key((uint8_t)(0x80 + k), 1);
            struct slice got;
            ASSERT_OK(store_objects_get(s, seq, &key, 1, a, &got, NULL));
            ASSERT_INT(got.n ? 1 : 0, seen.n[0x80 + k]);
            ASSERT(got.n == 0 || got.p[0] == seen.data[0x80 + k]);
        }
    }
}

TEST(a_state_is_that_of_its_ledger_however_it_is_scanned)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open();
    cass_ledgers_load(s);
    write_versions(s);
    check_states(s);
    store_close(s);
    struct cass_opts opts = cass_fixture_opts(false);
    opts.provider = CASS_PROVIDER_AWS_KEYSPACE; /* which knows no rows per partition */
    ASSERT_OK(cass_open(&opts, &s));
    check_states(s);
    store_close(s);
    cass_fixture_drop();
}
