/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/field.h"

#define N_TYPES 27
#define N_NUMBERS 256

/* Position in `infos`. */
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

static const uint16_t places[N_TYPES][N_NUMBERS] = {
#define X(name, type, nth, is_decimal) [FIELD_TYPE_##type][nth] = PLACE_##name,
#include "xrpl/fields.def"
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
