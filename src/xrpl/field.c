/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/field.h"

#include "base/mem.h"

#define N_TYPES 27
#define N_NUMBERS 256

/* Position in `infos` and `names` + 1. */
enum {
    PLACE_NONE = 0,
#define X(name, type, nth, is_decimal) PLACE_##name,
#include "xrpl/fields.def"
#undef X
    N_PLACES
};

static const struct field_info infos[N_PLACES] = {
#define X(name, type, nth, is_decimal)                                                             \
    [PLACE_##name] = {"\"" #name "\":", sizeof "\"" #name "\":" - 1, is_decimal, FIELD_##name},
#include "xrpl/fields.def"
#undef X
};

static const char *const names[N_PLACES] = {
#define X(name, type, nth, is_decimal) [PLACE_##name] = #name,
#include "xrpl/fields.def"
#undef X
};

static const uint16_t places[N_TYPES][N_NUMBERS] = {
#define X(name, type, nth, is_decimal) [FIELD_TYPE_##type][nth] = PLACE_##name,
#include "xrpl/fields.def"
#undef X
};

static const uint16_t by_name[] = {
#define X(name) PLACE_##name,
#include "xrpl/field_names.def"
#undef X
};

static uint32_t place_of(field_id id)
{
    uint32_t type = field_type(id), nth = field_nth(id);
    return type < N_TYPES && nth < N_NUMBERS ? places[type][nth] : PLACE_NONE;
}

const struct field_info *field_info(field_id id)
{
    uint32_t at = place_of(id);
    return at ? &infos[at] : NULL;
}

const char *field_name(field_id id, size_t *ret_n)
{
    uint32_t at = place_of(id);
    if (at && ret_n)
        *ret_n = infos[at].key_n - 3u; /* two quotes and a colon */
    return names[at];
}

field_id field_by_name(struct slice name)
{
    size_t low = 0, high = ARRAY_LEN(by_name);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int c = slice_cmp(name, slice_str(names[by_name[middle]]));
        if (c == 0)
            return infos[by_name[middle]].id;
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}
