// SPDX-License-Identifier: BSD-2-Clause
#include "privileges.hpp"

#include "fixtures.hpp"

#include <linux/capability.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace snoop::test {

void become_nobody_with(const std::vector<unsigned> &capabilities)
{
    // Before 5.11 the maps count against this limit; where it can't be raised they do not.
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_MEMLOCK, &unlimited);

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

} // namespace snoop::test
