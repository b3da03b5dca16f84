// SPDX-License-Identifier: BSD-2-Clause
#include "table/output.hpp"
#include "base/error.hpp"
#include "base/write.hpp"

#include <algorithm>
#include <cerrno>

namespace snoop {

void Output::flush()
{
    const std::size_t done = closed_ ? 0 : write_all(fd_, buffer_.data(), buffer_.size());
    const int err = errno;
    const bool failed = !closed_ && done < buffer_.size();

    unwritten_lines_ =
        static_cast<std::size_t>(std::count(buffer_.data() + done, buffer_.data() + buffer_.size(), '\n'));
    buffer_.clear();
    if (!failed)
        return;
    stuck_ = err == EINTR;
    closed_ = stuck_ || err == EPIPE;
    if (!closed_)
        throw Error{exit_runtime, "cannot write to stdout: {}", describe_errno(err)};
}

} // namespace snoop
