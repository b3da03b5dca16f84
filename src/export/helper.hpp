// SPDX-License-Identifier: BSD-2-Clause
// Starts snoop-export or snoop-report without the tool's privileges, with a socket to it. It ignores the signals that
// end a tool: it ends some time after the socket has no more rows for it.
//     const Helper helper = start_helper(options, Feed::live, false);
//     write(helper.socket.get(), row.data(), row.size());   // does not wait
#pragma once

#include "base/fd.hpp"
#include "cli/options.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace snoop {

// Whether rows come from what happens now, which waits for nobody, or from a recording.
enum class Feed { live, replay };

struct Helper {
    Fd socket; // non-blocking
    pid_t pid = -1;
};

// A program that a tool can start.
struct HelperProgram {
    const char *name = "", *package = "", *needs = ""; // what it is built with
};
constexpr HelperProgram export_program{"snoop-export", "snoopkit-export",
                                       "libcurl, simdjson and SQLite (libcurl4-openssl-dev, libsimdjson-dev, "
                                       "libsqlite3-dev)"};
constexpr HelperProgram report_program{"snoop-report", "snoopkit", "simdjson (libsimdjson-dev)"};

// A reason to start one.
struct HelperTask {
    HelperProgram program{};
    const char *option = "";          // which asks for it, for messages: "--otlp"
    std::vector<std::string> words{}; // of its command line
    std::string spool{};              // a folder whose owner it becomes, if the caller is root; empty: nobody
    bool has_command = false;         // the tool runs one, to whose trace TRACEPARENT belongs
    int output = -1;                  // its standard output; -1: the socket
    bool keeps_user = false;          // it is this process's user, though without capabilities, and reaches no network
};

// It is started as the user who called the tool, by sudo or a set-user-ID bit; as nobody if that is root. Throws Error:
// exit 3 if there is no such program.
Helper start_helper(const HelperTask &task);
// snoop-export with --otlp.
Helper start_helper(const CommonOptions &options, Feed feed, bool spans);
// Whichever writes the format of -o, to the file of --report if there is one.
Helper start_output_helper(const CommonOptions &options, bool spans);
// The option that asks for it, for messages.
const char *output_option(const CommonOptions &options);

// Takes each line that it has written, without its newline, as far as they are there. `unread` keeps a part of one.
// Returns false once it has closed the socket.
bool read_lines(int socket, std::string &unread, const std::function<void(std::string_view line)> &take);

// Its status as waitpid(2) has it, once it has closed its socket. Nothing if it does not end within a second.
std::optional<int> exit_status(const Helper &helper);
// "was killed by SIGKILL"
std::string how_it_ended(std::optional<int> status);
inline std::string how_it_ended(const Helper &helper) { return how_it_ended(exit_status(helper)); }

} // namespace snoop
