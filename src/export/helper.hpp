// SPDX-License-Identifier: BSD-2-Clause
// Starts snoop-export without the tool's privileges, with a socket to it. It ignores the signals that end a tool: it
// ends some time after the socket has no more rows for it.
//     const Helper helper = start_helper(options, Feed::live, false);
//     write(helper.socket.get(), row.data(), row.size());   // does not wait
#pragma once

#include "base/fd.hpp"
#include "cli/options.hpp"

#include <string>
#include <sys/types.h>

namespace snoop {

// Whether rows come from what happens now, which waits for nobody, or from a recording.
enum class Feed { live, replay };

struct Helper {
    Fd socket; // non-blocking
    pid_t pid = -1;
};

// With -o otlp, it has the tool's standard output. Otherwise it has none. It is started as the user who called the
// tool, by sudo or a set-user-ID bit; as nobody if that is root. Throws Error: exit 3 if there is no snoop-export.
Helper start_helper(const CommonOptions &options, Feed feed, bool spans);

// "was killed by SIGKILL", once it has closed its socket.
std::string how_it_ended(const Helper &helper);

} // namespace snoop
