// SPDX-License-Identifier: BSD-2-Clause
#include "privileges.hpp"

#include "fixtures.hpp"

#include <algorithm>
#include <linux/capability.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace snoop::test {
namespace {

// It cannot be raised everywhere; where it cannot, maps do not count.
void lift_memlock_limit()
{
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

} // namespace

void drop_to_nobody_with(const std::vector<unsigned> &capabilities)
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    for (const unsigned capability : capabilities) {
        auto &half = data[capability / 32];
        half.permitted |= 1u << capability % 32;
        half.effective = half.inheritable = half.permitted;
    }
    prctl(PR_SET_KEEPCAPS, 1);
    become(nobody, nobody);
    if (syscall(SYS_capset, &header, data) != 0)
        throw std::runtime_error("capset");
    for (const unsigned capability : capabilities)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
            throw std::runtime_error("PR_CAP_AMBIENT_RAISE");
}

void become_nobody_with(const std::vector<unsigned> &capabilities)
{
    lift_memlock_limit();
    drop_to_nobody_with(capabilities);
}

void keep_capabilities(const std::vector<unsigned> &capabilities)
{
    lift_memlock_limit();
    for (unsigned capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (std::find(capabilities.begin(), capabilities.end(), capability) == capabilities.end() &&
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            throw std::runtime_error("PR_CAPBSET_DROP");
}

void lend_capabilities(const std::string &path, const std::vector<unsigned> &capabilities)
{
    vfs_cap_data caps{};
    caps.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
    for (const unsigned capability : capabilities)
        caps.data[capability / 32].permitted |= 1u << capability % 32;
    if (setxattr(path.c_str(), "security.capability", &caps, sizeof(caps), 0) != 0)
        throw std::runtime_error("setxattr " + path);
}

} // namespace snoop::test
