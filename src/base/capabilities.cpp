// SPDX-License-Identifier: BSD-2-Clause
#include "base/capabilities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace snoop {
namespace {

// include/uapi/linux/capability.h
constexpr std::string_view capability_names =
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable "
    "net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot "
    "sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease "
    "audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read "
    "perfmon bpf checkpoint_restore";

} // namespace

std::string capability_name(unsigned number)
{
    std::string_view rest = capability_names;

    for (unsigned i = 0; i < number && !rest.empty(); i++)
        rest.remove_prefix(std::min(rest.find(' '), rest.size() - 1) + 1);
    return rest.empty() ? fmt::format("cap_{}", number) : fmt::format("cap_{}", rest.substr(0, rest.find(' ')));
}

} // namespace snoop
