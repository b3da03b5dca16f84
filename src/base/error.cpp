// SPDX-License-Identifier: BSD-2-Clause
#include "base/error.hpp"

#include <cerrno>
#include <cstring>
#include <string_view>

namespace snoop {
namespace {

// Errors that the kernel keeps to itself (include/linux/errno.h) and a tracer sees: an interrupted call returns
// ERESTARTSYS before the kernel makes it EINTR, or calls it again.
std::string_view kernel_errno_name(int err)
{
    switch (err) {
    case 512: return "ERESTARTSYS";
    case 513: return "ERESTARTNOINTR";
    case 514: return "ERESTARTNOHAND";
    case 515: return "ENOIOCTLCMD";
    case 516: return "ERESTART_RESTARTBLOCK";
    case 517: return "EPROBE_DEFER";
    case 518: return "EOPENSTALE";
    case 519: return "ENOPARAM";
    case 521: return "EBADHANDLE";
    case 522: return "ENOTSYNC";
    case 523: return "EBADCOOKIE";
    case 524: return "ENOTSUPP";
    case 525: return "ETOOSMALL";
    case 526: return "ESERVERFAULT";
    case 527: return "EBADTYPE";
    case 528: return "EJUKEBOX";
    case 529: return "EIOCBQUEUED";
    case 530: return "ERECALLCONFLICT";
    case 531: return "ENOGRACE";
    default: return {};
    }
}

} // namespace

std::string describe_errno(int err)
{
    const char *name = strerrorname_np(err);
    const char *text = strerrordesc_np(err);

    if (!name || !text)
        return fmt::format("error {}", errno_name(err));
    return fmt::format("{} ({}){}", text, name, err == EMFILE ? "; raise the limit of `ulimit -n`" : "");
}

std::string errno_name(int err)
{
    const char *name = strerrorname_np(err);

    if (name)
        return name;
    const std::string_view kernel_name = kernel_errno_name(err);
    return kernel_name.empty() ? fmt::format("E{}", err) : std::string{kernel_name};
}

std::string signal_name(int signal)
{
    const char *name = sigabbrev_np(signal);

    return name ? fmt::format("SIG{}", name) : fmt::format("SIG{}", signal);
}

} // namespace snoop
