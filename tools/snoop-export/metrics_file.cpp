// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/metrics_file.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace snoop::snoop_export {

// node_exporter reads no file whose name ends like the second.
MetricsFile::MetricsFile(std::string path) : path_(std::move(path)), next_(path_ + ".new") { write(""); }

MetricsFile::~MetricsFile() { unlink(path_.c_str()); }

void MetricsFile::fail(int err)
{
    unlink(next_.c_str());
    throw Error{exit_runtime, "--metrics-file: cannot write '{}': {}", path_, describe_errno(err)};
}

void MetricsFile::write(std::string_view text)
{
    // A file that an earlier run left, or a link that somebody put there, is not written to.
    if (unlink(next_.c_str()) != 0 && errno != ENOENT)
        fail(errno);
    const Fd file{open(next_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)};
    if (!file)
        fail(errno);
    fchmod(file.get(), 0644);
    while (!text.empty()) {
        const ssize_t n = ::write(file.get(), text.data(), text.size());
        if (n < 0 && errno != EINTR)
            fail(errno);
        text.remove_prefix(static_cast<std::size_t>(n > 0 ? n : 0));
    }
    if (rename(next_.c_str(), path_.c_str()) != 0)
        fail(errno);
}

} // namespace snoop::snoop_export
