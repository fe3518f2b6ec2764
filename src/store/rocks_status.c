/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_status.h"

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_lock(const char *text)
{
    return strstr(text, "lock hold by current process") || strstr(text, "While lock file");
}

static err convert(const char *path, const char *what, const char *text)
{
    if (starts(text, "Result incomplete"))
        return (err){ROCKS_COLD};
    if (is_lock(text))
        return FAIL(ERR_LOCKED, "store: %s: in use by another process", path);
    if (starts(text, "Corruption"))
        return FAIL(ERR_CORRUPT, "store: %s: %s: %s", path, what, text);
    if (starts(text, "Invalid argument"))
        return FAIL(ERR_INVALID, "store: %s: %s: %s", path, what, text);
    return FAIL(ERR_IO, "store: %s: %s: %s", path, what, text);
}

ERR rocks_status(const char *path, const char *what, char *text)
{
    if (text == NULL)
        return OK;
    err e = convert(path, what, text);
    rocksdb_free(text);
    return e;
}
