/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes the key of a path, a directory or a suffix, which can be 4 KiB long: its hash, of 128 bits
 * and with a key that is new in each run. The work is done in global functions, which the verifier
 * checks once, with the loops' state in a map (see lib/path_step.bpf.h). Include it after
 * opensnoop.bpf.c.
 *     make_text_key(slot);   // from open_scratch[slot]
 */
#ifndef __OPENCOUNT_KEY_BPF_H__
#define __OPENCOUNT_KEY_BPF_H__

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <snoop/opencount.h>
#include <snoop/siphash.h>

const volatile __u8 count_by = OPEN_BY_PATH;
const volatile __u64 hash_key[2] = {};

enum {
	HASH_STRIDE = 8,  /* words of the inner loop */
	SCAN_STRIDE = 16, /* bytes of the inner loop */
	HASH_ROUNDS = 1,  /* SipHash-1-3, as the kernel's hash tables use it */
	HASH_LAST_ROUNDS = 3
};

/* A part of open_scratch.data. */
struct text_range {
	u64 begin, end;
};

/* One for each slot of open_scratch. */
struct text_key {
	struct siphash sip;
	volatile u64 at;		    /* position in open_scratch.data */
	volatile u64 end;		    /* of the range that is read */
	volatile u64 name;		    /* where the file's name begins */
	volatile u64 dot;		    /* the last one in the name; 0: none */
	struct text_range path, components; /* what makes up the key */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, struct text_key);
} text_keys SEC(".maps");

/* ---- the hash ------------------------------------------------------------------ */

/* Takes the next words, without the last bytes; returns 1 if there are more. */
__noinline int hash_words(u32 slot)
{
	struct text_key *k = bpf_map_lookup_elem(&text_keys, &slot);
	struct scratch *s = bpf_map_lookup_elem(&open_scratch, &slot);
	struct siphash sip;
	u64 at, end;
	int i;

	if (!k || !s)
		return 0;
	end = k->end;
	at = k->at;
	sip = k->sip;
	for (i = 0; i < HASH_STRIDE; i++) {
		if (at + 8 > end || at > OPEN_DATA - 8)
			break;
		siphash_word(&sip, *(u64 *)&s->data[at], HASH_ROUNDS);
		at += 8;
	}
	k->at = at;
	k->sip = sip;
	return i == HASH_STRIDE;
}

__noinline int hash_more_words(u32 slot)
{
	int i, on = 1;

	for (i = 0; i < 12 && on; i++)
		on = hash_words(slot);
	return on;
}

/* Takes the rest of the range, fewer than eight bytes, with their number. */
__noinline int hash_rest(u32 slot)
{
	struct text_key *k = bpf_map_lookup_elem(&text_keys, &slot);
	struct scratch *s = bpf_map_lookup_elem(&open_scratch, &slot);
	struct siphash sip;
	u64 at, rest, word;

	if (!k || !s)
		return 0;
	at = k->at;
	rest = (k->end - at) & 7;
	if (at >= OPEN_DATA)
		return 0;
	word = *(u64 *)&s->data[at] & ((1ull << rest * 8) - 1);
	sip = k->sip;
	siphash_word(&sip, word | rest << 56, HASH_ROUNDS);
	k->sip = sip;
	return 0;
}

static __always_inline void hash_range(struct text_key *k, u32 slot, struct text_range range)
{
	int i, on = 1;

	k->at = range.begin;
	k->end = range.end;
	for (i = 0; i < OPEN_DATA / (12 * HASH_STRIDE * 8) + 1 && on; i++)
		on = hash_more_words(slot);
	hash_rest(slot);
}

/* ---- the parts of a path -------------------------------------------------------- */

/* Goes back from `at` to the last slash before it, and finds the last dot on the way. Returns 1 if
 * the search goes on. */
__noinline int scan_back(u32 slot)
{
	struct text_key *k = bpf_map_lookup_elem(&text_keys, &slot);
	struct scratch *s = bpf_map_lookup_elem(&open_scratch, &slot);
	int i;

	if (!k || !s)
		return 0;
	for (i = 0; i < SCAN_STRIDE; i++) {
		u64 at = k->at - 1;
		char c;

		if (at >= OPEN_DATA || at + 1 <= k->name)
			return 0;
		c = s->data[at];
		if (c == '/') {
			k->name = at + 1;
			return 0;
		}
		if (c == '.' && !k->dot)
			k->dot = at;
		k->at = at;
	}
	return 1;
}

