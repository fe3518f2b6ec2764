/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/lanes.h"

#include "base/bits.h"

#include <assert.h>

/* Fractions of the square roots of the first 8 primes, and of the cube roots of the first 80 (FIPS
 * 180-4). */
static const uint64_t first_state[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                        0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                        0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
static const uint64_t round_constants[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (64 - (n))))
#define BIG_0(x) (ROTATE(x, 28) ^ ROTATE(x, 34) ^ ROTATE(x, 39))
#define BIG_1(x) (ROTATE(x, 14) ^ ROTATE(x, 18) ^ ROTATE(x, 41))
#define SMALL_0(x) (ROTATE(x, 1) ^ ROTATE(x, 8) ^ ((x) >> 7))
#define SMALL_1(x) (ROTATE(x, 19) ^ ROTATE(x, 61) ^ ((x) >> 6))

#ifdef __x86_64__
#define TARGET __attribute__((target("avx512f")))

typedef uint64_t vec __attribute__((vector_size(8 * LANES)));

/* One block in every lane: FIPS 180-4, 6.4.2, the schedule kept in a ring of 16 words. */
TARGET static void compress(vec state[8], const uint64_t words[16][LANES])
{
    vec w[16];
    memcpy(w, words, sizeof w);
    vec a = state[0], b = state[1], c = state[2], d = state[3];
    vec e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 80; t += 16) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            if (t > 0)
                w[i] += SMALL_1(w[(i + 14) % 16]) + w[(i + 9) % 16] + SMALL_0(w[(i + 1) % 16]);
            vec t1 = h + BIG_1(e) + (g ^ (e & (f ^ g))) + round_constants[t + i] + w[i];
            vec t2 = BIG_0(a) + ((a & b) | (c & (a | b)));
            h = g, g = f, f = e, e = d + t1;
            d = c, c = b, b = a, a = t1 + t2;
        }
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

TARGET static void take_digest(const vec state[8], uint32_t lane, struct hash256 *ret)
{
    for (int i = 0; i < 4; i++)
        bits_store64(ret->b + 8 * i, state[i][lane]);
}

TARGET void lanes_hash(struct lanes *l, struct hash256 ret[LANES])
{
    vec state[8];
    for (int i = 0; i < 8; i++)
        state[i] = first_state[i] - (vec){0};
    uint32_t most = 0;
    for (uint32_t lane = 0; lane < LANES; lane++)
        most = l->n_blocks[lane] > most ? l->n_blocks[lane] : most;
    for (uint32_t block = 0; block < most; block++) {
        compress(state, l->words[block]);
        for (uint32_t lane = 0; lane < LANES; lane++)
            if (l->n_blocks[lane] == block + 1)
                take_digest(state, lane, &ret[lane]);
    }
    memset(l->n_blocks, 0, sizeof l->n_blocks);
}

bool lanes_usable(void)
{
    return __builtin_cpu_supports("avx512f") != 0;
}
#else
bool lanes_usable(void)
{
    return false;
}

void lanes_hash(struct lanes *l, struct hash256 ret[LANES])
{
    assert(!"lanes are not usable here");
    (void)l, (void)ret;
}
#endif

void lanes_set(struct lanes *l, uint32_t lane, const struct slice *parts, size_t n_parts)
{
    _Alignas(64) uint8_t bytes[LANES_MAX_BLOCKS * 128];
    size_t n = 0;
    for (size_t i = 0; i < n_parts; i++) {
        assert(n + parts[i].n <= LANES_MAX_BYTES);
        if (parts[i].n)
            memcpy(bytes + n, parts[i].p, parts[i].n);
        n += parts[i].n;
    }
    uint32_t n_blocks = lanes_blocks(n);
    bytes[n] = 0x80;
    memset(bytes + n + 1, 0, n_blocks * 128 - n - 1);
    bits_store64(bytes + n_blocks * 128 - 8, (uint64_t)n * 8);
    l->n_blocks[lane] = n_blocks;
    uint64_t *to = &l->words[0][0][lane];
    for (size_t i = 0; i < n_blocks * 16; i++)
        to[i * LANES] = bits_load64(bytes + i * 8);
}
