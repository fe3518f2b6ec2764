/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include "base/hex.h"
#include "base/mem.h"
#include "test.h"

static void expect(const char *hex, const uint8_t *p, size_t n)
{
    char text[65] = "";
    hex_encode_lower(slice_of(p, n), text);
    ASSERT_STR(hex, text);
}

/* FIPS 180-4 examples, halved. */
TEST(sha512half_is_the_first_half_of_sha512)
{
    struct slice abc = SLICE_LIT("abc");
    struct hash256 h = hash_sha512half(&abc, 1);
    expect("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a", h.b, 32);
    h = hash_sha512half(NULL, 0);
    expect("cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce", h.b, 32);
}

TEST(parts_are_hashed_as_if_joined)
{
    struct slice parts[] = {SLICE_LIT("a"), SLICE_EMPTY, SLICE_LIT("bc")};
    struct slice whole = SLICE_LIT("abc");
    struct hash256 a = hash_sha512half(parts, 3), b = hash_sha512half(&whole, 1);
    ASSERT(hash256_eq(&a, &b));
}

TEST(sha256_and_ripemd160_give_the_published_values)
{
    struct hash256 h = hash_sha256(SLICE_LIT("abc"));
    expect("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", h.b, 32);
    h = hash_sha256(SLICE_EMPTY);
    expect("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", h.b, 32);
    uint8_t r[20];
    hash_ripemd160(SLICE_LIT("abc"), r);
    expect("8eb208f7e05d987a9b044a8e98c6b087f15a0bfc", r, 20);
    hash_ripemd160(SLICE_EMPTY, r);
    expect("9c1185a5c5e9fc54612808977ee8f548b2258d31", r, 20);
}

TEST(hashes_compare_as_big_endian_numbers)
{
    struct hash256 a = HASH256_ZERO, b = HASH256_ZERO;
    ASSERT(hash256_is_zero(&a));
    b.b[0] = 1;
    a.b[31] = 255;
    ASSERT(hash256_cmp(&a, &b) < 0 && hash256_cmp(&b, &a) > 0 && hash256_cmp(&a, &a) == 0);
    ASSERT(!hash256_eq(&a, &b) && !hash256_is_zero(&a));
}

TEST(fast_hash_depends_on_each_bit_the_length_and_the_seed)
{
    uint8_t in[40] = {0};
    uint64_t zero = hash_fast(in, sizeof in, 1);
    ASSERT(hash_fast(in, sizeof in, 2) != zero);
    ASSERT(hash_fast(in, sizeof in - 1, 1) != zero);
    for (size_t bit = 0; bit < sizeof in * 8; bit++) {
        in[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int changed = __builtin_popcountll(hash_fast(in, sizeof in, 1) ^ zero);
        ASSERT(changed > 10 && changed < 54);
        in[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

TEST(hashes_are_put_in_order_each_once_and_found)
{
    struct hash256 v[] = {{{3}}, {{1}}, {{3}}, {{2}}, {{1}}}, none = {{4}};
    size_t n = hash256_sort_unique(v, ARRAY_LEN(v));
    ASSERT_INT(3, n);
    for (size_t i = 0; i < n; i++) {
        ASSERT_INT(i + 1, v[i].b[0]);
        ASSERT(hash256_in(v, n, &v[i]));
    }
    ASSERT(!hash256_in(v, n, &none));
    ASSERT_INT(0, hash256_sort_unique(NULL, 0));
    ASSERT(!hash256_in(NULL, 0, &none));
}
