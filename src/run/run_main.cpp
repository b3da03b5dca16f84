// SPDX-License-Identifier: BSD-2-Clause
#include "run/run_main.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"
#include "cli/cli.hpp"
#include "libbpf/log.hpp"
#include "table/output.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace snoop {
namespace {

// Opens /dev/null in place of each standard stream that is closed: otherwise a file that the tool opens
// would get its number, and rows or messages would be written into it. Returns whether stdout was open.
bool hold_standard_streams()
{
    const bool has_stdout = fcntl(STDOUT_FILENO, F_GETFD) >= 0;

    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", O_RDWR);
    return has_stdout;
}

int run(int argc, char **argv, const ToolInfo &info, const std::function<int(Cli &)> &body)
{
    Cli cli{argc, argv, info};

    try {
        return body(cli);
    } catch (const Error &error) {
        // The exit code of a command can be 1, too.
        if (error.code() == exit_runtime && !cli.common().command.empty())
            throw Error{exit_own_failure, "{}", error.what()};
        throw;
    } catch (const Done &done) {
        Output out{STDOUT_FILENO};
        append(out.buffer(), done.text);
        out.flush();
        return exit_ok;
    }
}

// Nearly every step of a tool needs /proc, and fails without it with an error that does not say so.
int report(std::string_view tool, std::string_view what, ExitCode code)
{
    const bool lacks_proc = access("/proc/self", F_OK) != 0;

    print_line(tool, lacks_proc ? fmt::format("{}; /proc is missing: run `sudo mount -t proc proc /proc`", what)
                                : std::string{what});
    return lacks_proc && code == exit_runtime ? exit_lacks : code;
}

} // namespace

int run_main(int argc, char **argv, const ToolInfo &info, const std::function<int(Cli &)> &body)
{
    const bool has_stdout = hold_standard_streams();

    try {
        stop::take_signals(info.name.data());
        if (!has_stdout)
            throw Error{exit_runtime, "stdout is closed: send it to a terminal, a pipe or a file"};
        return run(argc, argv, info, body);
    } catch (const Error &error) {
        return report(info.name, error.what(), error.code());
    } catch (const std::exception &error) {
        return report(info.name, error.what(), exit_runtime);
    }
}

} // namespace snoop
