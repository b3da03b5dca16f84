// SPDX-License-Identifier: BSD-2-Clause
#include "xdpcount/interface.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/ranges.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <memory>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

namespace snoop::xdpcount {
namespace {

// Copied from linux/if_arp.h, which conflicts with net/if_arp.h.
constexpr int type_raw_ip = 519, type_ip6_gre = 823, type_none = 0xfffe;

std::vector<std::string> names()
{
    const std::unique_ptr<struct if_nameindex, void (*)(struct if_nameindex *)> all{if_nameindex(), if_freenameindex};
    std::vector<std::string> found;

    for (const auto *one = all.get(); one && one->if_index != 0; one++)
        found.emplace_back(one->if_name);
    return found;
}

// Returns ARPHRD_…. Does not read /sys, which may be that of another network namespace.
int type_of(const std::string &name)
{
    const Fd any{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ifreq request{};

    name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
    if (!any || ioctl(any.get(), SIOCGIFHWADDR, &request) != 0)
        throw Error{exit_runtime, "cannot query {}: {}", name, describe_errno(errno)};
    return request.ifr_hwaddr.sa_family;
}

} // namespace

Interface Interface::named(const std::string &name)
{
    const auto index = static_cast<int>(if_nametoindex(name.c_str()));

    if (index == 0 && (errno == EMFILE || errno == ENFILE))
        throw Error{exit_runtime, "cannot query {}: {}", name, describe_errno(errno)};
    if (index == 0)
        throw Error{exit_usage, "there is no interface '{}'; choose from {}", name, fmt::join(names(), ", ")};
    switch (const int type = type_of(name)) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return {name, index, false};
    case ARPHRD_PPP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case type_raw_ip:
    case type_ip6_gre:
    case type_none: return {name, index, true};
    default:
        throw Error{exit_lacks,
                    "{} is of a kind ({}) whose frames have a link header other than Ethernet: use the interface "
                    "above it",
                    name, type};
    }
}

bool Interface::is_there() const
{
    std::array<char, IF_NAMESIZE> current{};

    return if_indextoname(static_cast<unsigned>(index), current.data()) != nullptr;
}

bool Interface::removes_tags() const
{
    const Fd any{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ethtool_value flags{ETHTOOL_GFLAGS, 0};
    ifreq request{};

    name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
    request.ifr_data = reinterpret_cast<char *>(&flags);
    return any && ioctl(any.get(), SIOCETHTOOL, &request) == 0 && flags.data & ETH_FLAG_RXVLAN;
}

Interfaces interfaces_named(const std::vector<std::string> &names)
{
    Interfaces all;

    for (const std::string &name : names) {
        Interface interface = Interface::named(name);
        // An interface can have several names (`ip link property add`).
        if (std::ranges::find(all, interface.index, &Interface::index) == all.end())
            all.push_back(std::move(interface));
    }
    return all;
}

} // namespace snoop::xdpcount
