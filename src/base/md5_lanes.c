/* MD5 (RFC 1321) of several short texts at a time, a vector lane each: what routes records to
 * shards by their partition keys. Longer texts take the ordinary way. */
#include "base/digest.h"

enum { BLOCK = 64, WORDS = BLOCK / 4, ROUNDS = 64, SHORT_MAX = BLOCK - 9 };

typedef uint32_t lanes __attribute__((vector_size(4 * MD5_LANES)));

/* floor(2^32 * abs(sin(i + 1))) */
static const uint32_t sines[ROUNDS] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
static const int turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

/* The padded block of a text, as the lane's words. */
static void lane_fill(uint32_t words[WORDS][MD5_LANES], size_t lane, span text)
{
    char block[BLOCK] = {0};
    if (text.size) memcpy(block, text.data, text.size);
    block[text.size] = (char)0x80;
    put_le64(block + BLOCK - 8, (uint64_t)text.size * 8);
    for (int i = 0; i < WORDS; i++) words[i][lane] = get_le32(block + 4 * i);
}

#define ROUND(i, f, word)                                                                          \
    do {                                                                                           \
        lanes sum = a + (f) + m[word] + sines[i];                                                  \
        int turn = turns[(i) / 16][(i) % 4];                                                       \
        a = d, d = c, c = b;                                                                       \
        b += sum << turn | sum >> (32 - turn);                                                     \
    } while (0)

#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("avx2", "default"), optimize("O3")))
#endif
static void
digest_blocks(uint32_t state[4][MD5_LANES], const uint32_t words[WORDS][MD5_LANES])
{
    static const uint32_t start[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    lanes m[WORDS], zero = {0};
    memcpy(m, words, sizeof m);
    lanes a = zero + start[0], b = zero + start[1], c = zero + start[2], d = zero + start[3];
#pragma GCC unroll 64
    for (int i = 0; i < ROUNDS; i++) {
        if (i < 16) ROUND(i, d ^ (b & (c ^ d)), i);
        else if (i < 32) ROUND(i, c ^ (d & (b ^ c)), (5 * i + 1) % 16);
        else if (i < 48) ROUND(i, b ^ c ^ d, (3 * i + 5) % 16);
        else ROUND(i, c ^ (b | ~d), 7 * i % 16);
    }
    const lanes sums[4] = {a + start[0], b + start[1], c + start[2], d + start[3]};
    memcpy(state, sums, sizeof sums);
}

void md5_lanes(uint8_t out[][MD5_SIZE], const span *texts, size_t count)
{
    uint32_t words[WORDS][MD5_LANES], state[4][MD5_LANES];
    CHECK(count <= MD5_LANES);
    for (size_t i = 0; i < MD5_LANES; i++)
        lane_fill(words, i, i < count && texts[i].size <= SHORT_MAX ? texts[i] : (span){"", 0});
    digest_blocks(state, words);
    for (size_t i = 0; i < count; i++) {
        if (texts[i].size > SHORT_MAX) md5(out[i], texts[i]);
        else for (int word = 0; word < 4; word++) put_le32(out[i] + 4 * word, state[word][i]);
    }
}
