/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a method, declared: an ordered table of fields, each with its check and the place
 * where its value goes (rpc-a 1.4, rpc-b 0.2, 0.3). The first failure in table order is the answer.
 * Absent fields pass, unless required. A key may stand in several rows: further checks of the same
 * field, in order.
 *
 * Values are written into the method's own struct (`struct args`), zeroed before: each row macro
 * checks at compile time that the member has the type its kind writes. */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "json/json.h"
#include "rpc/errors.h"
#include "xrpl/account.h"

struct call;
struct param;

/* What rows write. `set`: the field was in the request. PARAM_BOOL and PARAM_LOOSE_BOOL write a
 * plain bool. */
struct param_u32 {
    bool set;
    uint32_t v; /* LIMIT: the default when not set */
};
struct param_i32 {
    bool set;
    int32_t v;
};
struct param_text {
    bool set;
    struct slice v; /* as in the request, valid as long as the request */
};
struct param_hash160 {
    bool set;
    uint8_t b[20];
};
struct param_hash192 { /* id of an MPT issuance: see rpc/mpt_issuance.h */
    bool set;
    bool by_key; /* given by the object's key, `key`; `v` is not known yet */
    struct mpt_id v;
    struct hash256 key;
};
struct param_hash256 {
    bool set;
    struct hash256 v;
};
struct param_account {
    bool set;
    struct account v;
};
struct param_currency {
    bool set;
    struct currency v;
};
struct param_asset_value {
    bool set;
    struct asset v;
};
struct param_type {
    bool set;
    uint16_t v; /* LedgerEntryType code */
};
struct param_marker { /* "<64 hex>,<page>", and perhaps ",<ledger>", which goes to call.ledger */
    bool set;
    struct hash256 key;
    uint64_t page;
};
/* A key in hex, or another form that the row allows: an object whose members a table describes,
 * `true`, a number, one of some names. */
struct param_selector {
    bool set;
    bool is_key;
    bool is_number;
    struct hash256 key;
    uint32_t number;
    const char *name; /* NULL = none; of the row's `names` */
};

enum param_kind {
    PARAM_KIND_END = 0,
    PARAM_KIND_ANY, /* any JSON value: for presence, or for `check` */
    PARAM_KIND_BOOL,
    PARAM_KIND_LOOSE_BOOL,
    PARAM_KIND_STRING,
    PARAM_KIND_U32,
    PARAM_KIND_I32,
    PARAM_KIND_LIMIT,
    PARAM_KIND_OBJECT,
    PARAM_KIND_ARRAY,
    PARAM_KIND_HASH160,
    PARAM_KIND_HASH192,
    PARAM_KIND_HASH256,
    PARAM_KIND_ACCOUNT,
    PARAM_KIND_ADDRESS,
    PARAM_KIND_ISSUER,
    PARAM_KIND_CURRENCY,
    PARAM_KIND_ENTRY_TYPE,
    PARAM_KIND_MARKER,
    PARAM_KIND_SELECTOR,
    PARAM_KIND_ASSET,
    PARAM_KIND_LEDGER_HASH,
    PARAM_KIND_LEDGER_INDEX,
    PARAM_N_KINDS
};

/* An error to answer with; code 0 = the kind's own. message NULL = the code's default message. */
struct param_fault {
    enum rpc_code code;
    const char *message;
};

/* A check of the author's own, after the kind's check has passed. `v` is the field's value (never
 * NULL). Fails by `return rpc_error(c, RPC_..., ...)`. Must not yield. */
typedef err (*param_check_fn)(struct call *c, const struct param *p, const struct json *v);

struct param {
    const char *key;
    uint8_t key_n;
    enum param_kind kind;
    bool required;
    bool alternative;           /* for the OpenRPC document: one of an object's members that are
                                   marked so must be there (a check of the object sees to it) */
    uint8_t since, until;       /* API versions the row applies to; 0 = no bound */
    uint16_t at;                /* where the value goes in the method's args; 0xFFFF = nowhere */
    uint32_t min, def, max;     /* LIMIT: clamped into [min, max]; U32: an answer of invalidParams
                                   outside, when max > 0 */
    struct param_fault missing; /* instead of "Required field '<key>' missing" */
    struct param_fault
        wrong_type;         /* instead of the kind's answer to a value of the wrong JSON type */
    struct param_fault bad; /* instead of every other failure of this row (also of its members; also
                               wrong type, if that is not given) */
    const struct param *members; /* OBJECT, SELECTOR: table of the members, same args struct */
    const char *const *names;    /* STRING: allowed values, NULL at the end; others are `bad`.
                                    SELECTOR: words that stand for a key */
    bool or_true;                /* SELECTOR: `true` is a value too; with max > 0 also a number */
    param_check_fn check;
    const char *doc; /* one sentence, for the OpenRPC document */
};

