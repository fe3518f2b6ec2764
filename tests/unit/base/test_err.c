/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "test.h"

static ERR fails(void)
{
    return FAIL(ERR_TIMEOUT, "peer %d: %s", 7, "silent");
}

static ERR passes_on(void)
{
    TRY(fails());
    return OK;
}

TEST(a_failure_carries_code_class_and_text)
{
    err e = passes_on();
    ASSERT_INT(ERR_TIMEOUT, e.code);
    ASSERT_INT(ERR_CLASS_RETRY, err_class(e));
    ASSERT_STR("TIMEOUT", err_name(e));
    ASSERT_STR("no answer in time", err_describe(e));
    ASSERT_STR("peer 7: silent", err_text());
    ASSERT(err_failed(e) && !err_failed(OK));
}

TEST(a_text_can_wrap_the_text_before)
{
    err_ignore(fails());
    err_ignore(FAIL(ERR_IO, "outer: %s", err_text()));
    ASSERT_STR("outer: peer 7: silent", err_text());
}

TEST(a_long_text_is_cut)
{
    char longer[1000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    err_ignore(FAIL(ERR_IO, "%s", longer));
    ASSERT_INT(sizeof(struct err_slot) - 1, strlen(err_text()));
}

TEST(texts_stay_in_their_slots)
{
    struct err_slot a = {""}, b = {""};
    err_slot_set(&a);
    err_ignore(FAIL(ERR_IO, "in a"));
    err_slot_set(&b);
    err_ignore(err_plain(ERR_CANCELLED));
    err_slot_set(NULL);
    ASSERT_STR("", err_text());
    ASSERT_STR("in a", a.text);
    ASSERT_STR("cancelled", b.text);
}

TEST(an_unknown_code_is_an_internal_error)
{
    ASSERT_STR("INTERNAL", err_name((err){9999}));
    ASSERT_INT(ERR_CLASS_BUG, err_class((err){-1}));
    ASSERT_STR("OK", err_name(OK));
}
