/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: any bytes are either a configuration or problems with a text. */
#include "app/config.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf problems = {0};
    struct config *c = NULL;
    err e = config_parse("f", slice_of(data, size), &problems, &c);
    if ((e.code == 0) != (c != NULL) || (e.code != 0) != (problems.n != 0))
        abort();
    for (int key = 0; c && key < CONFIG_N_KEYS; key++) {
        (void)config_str(c, key);
        (void)config_str_at(c, key, 0);
        (void)config_int(c, key);
    }
    config_free(c);
    buf_deinit(&problems);
    return 0;
}
