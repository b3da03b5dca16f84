/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of usdtsnoop, a hit of a probe; and the description of a site for its program. */
#ifndef SNOOP_USDTSNOOP_H
#define SNOOP_USDTSNOOP_H

#include <snoop/record.h>
#include <snoop/registers.h>

enum {
	USDT_FORMAT = 3,	/* raise when a record's layout changes */
	USDT_ARGS = 12,		/* the limit of <sys/sdt.h> */
	USDT_NAMES_MAX = 512,	/* bytes of a site's names, NULs included */
	USDT_STRING_MAX = 4096, /* most bytes of a string */
	USDT_STRINGS = 16384,	/* most bytes of all strings of an event */
	USDT_BUFFERS = 4	/* per CPU, where the kernel preempts programs */
};

enum usdt_kind {
	USDT_EVENT = 1 /* struct usdt_event */
};

/* Type of an argument: its size in bytes (1, 2, 4 or 8) and these flags. */
enum {
	USDT_TYPE_SIZE = 0x0f,
	USDT_TYPE_SIGNED = 0x10,
	USDT_TYPE_FLOAT = 0x20,
	USDT_TYPE_STRING = 0x40, /* --string: it is the address of a string */
	USDT_TYPE_LOST = 0x80,	 /* its location is unknown */
	USDT_TYPE_FAULT = 0x100, /* in an event: its memory could not be read */
	USDT_TYPE_CUT = 0x200	 /* in an event: the string is cut */
};

/* Location of an argument. */
enum usdt_where {
	USDT_NOWHERE,  /* see USDT_TYPE_LOST */
	USDT_CONSTANT, /* value */
	USDT_REGISTER, /* reg >> value */
	USDT_MEMORY    /* at value + reg + (index << shift) */
};

struct usdt_arg_spec {
	__s64 value;
	__u16 reg; /* as an offset in the program's context */
	__u16 index;
	__u16 type; /* USDT_TYPE_* */
	__u8 shift;
	__u8 where; /* enum usdt_where */
};

/* A place in a file where a probe is. */
struct usdt_site {
	struct usdt_arg_spec args[USDT_ARGS];
	__u64 location; /* its address in the file */
	__u16 names_len;
	__u8 arg_count;
	__u8 is_32bit; /* 1: a 32-bit file */
	__u8 pad[4];
	char names[USDT_NAMES_MAX]; /* binary, provider, name, each with its NUL */
};

/*
 * It is followed by the names of the site and the strings, in the order of the
 * arguments, without NULs.
 */
struct usdt_event {
	struct snoop_record rec;
	struct snoop_task task;
	__u64 location;		/* of the site */
	__u64 args[USDT_ARGS];	/* as read; bits above their size are undefined */
	__u16 types[USDT_ARGS]; /* USDT_TYPE_* */
	__u16 lens[USDT_ARGS];	/* bytes of each string */
	__u16 names_len;
	__u8 arg_count;
	__u8 pad[5];
};

#ifdef __cplusplus
static_assert(sizeof(usdt_arg_spec) == 16 && sizeof(usdt_site) == 720 && sizeof(usdt_event) == 288);
#endif

#endif /* SNOOP_USDTSNOOP_H */
