// SPDX-License-Identifier: BSD-2-Clause
#include "base/error.hpp"

#include <cstring>

namespace snoop {

std::string describe_errno(int err)
{
    const char *name = strerrorname_np(err);
    const char *text = strerrordesc_np(err);

    return name && text ? fmt::format("{} ({})", text, name) : fmt::format("error {}", err);
}

std::string errno_name(int err)
{
    const char *name = strerrorname_np(err);

    return name ? name : std::to_string(err);
}

std::string signal_name(int signal)
{
    const char *name = sigabbrev_np(signal);

    return name ? fmt::format("SIG{}", name) : fmt::format("SIG{}", signal);
}

} // namespace snoop
