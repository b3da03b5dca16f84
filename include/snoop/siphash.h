/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SipHash with 128 bits (Aumasson, Bernstein): nobody without the key finds two texts of one hash.
 *     struct siphash sip = siphash_begin(key);
 *     siphash_word(&sip, word, 1);    // for each eight bytes; then
 *     siphash_end(&sip, rest | (__u64)length << 56, 1, 3, hash);
 */
#ifndef SNOOP_SIPHASH_H
#define SNOOP_SIPHASH_H

#ifdef __cplusplus
#include <linux/types.h>
#endif

struct siphash {
	__u64 v[4];
};

static inline __attribute__((always_inline)) __u64 siphash_rotate(__u64 word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline __attribute__((always_inline)) void siphash_round(struct siphash *sip)
{
	__u64 *v = sip->v;

	v[0] += v[1];
	v[1] = siphash_rotate(v[1], 13) ^ v[0];
	v[0] = siphash_rotate(v[0], 32);
	v[2] += v[3];
	v[3] = siphash_rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = siphash_rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = siphash_rotate(v[1], 17) ^ v[2];
	v[2] = siphash_rotate(v[2], 32);
}

static inline __attribute__((always_inline)) void siphash_rounds(struct siphash *sip,
								 const int rounds)
{
	int i;

	for (i = 0; i < rounds; i++)
		siphash_round(sip);
}

static inline __attribute__((always_inline)) __u64 siphash_fold(const struct siphash *sip)
{
	return sip->v[0] ^ sip->v[1] ^ sip->v[2] ^ sip->v[3];
}

static inline __attribute__((always_inline)) struct siphash siphash_begin(const __u64 key[2])
{
	struct siphash sip = {{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d ^ 0xee,
			       key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573}};

	return sip;
}

/* Takes the next eight bytes of the text, as a little-endian number. */
static inline __attribute__((always_inline)) void siphash_word(struct siphash *sip, __u64 word,
							       const int rounds)
{
	sip->v[3] ^= word;
	siphash_rounds(sip, rounds);
	sip->v[0] ^= word;
}

/* `last` has the rest of the text, fewer than eight bytes, and in its top byte the length. */
static inline __attribute__((always_inline)) void
siphash_end(struct siphash *sip, __u64 last, const int rounds, const int last_rounds, __u64 hash[2])
{
	siphash_word(sip, last, rounds);
	sip->v[2] ^= 0xee;
	siphash_rounds(sip, last_rounds);
	hash[0] = siphash_fold(sip);
	sip->v[1] ^= 0xdd;
	siphash_rounds(sip, last_rounds);
	hash[1] = siphash_fold(sip);
}

#endif /* SNOOP_SIPHASH_H */
