/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_msg.h"
#include "test.h"

TEST(a_shared_message_is_a_frame_and_lives_until_its_last_reference)
{
    struct ws_msg *m = ws_msg_new(WS_FRAME_TEXT, slice_str("hello"));
    ASSERT_SLICE("\x81\x05hello", ws_msg_bytes(m));
    ASSERT_SLICE("hello", ws_msg_payload(m));
    ASSERT(ws_msg_ref(m) == m);
    ws_msg_unref(m);
    ASSERT_SLICE("hello", ws_msg_payload(m));
    ws_msg_unref(m);
    ws_msg_unref(NULL);
}
