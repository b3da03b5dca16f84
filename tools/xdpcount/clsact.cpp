// SPDX-License-Identifier: BSD-2-Clause
// Attaches to tc on kernels without tcx links: through a filter on the qdisc clsact.
#include "base/error.hpp"
#include "base/fd.hpp"
#include "xdpcount/netlink.hpp"
#include "xdpcount/packet_hook.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace snoop::xdpcount {
namespace {

struct Filter {
    std::uint32_t handle, priority, program;
    std::string name;
};

std::vector<Filter> filters_of(const Interface &interface, std::uint32_t side)
{
    std::vector<Filter> all;
    NetlinkMessage message{RTM_GETTFILTER, NLM_F_DUMP,
                           tcmsg{AF_UNSPEC, 0, 0, interface.index, 0, TC_H_MAKE(TC_H_CLSACT, side), 0}};

    Netlink{}.dump(message, [&](std::span<const std::byte> inside) {
        tcmsg header{};
        if (inside.size() < sizeof(header))
            return;
        std::memcpy(&header, inside.data(), sizeof(header));
        const auto attributes = netlink_attributes(inside.subspan(sizeof(header)));
        const auto options = attributes.find(TCA_OPTIONS);
        if (options == attributes.end())
            return; // the head of a chain, not a filter
        auto values = netlink_attributes(options->second);
        all.push_back({header.tcm_handle, header.tcm_info >> 16, netlink_number<std::uint32_t>(values[TCA_BPF_ID]),
                       std::string{netlink_text(values[TCA_BPF_NAME])}});
    });
    return all;
}

bool is_empty_program_array(std::uint32_t map)
{
    const Fd fd{bpf_map_get_fd_by_id(map)};
    bpf_map_info info{};
    std::uint32_t size = sizeof(info), id = 0;
    const std::uint32_t first = 0;

    return fd && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 && info.type == BPF_MAP_TYPE_PROG_ARRAY &&
           bpf_map_lookup_elem(fd.get(), &first, &id) != 0 && errno == ENOENT;
}

// True if the filter makes a tail call into an empty array: its tool has exited.
bool is_left_over(const Filter &filter, std::string_view program)
{
    if (!filter.name.starts_with(program)) // "xdpcount_filter:[42]"
        return false;
    const Fd fd{bpf_prog_get_fd_by_id(filter.program)};
    std::array<std::uint32_t, 8> maps{}; // the array, and what libbpf binds to every program
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    info.nr_map_ids = maps.size();
    info.map_ids = reinterpret_cast<std::uintptr_t>(maps.data());
    return fd && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 &&
           std::any_of(maps.begin(), maps.begin() + std::min<std::uint32_t>(info.nr_map_ids, maps.size()),
                       is_empty_program_array);
}

class Clsact {
public:
    Clsact(const bpf_program *program, const Interface &interface) : interface_(interface)
    {
        add_qdisc();
        try {
            take_left_overs(bpf_program__name(program));
            attach(bpf_program__fd(program));
        } catch (...) {
            remove_qdisc();
            throw;
        }
    }
    Clsact(const Clsact &) = delete;
    Clsact &operator=(const Clsact &) = delete;
    ~Clsact()
    {
        LIBBPF_OPTS(bpf_tc_opts, filter, .handle = filter_.handle, .priority = filter_.priority);
        bpf_tc_detach(&hook_, &filter);
        remove_qdisc();
    }

private:
    NetlinkMessage qdisc(std::uint16_t type, std::uint16_t flags) const
    {
        NetlinkMessage message{type, flags,
                               tcmsg{AF_UNSPEC, 0, 0, interface_.index, TC_H_MAKE(TC_H_CLSACT, 0), TC_H_CLSACT, 0}};
        message.put(TCA_KIND, std::string{"clsact"});
        return message;
    }

    void add_qdisc()
    {
        auto message = qdisc(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
        try {
            Netlink{}.ask(message);
            made_qdisc_ = true;
        } catch (const NetlinkError &error) {
            if (error.err() != EEXIST)
                throw Error{error.err() == ENOENT || error.err() == EOPNOTSUPP ? exit_lacks : exit_runtime,
                            "cannot add the qdisc clsact (CONFIG_NET_SCH_INGRESS) to {}: {}", interface_.name,
                            error.what()};
        }
    }

    // Keep it if somebody else has added a filter in the meantime.
    void remove_qdisc()
    {
        try {
            if (!made_qdisc_ || !filters_of(interface_, TC_H_MIN_INGRESS).empty() ||
                !filters_of(interface_, TC_H_MIN_EGRESS).empty())
                return;
            auto message = qdisc(RTM_DELQDISC, 0);
            Netlink{}.ask(message);
        } catch (const NetlinkError &) {
            // The interface is gone, and so is the qdisc.
        }
    }

    void take_left_overs(std::string_view program)
    {
        for (const Filter &filter : filters_of(interface_, TC_H_MIN_EGRESS))
            if (is_left_over(filter, program)) {
                LIBBPF_OPTS(bpf_tc_opts, old, .handle = filter.handle, .priority = filter.priority);
                bpf_tc_detach(&hook_, &old);
            }
    }

    void attach(int fd)
    {
        // Ask for the first priority; if a filter of another kind has it, let the kernel choose one.
        for (const std::uint32_t priority : {1u, 0u}) {
            LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = fd, .priority = priority);
            const int err = -bpf_tc_attach(&hook_, &filter);
            if (err == 0) {
                filter_ = {filter.handle, filter.priority, 0, {}};
                return;
            }
            if (priority == 0)
                throw Error{err == ENOENT || err == EOPNOTSUPP || err == EPERM ? exit_lacks : exit_runtime,
                            "cannot add a filter (CONFIG_NET_CLS_BPF) to the clsact of {}: {}", interface_.name,
                            describe_errno(err)};
        }
    }

    Interface interface_;
    bool made_qdisc_ = false;
    Filter filter_{};
    bpf_tc_hook hook_ = [this] {
        bpf_tc_hook hook{};
        hook.sz = sizeof(hook);
        hook.ifindex = interface_.index;
        hook.attach_point = BPF_TC_EGRESS;
        return hook;
    }();
};

} // namespace

Link attach_clsact(const bpf_program *program, const Interface &interface)
{
    return Link{std::make_shared<Clsact>(program, interface)};
}

} // namespace snoop::xdpcount
