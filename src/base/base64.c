/* base64 (RFC 4648), strict. What is long goes 24 bytes at a time where the machine has AVX2, the
 * rest and other machines 3 bytes at a time; both give the same bytes.
 *
 * The vector forms follow W. Mula and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2
 * Instructions" (2018). */
#include "base/text.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_VECTORS 1
#endif

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encoded_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

static void encode_each(char *out, const uint8_t *p, size_t left)
{
    for (; left >= 3; left -= 3, p += 3, out += 4) {
        uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        out[0] = base64_digits[v >> 18];
        out[1] = base64_digits[v >> 12 & 63];
        out[2] = base64_digits[v >> 6 & 63];
        out[3] = base64_digits[v & 63];
    }
    if (left == 0) return;
    uint32_t v = (uint32_t)p[0] << 16 | (left == 2 ? (uint32_t)p[1] << 8 : 0);
    out[0] = base64_digits[v >> 18];
    out[1] = base64_digits[v >> 12 & 63];
    out[2] = left == 2 ? base64_digits[v >> 6 & 63] : '=';
    out[3] = '=';
}

enum { BLOCK_BYTES = 24, BLOCK_DIGITS = 32 };

#ifdef HAS_VECTORS
#define AVX2 __attribute__((target("avx2")))

static bool vectors_usable(void)
{
    return __builtin_cpu_supports("avx2") > 0;
}

/* Twelve bytes in each half to sixteen values of six bits. */
AVX2 static __m256i split_bits(__m256i bytes)
{
    const __m256i order = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0,
                                           2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    bytes = _mm256_shuffle_epi8(bytes, order);
    __m256i high = _mm256_mulhi_epu16(_mm256_and_si256(bytes, _mm256_set1_epi32(0x0fc0fc00)),
                                      _mm256_set1_epi32(0x04000040));
    __m256i low = _mm256_mullo_epi16(_mm256_and_si256(bytes, _mm256_set1_epi32(0x003f03f0)),
                                     _mm256_set1_epi32(0x01000010));
    return _mm256_or_si256(high, low);
}

/* A value's digit is the value plus an offset that depends on its range. */
AVX2 static __m256i digits_of(__m256i values)
{
    const __m256i offsets =
        _mm256_setr_epi8('A', 'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                         '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 0, 0, 'A',
                         'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                         '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 0, 0);
    __m256i range = _mm256_subs_epu8(values, _mm256_set1_epi8(51)); /* 0 for letters */
    __m256i small = _mm256_cmpgt_epi8(values, _mm256_set1_epi8(25));
    return _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, _mm256_sub_epi8(range, small)));
}

/* As many whole blocks as leave 32 readable bytes; returns the bytes taken. */
AVX2 static size_t encode_blocks(char *out, const uint8_t *p, size_t size)
{
    size_t at = 0;
    for (; size - at >= 32; at += BLOCK_BYTES, out += BLOCK_DIGITS) {
        __m128i low = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
        __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(p + at + 12));
        __m256i digits = digits_of(split_bits(_mm256_set_m128i(high, low)));
        _mm256_storeu_si256((__m256i *)(void *)out, digits);
    }
    return at;
}

/* 32 digits to 24 bytes; false, nothing written: there is something else among them. */
AVX2 static bool decode_block(uint8_t *out, __m256i in)
{
    const __m256i high_bits = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
        0x10));
    const __m256i low_bits = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b,
        0x1a));
    const __m256i offsets = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i pack = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    const __m256i slash = _mm256_set1_epi8('/');
    __m256i high = _mm256_and_si256(_mm256_srli_epi32(in, 4), slash);
    __m256i low = _mm256_and_si256(in, slash);
    if (!_mm256_testz_si256(_mm256_shuffle_epi8(low_bits, low),
                            _mm256_shuffle_epi8(high_bits, high)))
        return false;
    __m256i offset =
        _mm256_shuffle_epi8(offsets, _mm256_add_epi8(_mm256_cmpeq_epi8(in, slash), high));
    __m256i values = _mm256_add_epi8(in, offset);
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    __m256i triples = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(triples, pack),
                                                _mm256_setr_epi32(0, 1, 2, 4, 5, 6, -1, -1));
    _mm_storeu_si128((__m128i *)(void *)out, _mm256_castsi256_si128(bytes));
    _mm_storel_epi64((__m128i *)(void *)(out + 16), _mm256_extracti128_si256(bytes, 1));
    return true;
}

