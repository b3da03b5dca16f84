// SPDX-License-Identifier: BSD-2-Clause
// Attaches programs to the packets of an interface: XDP for those that come in, tc for those that go out.
//     require_free_xdp(eth);
//     Link link = attach_xdp(skel.progs.in, eth, XdpMode::native);    // or
//     Link link = attach_tcx(skel.progs.out, eth);                    // since 6.6; before:
//     Link link = attach_clsact(skel.progs.filter, eth);
#pragma once

#include "libbpf/link.hpp"
#include "xdpcount/interface.hpp"

#include <cstdint>

namespace snoop::xdpcount {

// native: in the driver, before the kernel allocates a buffer for the packet; generic: later, with
// any driver, slower.
enum class XdpMode { native, generic };

// Throws Error (exit 1), which names the program, if the interface already has an XDP program: it
// can have only one.
void require_free_xdp(const Interface &interface);

// True if programs can be told that a packet may come in several buffers (5.18), as jumbo frames
// do. bpf_program__set_flags() takes the flag that tells them.
bool has_xdp_frags();
inline constexpr std::uint32_t xdp_frags_flag = 1u << 5;

// Attaches by a link (5.9). Throws Error with the kernel's message: exit 3 if the kernel or the
// driver does not support it, exit 1 otherwise.
Link attach_xdp(const bpf_program *program, const Interface &interface, XdpMode mode);

// Attaches by a link (6.6), before all other programs on packets that go out. Throws Error (exit 3).
Link attach_tcx(const bpf_program *program, const Interface &interface);

// Attaches by a filter of the qdisc clsact, which is added if the interface has none. A filter stays
// when the process is killed. So the program should call another one by a program array, which the
// kernel empties when the process ends. Such a filter that was left over is removed here, which
// requires CAP_SYS_ADMIN to look at all programs. Throws Error.
Link attach_clsact(const bpf_program *program, const Interface &interface);

} // namespace snoop::xdpcount
