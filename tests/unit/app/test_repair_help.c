/* SPDX-License-Identifier: Apache-2.0 */
/* With sources that answer: tests/system/test_repair. */
#include "app/repair_help.h"

#include "base/buf.h"
#include "base/mem.h"
#include "ledger/ledgers.h"
#include "store/memory.h"
#include "test.h"

#include <stdio.h>

TEST(repair_help_without_sources_is_the_mirror)
{
    char text[600];
    struct config *c = NULL;
    struct repair_help h;
    struct store *s = memory_new();
    CLEANUP(buf_deinit) struct buf problems = {0};
    snprintf(text, sizeof text,
             "{\"server\":{\"ip\":\"127.0.0.1\",\"port\":1},\"allow_no_etl\":true,"
             "\"etl_sources\":[],\"database\":{\"rocksdb\":{\"path\":\"%s\"}}}",
             test_dir());
    ASSERT_OK(config_parse("test", slice_str(text), &problems, &c));
    repair_help_start(&h, c, s);
    ASSERT(h.core == NULL && h.sources == NULL && h.ledgers != NULL);
    repair_help_stop(&h);
    config_free(c);
    store_close(s);
}
