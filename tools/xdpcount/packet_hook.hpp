// SPDX-License-Identifier: BSD-2-Clause
// The hook that gives a program an interface's packets: XDP on the way in, tc on the way out. It is
// gone with the object, and with the process however that ends.
//     require_free_xdp(eth);                                          // is nobody else's program there?
//     auto hook = attach_xdp(log, skel.progs.in, eth, XdpMode::native);
//     auto hook = attach_tcx(skel.progs.out, eth);                    // kernel 6.6
//     auto hook = attach_clsact(skel.progs.filter, eth);              // before
#pragma once

#include "xdpcount/interface.hpp"

#include <cstdint>
#include <memory>

struct bpf_program;

namespace snoop::xdpcount {

class PacketHook {
public:
    PacketHook() = default;
    virtual ~PacketHook() = default;
    PacketHook(const PacketHook &) = delete;
    PacketHook &operator=(const PacketHook &) = delete;
};

// native: in the driver, before the kernel has made a packet of its own of it; generic:
// behind that, with any driver, slower.
enum class XdpMode { native, generic };

// Throws Error (exit 1), naming the program, if there is one already: XDP has one place.
void require_free_xdp(const Interface &interface);

// Can programs be told that a packet may come in several buffers (5.18), as jumbo frames do?
// The flag that tells it, for bpf_program__set_flags().
bool has_xdp_frags();
inline constexpr std::uint32_t xdp_frags_flag = 1u << 5;

// By a link (5.9). Throws Error with the kernel's reason: exit 3 where kernel or driver
// lack it, exit 1 otherwise.
std::unique_ptr<PacketHook> attach_xdp(const bpf_program *program, const Interface &interface, XdpMode mode);

// By a link (6.6), in front of all other programs that see what leaves. Throws Error (exit 3).
std::unique_ptr<PacketHook> attach_tcx(const bpf_program *program, const Interface &interface);

// By a filter of the qdisc clsact, which is made if it is not there. A filter is not a link: it
// goes with this object, but stays when the process is killed. So it is to be a program that
// calls another one by a program array, which the kernel empties then; and one that stayed
// so is taken away here (by root; it takes the right to look at all programs). Throws Error.
std::unique_ptr<PacketHook> attach_clsact(const bpf_program *program, const Interface &interface);

} // namespace snoop::xdpcount
