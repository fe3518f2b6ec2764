/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "xrpl/base58.h"

static void assert_round_trip(enum base58_type type, const uint8_t *payload, size_t n)
{
    char text[BASE58_TEXT_MAX];
    uint8_t back[BASE58_PAYLOAD_MAX];
    size_t length = base58_encode(type, slice_of(payload, n), text);
    ASSERT_INT(length, strlen(text));
    ASSERT(length < sizeof text);
    ASSERT(base58_decode(slice_str(text), type, back, n));
    ASSERT(memcmp(back, payload, n) == 0);
}

TEST(every_payload_comes_back)
{
    uint64_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        uint8_t payload[BASE58_PAYLOAD_MAX];
        for (size_t i = 0; i < sizeof payload; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            payload[i] = (uint8_t)(seed >> 56);
        }
        memset(payload, 0, (size_t)round % 22); /* leading zeros have rules of their own */
        assert_round_trip(BASE58_ACCOUNT, payload, 20);
        assert_round_trip(BASE58_NODE_PUBLIC, payload, 33);
        assert_round_trip(BASE58_ACCOUNT_PUBLIC, payload, 33);
    }
}

TEST(payloads_of_ones_come_back)
{
    uint8_t payload[33];
    memset(payload, 0xFF, sizeof payload);
    assert_round_trip(BASE58_ACCOUNT, payload, 20);
    assert_round_trip(BASE58_ACCOUNT_PUBLIC, payload, 33);
}

TEST(a_public_key_has_its_known_text)
{
    static const uint8_t key[33] = {0x03, 0x30, 0xE7, 0xFC, 0x9D, 0x56, 0xBB, 0x25, 0xD6,
                                    0x89, 0x3B, 0xA3, 0xF3, 0x17, 0xAE, 0x5B, 0xCF, 0x33,
                                    0xB3, 0x29, 0x1B, 0xD6, 0x3D, 0xB3, 0x26, 0x54, 0xA3,
                                    0x13, 0x22, 0x2F, 0x7F, 0xD0, 0x20};
    char text[BASE58_TEXT_MAX];
    base58_encode(BASE58_ACCOUNT_PUBLIC, slice_of(key, 33), text);
    ASSERT_STR("aBQG8RQAzjs1eTKFEAQXr2gS4utcDiEC9wmi7pfUPTi27VCahwgw", text);
}

TEST(every_single_wrong_digit_is_noticed)
{
    const char good[] = "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn";
    uint8_t payload[20];
    ASSERT(base58_decode(slice_str(good), BASE58_ACCOUNT, payload, 20));
    for (size_t i = 0; i < sizeof good - 1; i++)
        for (int c = 1; c < 256; c++) {
            char text[sizeof good];
            memcpy(text, good, sizeof good);
            text[i] = (char)c;
            if (good[i] != text[i])
                ASSERT(
                    !base58_decode(slice_of(text, sizeof good - 1), BASE58_ACCOUNT, payload, 20));
        }
}

TEST(wrong_lengths_and_types_are_refused)
{
    const char good[] = "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn";
    uint8_t payload[33];
    for (size_t n = 0; n < sizeof good - 1; n++)
        ASSERT(!base58_decode(slice_of(good, n), BASE58_ACCOUNT, payload, 20));
    ASSERT(!base58_decode(SLICE_LIT("rrf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn"), BASE58_ACCOUNT, payload,
                          20));
    ASSERT(!base58_decode(SLICE_LIT("rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn "), BASE58_ACCOUNT, payload,
                          20));
    ASSERT(!base58_decode(slice_str(good), BASE58_NODE_PUBLIC, payload, 20));
    ASSERT(!base58_decode(slice_str(good), BASE58_ACCOUNT, payload, 33));
    char ones[200];
    memset(ones, 'z', sizeof ones);
    for (size_t n = 0; n <= sizeof ones; n++)
        ASSERT(!base58_decode(slice_of(ones, n), BASE58_ACCOUNT, payload, 20));
}
