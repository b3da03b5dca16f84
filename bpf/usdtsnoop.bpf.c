// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * usdtsnoop: every hit of a static probe (USDT), with its arguments.
 *
 * A probe is a nop in a program, and a note in its file with the address of the nop and the
 * locations of its arguments. User space reads the notes into `sites`, and attaches one
 * program to every site by a uprobe.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <snoop/usdtsnoop.h>
#include "lib/config.bpf.h"
#include "lib/counters.bpf.h"
#include "lib/descendants.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/filter.bpf.h"
#include "lib/lineage_hooks.bpf.h"
#include "lib/private_stack.bpf.h"
#include "lib/task.bpf.h"
#include "usdtsnoop/args.bpf.h"
#include "usdtsnoop/fault_in.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
	NO_SLOT = 0xffffffff
};

const volatile __u32 own_pid = 0; /* the tool's own hits are not events */
const volatile __u8 has_cookies = 0;

/* Set by user space before it detaches, which can take a while. */
volatile __u8 is_stopped = 0;

/* User space sets max_entries of these maps. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct usdt_site);
} sites SEC(".maps");

/* Index in sites by file offset, for kernels without cookies. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u32);
} site_at SEC(".maps");

/*
 * A kernel that preempts may switch tasks inside this program, too (since 6.0, when uprobes
 * learned to run sleepable programs), and lets the next task enter it. So a task reserves one of
 * its CPU's buffers: whoever adds the key to `taken` owns the buffer.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} usdt_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8);
} taken SEC(".maps");

/* Returns a buffer's index, or NO_SLOT if those of this CPU are taken. */
static __always_inline u32 take_slot(void)
{
	u32 cpu = bpf_get_smp_processor_id();
	u32 i, slot;
	u8 yes = 1;

	if (!config.has_backups)
		return cpu;
	for (i = 0; i < USDT_BUFFERS; i++) {
		slot = cpu * USDT_BUFFERS + i;
		if (!bpf_map_update_elem(&taken, &slot, &yes, BPF_NOEXIST))
			return slot;
	}
	return NO_SLOT;
}

static __always_inline void give_back(u32 slot)
{
	if (config.has_backups && slot != NO_SLOT)
		bpf_map_delete_elem(&taken, &slot);
}

/* ---- which site was hit ---------------------------------------------------------- */

#define VMACACHE_SIZE 4 /* include/linux/mm_types_task.h, up to 6.0 */

/*
 * Finds the file offset of the instruction at ip, for kernels without cookies. They cache the
 * VMAs that a task last looked up, and the uprobe has just looked up this one.
 */
static __always_inline bool find_offset(u64 ip, u64 *offset)
{
	struct task_struct *task = current_task();
	struct vm_area_struct *area;
	u64 start, end;
	int i;

	if (!bpf_core_field_exists(task->vmacache))
		return false;
#pragma unroll
	for (i = 0; i < VMACACHE_SIZE; i++) {
		area = BPF_CORE_READ(task, vmacache.vmas[i]);
		start = BPF_CORE_READ(area, vm_start);
		end = BPF_CORE_READ(area, vm_end);
		if (area && ip >= start && ip < end) {
			*offset = ip - start + (BPF_CORE_READ(area, vm_pgoff) << page_bits);
			return true;
		}
	}
	return false;
}

static __always_inline struct usdt_site *find_site(struct pt_regs *ctx)
{
	u32 site, *found;
	u64 offset;

	/* Since 5.15, commit 7adfc6c9b315. */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_attach_cookie) &&
	    has_cookies) {
		site = bpf_get_attach_cookie(ctx);
		return bpf_map_lookup_elem(&sites, &site);
	}
	if (!find_offset(PT_REGS_IP(ctx), &offset))
		return NULL;
	found = bpf_map_lookup_elem(&site_at, &offset);
	if (!found)
		return NULL;
	site = *found;
	return bpf_map_lookup_elem(&sites, &site);
}

/* ---- the program ------------------------------------------------------------------- */

static __always_inline void begin(struct scratch *s, const struct usdt_site *site)
{
	struct usdt_event *e = &s->event;
	u64 names_len = site->names_len;

	fill_record(&e->rec, USDT_EVENT, now_ns(), (u32)bpf_get_current_pid_tgid());
	fill_task(&e->task, current_task(), has_typed_task());
	if (site->is_32bit)
		e->rec.flags |= SNOOP_FLAG_ABI32;
	e->location = site->location;
	__builtin_memset(e->args, 0, sizeof(e->args));
	__builtin_memset(e->lens, 0, sizeof(e->lens));
	__builtin_memset(e->types, 0, sizeof(e->types));
	e->arg_count = site->arg_count;
	__builtin_memset(e->pad, 0, sizeof(e->pad));
	if (names_len > USDT_NAMES_MAX || bpf_probe_read_kernel(s->data, names_len, site->names))
		names_len = 0;
	e->names_len = names_len;
	s->used = names_len;
}

static __always_inline void send(struct pt_regs *ctx, struct scratch *s)
{
	u64 used = s->used;

	if (used > DATA + USDT_STRING_MAX) {
		count_event(SNOOP_LOST_SIZE);
		return;
	}
	if (send_record(ctx, &s->event.rec, sizeof(s->event) + used))
		count_flaws(s->event.rec.flags);
}

static __always_inline void on_hit(struct pt_regs *ctx)
{
	struct usdt_site *site;
	struct scratch *s;
	u32 slot;

	if (task_pid(current_task(), has_typed_task()) == own_pid || is_stopped)
		return;
	count_event(SNOOP_SEEN);
	if (!passes_filters()) {
		count_event(SNOOP_FILTERED);
		return;
	}
	site = find_site(ctx);
	slot = take_slot();
	s = bpf_map_lookup_elem(&usdt_scratch, &slot);
	if (!site || !s) {
		count_event(SNOOP_LOST_MAP_FULL);
	} else {
		begin(s, site);
		read_args(ctx, site, s);
		send(ctx, s);
	}
	give_back(slot);
}

SEC("?uprobe")
int usdt_hit(struct pt_regs *ctx)
{
	on_hit(ctx);
	return 0;
}

/* For kernels that preempt programs. */
SEC("?uprobe")
int usdt_hit_preempted(struct pt_regs *ctx)
{
	on_hit(ctx);
	return stay_on_task_stack(ctx);
}

/* ---- before it, a sleepable program -------------------------------------------------- */

/*
 * Private stacks (see lib/private_stack.bpf.h) would be shared by tasks that sleep in it, and it
 * cannot use the map that a tail call needs. So no function of it may use 64 bytes of stack,
 * which a test checks.
 */
static __noinline bool is_task_to_fault_in(void)
{
	if (task_pid(current_task(), has_typed_task()) == own_pid || is_stopped)
		return false;
	if (!task_passes_sets(current_task()))
		return false;
	if (config.filter_under && !passes_under(known_lineage(current_task())))
		return false;
	return (!config.filter_cgroups && !config.filter_not_cgroups) || passes_cgroup_ids();
}

static __noinline struct usdt_site *site_to_fault_in(struct pt_regs *ctx)
{
	return is_task_to_fault_in() ? find_site(ctx) : NULL;
}

/* Attached after usdt_hit, and so called before it: the kernel calls the last one first. */
SEC("?uprobe.s")
int usdt_fault_in(struct pt_regs *ctx)
{
	struct usdt_site *site = site_to_fault_in(ctx);

	if (site)
		fault_in_args(ctx, site);
	return 0;
}