__noinline int scan_back_on(u32 slot)
{
	int i, on = 1;

	for (i = 0; i < 16 && on; i++)
		on = scan_back(slot);
	return on;
}

/* Finds the name at the end of a range, and the last dot in it that does not begin it. */
static __always_inline void find_name(struct text_key *k, u32 slot, struct text_range range)
{
	int i, on = 1;

	k->name = range.begin;
	k->at = range.end;
	k->dot = 0;
	for (i = 0; i < SNOOP_PATH_MAX / (16 * SCAN_STRIDE) && on; i++)
		on = scan_back_on(slot);
	if (k->dot <= k->name)
		k->dot = range.end;
}

/* ---- the key ---------------------------------------------------------------------- */

/* Narrows the key's ranges to the directory or the suffix. */
static __always_inline void take_part(struct scratch *s, struct text_key *k, u32 slot)
{
	struct text_range name = k->path;
	bool is_resolved = k->components.end > k->components.begin && k->path.begin == k->path.end;
	u64 begin = k->components.begin;
	long len;

	if (is_resolved) {
		/* The first component is the file's name. */
		barrier_var(begin);
		if (begin > SNOOP_PATH_MAX)
			return;
		len = bpf_probe_read_kernel_str(s->prefix.bytes, sizeof(s->prefix.bytes),
						&s->data[begin]);
		if (len <= 0)
			return;
		name.begin = begin;
		name.end = begin + len - 1;
		if (count_by == OPEN_BY_DIR) {
			k->components.begin = begin + len;
			return;
		}
	}
	find_name(k, slot, name);
	if (count_by == OPEN_BY_DIR) {
		k->path.end = k->name;
		return;
	}
	k->components.begin = k->components.end;
	k->path.begin = k->dot;
	k->path.end = name.end;
}

/* The key of the open in open_scratch[slot], whose paths are in `data`. Returns 0. */
__noinline int make_text_key(u32 slot)
{
	struct text_key *k = bpf_map_lookup_elem(&text_keys, &slot);
	struct scratch *s = bpf_map_lookup_elem(&open_scratch, &slot);
	u64 key[2] = {hash_key[0], hash_key[1]}, path_len, flags, kind = 0;
	struct siphash sip;
	bool is_nameless;

	if (!k || !s)
		return 0;
	flags = s->head.rec.flags;
	path_len = s->head.path_len;
	k->path.begin = 0;
	k->path.end = path_len ? path_len - 1 : 0;
	k->components.begin = path_len;
	k->components.end = path_len;
	if (flags & OPEN_FLAG_HAS_RESOLVED) {
		k->components.end = path_len + s->head.resolved_len;
		/* If a file was opened, only the path to which it led counts. */
		if (!(flags & OPEN_FLAG_BASE_ONLY))
			k->path.end = 0;
		if (s->head.file.place == SNOOP_PLACE_ELSEWHERE)
			kind = s->head.file.mnt_ns;
		kind |= (u64)s->head.file.place << 32 | (u64)s->head.file.deleted << 40 |
			(flags &
			 (OPEN_FLAG_HAS_RESOLVED | OPEN_FLAG_BASE_ONLY | OPEN_FLAG_RESOLVED_CUT))
				<< 48;
	}
	if (count_by == OPEN_BY_SUFFIX)
		kind = 0;
	kind |= (flags & OPEN_FLAG_NO_PATH) << 48;
	if (count_by != OPEN_BY_PATH)
		take_part(s, k, slot);
	/* The kernel names files without a directory by their inode numbers, as "pipe:[77]". */
	is_nameless = flags & OPEN_FLAG_HAS_RESOLVED &&
		      s->head.file.place == SNOOP_PLACE_NAMELESS && count_by == OPEN_BY_PATH;
	sip = siphash_begin(key);
	siphash_word(&sip, kind, HASH_ROUNDS);
	siphash_word(&sip, is_nameless ? s->head.file.ino : 0, HASH_ROUNDS);
	k->sip = sip;
	hash_range(k, slot, k->path);
	hash_range(k, slot, k->components);
	sip = k->sip;
	siphash_end(&sip,
		    (k->path.end - k->path.begin) << 32 | (k->components.end - k->components.begin),
		    HASH_ROUNDS, HASH_LAST_ROUNDS, s->key.hash);
	return 0;
}

#endif /* __OPENCOUNT_KEY_BPF_H__ */