AVX2 static __m256i load_digits(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* Digits taken of `size`, a multiple of 4: all of them, those before a block with anything else, or
 * none of less than a block. The last block begins in the one before, which may be overwritten by then:
 * out may be p. */
AVX2 static size_t decode_blocks(uint8_t *out, const uint8_t *p, size_t size)
{
    if (size < BLOCK_DIGITS) return 0;
    size_t at = 0, rest = size - BLOCK_DIGITS;
    __m256i last = load_digits(p + rest);
    for (; at < rest; at += BLOCK_DIGITS)
        if (!decode_block(out + at / 4 * 3, load_digits(p + at))) return at;
    return decode_block(out + rest / 4 * 3, last) ? size : at;
}
#else
static bool vectors_usable(void)
{
    return false;
}

static size_t encode_blocks(char *out, const uint8_t *p, size_t size)
{
    (void)out, (void)p, (void)size;
    return 0;
}

static size_t decode_blocks(uint8_t *out, const uint8_t *p, size_t size)
{
    (void)out, (void)p, (void)size;
    return 0;
}
#endif

void base64_encode(char *out, span in)
{
    const uint8_t *p = (const uint8_t *)in.data;
    size_t done = vectors_usable() ? encode_blocks(out, p, in.size) : 0;
    encode_each(out + done / BLOCK_BYTES * BLOCK_DIGITS, p + done, in.size - done);
}

size_t base64_decoded_max(size_t size)
{
    return size / 4 * 3;
}

/* Value + 1 of each base64 digit; 0 for all other bytes. */
static const uint8_t base64_values[256] = {
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,
    ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23,
    ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37,
    ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44,
    ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51,
    ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58,
    ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

error base64_decode(void *out_bytes, size_t *size, span in)
{
    const uint8_t *p = (const uint8_t *)in.data;
    uint8_t *out = out_bytes, *start = out_bytes;
    if (in.size % 4 != 0)
        return fail(ERR_PARSE, "base64 of %zu characters: not a multiple of 4", in.size);
    /* the last four may hold padding */
    size_t done = in.size && vectors_usable() ? decode_blocks(out, p, in.size - 4) : 0;
    out += done / 4 * 3;
    p += done;
    for (size_t i = done; i < in.size; i += 4, p += 4) {
        bool last = i + 4 == in.size;
        /* 255 for what is no digit */
        uint8_t a = (uint8_t)(base64_values[p[0]] - 1), b = (uint8_t)(base64_values[p[1]] - 1);
        uint8_t c = (uint8_t)(base64_values[p[2]] - 1), d = (uint8_t)(base64_values[p[3]] - 1);
        if ((a | b | c | d) < 64) {
            out[0] = (uint8_t)(a << 2 | b >> 4);
            out[1] = (uint8_t)(b << 4 | c >> 2);
            out[2] = (uint8_t)(c << 6 | d);
            out += 3;
        } else if (last && a < 64 && b < 64 && p[3] == '=' && c < 64 && (c & 3) == 0) {
            *out++ = (uint8_t)(a << 2 | b >> 4);
            *out++ = (uint8_t)(b << 4 | c >> 2);
        } else if (last && a < 64 && b < 64 && (b & 15) == 0 && p[2] == '=' && p[3] == '=') {
            *out++ = (uint8_t)(a << 2 | b >> 4);
        } else {
            return fail(ERR_PARSE, "base64: illegal character near offset %zu", i);
        }
    }
    *size = (size_t)(out - start);
    return OK;
}
