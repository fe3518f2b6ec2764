/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: a code with a class, and a text that explains the failure to a person.
 * The text lives in the error slot of the running fiber (or thread), until the next failure there.
 */
#pragma once
#include <stdarg.h>

/* Result of an operation. A struct, so that an int cannot be taken for one. code 0 = success. */
typedef struct {
    int code;
} err;

/* A function that returns `ERR` must have its result looked at. */
#define ERR __attribute__((warn_unused_result)) err

/* Marks a function that can give up the core to other fibers (only when it runs on a fiber).
 * Every caller of a YIELDS function is itself YIELDS, up to a fiber's main function. */
#define YIELDS

enum err_class {
    ERR_CLASS_NONE = 0,
    ERR_CLASS_RETRY,  /* may work if tried again, perhaps elsewhere */
    ERR_CLASS_CLIENT, /* the caller asked for something impossible */
    ERR_CLASS_PEER,   /* the other side sent something wrong */
    ERR_CLASS_LIMIT,  /* a budget or bound is used up */
    ERR_CLASS_CANCEL, /* nobody waits for the result any more */
    ERR_CLASS_BUG     /* our fault, or damaged data */
};

enum err_code {
    ERR_NONE = 0,
#define X(name, class, text) ERR_##name,
#include "base/err.def"
#undef X
    ERR_N_CODES
};

#define OK ((err){0})

/* Where a failure's text is kept; one per fiber and one per thread. */
struct err_slot {
    char text[240];
};

/* Make `slot` the current one on this thread; NULL = the thread's own. Called by the fiber switch.
 */
void err_slot_set(struct err_slot *slot);

/* Build an error with a formatted text in the current slot. Use through FAIL. */
err err_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* An error whose text is its code's description: no formatting, for the common ends of a wait. */
err err_plain(int code);

/* return FAIL(ERR_X, "module: what: %s", ...) */
#define FAIL(code, ...) err_fail(code, __VA_ARGS__)

/* Text of the newest failure of the running fiber or thread. Never NULL; valid until the next
 * failure here. */
const char *err_text(void);

/* Fixed description of a code ("no answer in time"). */
const char *err_describe(err e);

/* Symbolic name of a code ("TIMEOUT"). */
const char *err_name(err e);

enum err_class err_class(err e);

static inline int err_failed(err e)
{
    return e.code != 0;
}

/* Drop an error on purpose (gcc does not accept a cast to void); say why in a comment. */
static inline void err_ignore(err e)
{
    (void)e;
}

/* Return from this function with the error of `expr`, if it fails. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        err try_e_ = (expr);                                                                       \
        if (__builtin_expect(try_e_.code != 0, 0))                                                 \
            return try_e_;                                                                         \
    } while (0)
