// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/packet_hook.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "kernel/features.hpp"
#include "xdpcount/netlink.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <sys/socket.h>

namespace snoop::xdpcount {
namespace {

// Newer than some kernel headers (6.6).
constexpr auto tcx_egress = static_cast<bpf_attach_type>(47);
constexpr std::uint32_t before = 1u << 3;

// True if the kernel has links for XDP (5.9). One without them fails with EINVAL, as it does for other causes.
bool has_xdp_links()
{
    const std::unique_ptr<btf, void (*)(btf *)> types{btf__load_vmlinux_btf(), btf__free};

    return !types || btf__find_by_name_kind(types.get(), "bpf_xdp_link", BTF_KIND_STRUCT) > 0;
}

// bpf_link_create() gives only errno. Netlink attaches too, and gives the kernel's message.
std::string reason_of(const bpf_program *program, const Interface &interface, std::uint32_t mode, int err)
{
    const auto set = [&](int fd, std::uint32_t flags) {
        NetlinkMessage message{RTM_SETLINK, 0, ifinfomsg{AF_UNSPEC, 0, 0, interface.index, 0, 0}};
        message.nest(IFLA_XDP | NLA_F_NESTED, [&] {
            message.put(IFLA_XDP_FD, fd);
            message.put(IFLA_XDP_FLAGS, flags);
        });
        Netlink{}.ask(message);
    };

    try {
        set(bpf_program__fd(program), mode | XDP_FLAGS_UPDATE_IF_NOEXIST);
        set(-1, mode); // it attached after all: detach it
    } catch (const NetlinkError &error) {
        return error.what();
    }
    return describe_errno(err);
}

std::string name_of_program(std::uint32_t id)
{
    const Fd fd{bpf_prog_get_fd_by_id(id)}; // requires CAP_SYS_ADMIN
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);

    if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0 || info.name[0] == '\0')
        return {};
    return fmt::format(" ('{}')", info.name);
}

bool is_lacking(int err) { return err == EOPNOTSUPP || err == EPERM || err == 524; } // ENOTSUPP

} // namespace

void require_free_xdp(const Interface &interface)
{
    LIBBPF_OPTS(bpf_xdp_query_opts, query);

    if (bpf_xdp_query(interface.index, 0, &query) != 0)
        throw Error{exit_runtime, "{}: cannot ask for its XDP program: {}", interface.name, describe_errno(errno)};
    if (query.attach_mode == XDP_ATTACHED_NONE)
        return;
    const std::uint32_t id = query.prog_id       ? query.prog_id
                             : query.drv_prog_id ? query.drv_prog_id
                             : query.skb_prog_id ? query.skb_prog_id
                                                 : query.hw_prog_id;
    throw Error{exit_runtime,
                "{} has an XDP program already, {}{}: there is room for one; end what uses it (`bpftool net` shows it)",
                interface.name, id, name_of_program(id)};
}

bool has_xdp_frags()
{
    LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = xdp_frags_flag);

    return !!kernel::load_probe(BPF_PROG_TYPE_XDP, &options, XDP_PASS);
}

Link attach_xdp(const bpf_program *program, const Interface &interface, XdpMode mode)
{
    const std::uint32_t flags = mode == XdpMode::native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
    Fd link{bpf_link_create(bpf_program__fd(program), interface.index, BPF_XDP, &options)};

    if (link)
        return Link{std::move(link)};
    const int err = errno;
    if (err == EINVAL && !has_xdp_links())
        throw Error{exit_lacks, "this kernel has no links for XDP, which end with the tool; they came with 5.9"};
    throw Error{is_lacking(err) ? exit_lacks : exit_runtime, "{}", reason_of(program, interface, flags, err)};
}

Link attach_tcx(const bpf_program *program, const Interface &interface)
{
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = before);
    Fd link{bpf_link_create(bpf_program__fd(program), interface.index, tcx_egress, &options)};

    if (!link)
        throw Error{exit_lacks, "{}{}", errno == EINVAL ? "it came with 6.6: " : "", describe_errno(errno)};
    return Link{std::move(link)};
}

} // namespace snoop::xdpcount