#define PARAM_NOWHERE 0xFFFFu

/* offsetof that does not compile when the member is not of the type. */
#define PARAM_AT(S, field, T)                                                                      \
    (offsetof(S, field) +                                                                          \
     0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((S *)0)->field), T) ? 1 : -1]))
#define PARAM_ROW(name, k, where, ...)                                                             \
    {                                                                                              \
        .key = (name), .key_n = sizeof(name) - 1, .kind = (k), .at = (uint16_t)(where),            \
        __VA_ARGS__                                                                                \
    }

/* The rows. S = the args struct, f = its member; then any of the fields above: .required = true,
 * .bad = {RPC_...}, ... What each accepts → what it refuses with (IP = invalidParams, default
 * text):
 *
 * - BOOL: true, false → IP
 * - LOOSE_BOOL: anything, reduced to a truth value (API 1)
 * - STRING: string, `names`: one of them → IP
 * - U32: integer 0..2^32-1; within min..max if max is given → IP
 * - I32: integer, clamped to 32 bits → IP
 * - LIMIT: integer >= 1 of any size, clamped into min..max; absent = def → IP
 * - OBJECT: object, then its `members` → IP, or what the members say
 * - ARRAY: array (elements by `check`) → IP
 * - HASH160, 192, 256: 40, 48, 64 hex digits, or "0" → IP "<key>NotString", "<key>Malformed"; 192
 *   is the id of an MPT issuance, for which its key (64 digits) is taken, too
 * - ACCOUNT: parser A, address or public key → IP "<key>NotString", actMalformed "<key>Malformed"
 * - ADDRESS: parser B, classic address, not zero → IP "<key>NotString", malformedAddress
 * - ISSUER: parser C, address or 40 hex digits, not 0..01 → IP with the texts of rpc-a 1.9
 * - CURRENCY: rpc-a 1.11 → IP "<key>NotString", "<key>IsEmpty", malformedCurrency
 * - ASSET: object with currency and issuer, rpc-a 1.11 → issueMalformed
 * - ENTRY_TYPE: rpc-a 1.12 → IP "Invalid field '<key>', not string.", "Invalid field '<key>'."
 * - MARKER: directory marker, rpc-a 1.14, with the ledger that its page was read in → IP
 *   "<key>NotString", "Malformed cursor."
 * - SELECTOR: key in hex; one of `names`; object with `members`; `true` if `or_true`, an integer
 *   min..max if max is given → malformedRequest (bad hex, number outside; `bad` replaces only
 *   this), IP (another type), or what the members say
 * - ANY: anything (for `check`, or to know that it is there) */
#define PARAM_BOOL(k, S, f, ...) PARAM_ROW(k, PARAM_KIND_BOOL, PARAM_AT(S, f, bool), __VA_ARGS__)
#define PARAM_LOOSE_BOOL(k, S, f, ...)                                                             \
    PARAM_ROW(k, PARAM_KIND_LOOSE_BOOL, PARAM_AT(S, f, bool), __VA_ARGS__)
#define PARAM_STRING(k, S, f, ...)                                                                 \
    PARAM_ROW(k, PARAM_KIND_STRING, PARAM_AT(S, f, struct param_text), __VA_ARGS__)
#define PARAM_U32(k, S, f, ...)                                                                    \
    PARAM_ROW(k, PARAM_KIND_U32, PARAM_AT(S, f, struct param_u32), __VA_ARGS__)
#define PARAM_I32(k, S, f, ...)                                                                    \
    PARAM_ROW(k, PARAM_KIND_I32, PARAM_AT(S, f, struct param_i32), __VA_ARGS__)
#define PARAM_LIMIT(k, S, f, lowest, usual, highest, ...)                                          \
    PARAM_ROW(k, PARAM_KIND_LIMIT, PARAM_AT(S, f, struct param_u32), .min = (lowest),              \
              .def = (usual), .max = (highest), __VA_ARGS__)
#define PARAM_OBJECT(k, table, ...)                                                                \
    PARAM_ROW(k, PARAM_KIND_OBJECT, PARAM_NOWHERE, .members = (table), __VA_ARGS__)
#define PARAM_ARRAY(k, S, f, ...)                                                                  \
    PARAM_ROW(k, PARAM_KIND_ARRAY, PARAM_AT(S, f, const struct json *), __VA_ARGS__)
#define PARAM_HASH160(k, S, f, ...)                                                                \
    PARAM_ROW(k, PARAM_KIND_HASH160, PARAM_AT(S, f, struct param_hash160), __VA_ARGS__)
#define PARAM_HASH192(k, S, f, ...)                                                                \
    PARAM_ROW(k, PARAM_KIND_HASH192, PARAM_AT(S, f, struct param_hash192), __VA_ARGS__)
#define PARAM_HASH256(k, S, f, ...)                                                                \
    PARAM_ROW(k, PARAM_KIND_HASH256, PARAM_AT(S, f, struct param_hash256), __VA_ARGS__)
#define PARAM_ACCOUNT(k, S, f, ...)                                                                \
    PARAM_ROW(k, PARAM_KIND_ACCOUNT, PARAM_AT(S, f, struct param_account), __VA_ARGS__)
#define PARAM_ADDRESS(k, S, f, ...)                                                                \
    PARAM_ROW(k, PARAM_KIND_ADDRESS, PARAM_AT(S, f, struct param_account), __VA_ARGS__)
#define PARAM_ISSUER(k, S, f, ...)                                                                 \
    PARAM_ROW(k, PARAM_KIND_ISSUER, PARAM_AT(S, f, struct param_account), __VA_ARGS__)
#define PARAM_CURRENCY(k, S, f, ...)                                                               \
    PARAM_ROW(k, PARAM_KIND_CURRENCY, PARAM_AT(S, f, struct param_currency), __VA_ARGS__)
#define PARAM_ENTRY_TYPE(k, S, f, ...)                                                             \
    PARAM_ROW(k, PARAM_KIND_ENTRY_TYPE, PARAM_AT(S, f, struct param_type), __VA_ARGS__)
#define PARAM_MARKER(k, S, f, ...)                                                                 \
    PARAM_ROW(k, PARAM_KIND_MARKER, PARAM_AT(S, f, struct param_marker), __VA_ARGS__)
#define PARAM_SELECTOR(k, S, f, table, ...)                                                        \
    PARAM_ROW(k, PARAM_KIND_SELECTOR, PARAM_AT(S, f, struct param_selector), .members = (table),   \
              __VA_ARGS__)
#define PARAM_ASSET(k, S, f, ...)                                                                  \
    PARAM_ROW(k, PARAM_KIND_ASSET, PARAM_AT(S, f, struct param_asset_value), __VA_ARGS__)
/* Writes the value itself (NULL when absent). */
#define PARAM_ANY(k, S, f, ...)                                                                    \
    PARAM_ROW(k, PARAM_KIND_ANY, PARAM_AT(S, f, const struct json *), __VA_ARGS__)
/* Only a check (or only the declaration that the field exists). */
#define PARAM_CHECK(k, ...) PARAM_ROW(k, PARAM_KIND_ANY, PARAM_NOWHERE, __VA_ARGS__)

/* The two fields of ledger selection (rpc-a 1.7), into call.ledger: see call_open_ledger. */
#define PARAM_LEDGER_HASH                                                                          \
    PARAM_ROW("ledger_hash", PARAM_KIND_LEDGER_HASH, PARAM_NOWHERE,                                \
              .doc = "Hash of the ledger to look at")
#define PARAM_LEDGER_INDEX                                                                         \
    PARAM_ROW("ledger_index", PARAM_KIND_LEDGER_INDEX, PARAM_NOWHERE,                              \
              .doc = "Sequence of the ledger to look at, or a name")
#define PARAM_LEDGER PARAM_LEDGER_HASH, PARAM_LEDGER_INDEX
#define PARAM_END                                                                                  \
    {                                                                                              \
        0                                                                                          \
    }

/* Check `object`'s members by a table, writing into c->args. For elements of arrays and such, from
 * a `check`. The failure is in the call (rpc_error). */
ERR param_check(struct call *c, const struct param *table, const struct json *object);

/* The parsers themselves, for checks of an author's own. False = refused. */
bool param_hex(struct slice text, uint8_t *out, size_t n_bytes); /* 2n digits, or "0" */
bool param_address(struct slice text,
                   struct account *ret); /* classic address, not the zero account */
bool param_issuer(struct slice text, struct account *ret); /* address, 40 hex digits or "0" */
bool param_u32_text(struct slice text, uint32_t *ret);     /* digits only, whole text */
/* Digits of any number into at most max_bytes; of an odd number the first one stands alone, as both
 * references read them ("ABC" is 0A BC). Returns the number of bytes; SIZE_MAX = no such text. */
size_t param_hex_bytes(struct slice text, uint8_t *out, size_t max_bytes);
bool param_truth(const struct json *v);                         /* loose boolean */
bool param_asset(const struct json *object, struct asset *ret); /* asset object, rpc-a 1.11 */
/* Id of an oracle's document: an integer 0..2^32-1, or its digits as text. */
bool param_document_id(const struct json *v, uint32_t *ret);
/* An integer 0..2^32-1. A number that does not fit is none: taken modulo 2^32 or cut to the
 * largest, as the reference does, it would name something else. */
bool param_u32(const struct json *v, uint32_t *ret);
