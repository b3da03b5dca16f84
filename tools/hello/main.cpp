// SPDX-License-Identifier: BSD-2-Clause
// hello: prints each program that is launched. The first program of the tutorial.
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/stop.hpp"
#include "cli/cli.hpp"
#include "kernel/privileges.hpp"
#include "kernel/system.hpp"
#include "libbpf/log.hpp"
#include "libbpf/skeleton.hpp"
#include "run/loop.hpp"
#include "run/run_main.hpp"
#include "table/output.hpp"

#include <hello.skel.h>

#include <array>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace {

using namespace snoop;

constexpr ToolInfo info{"hello", "Print each program that is launched, by way of the kernel's trace pipe.",
                        "Examples:\n"
                        "  hello        until Ctrl-C\n"
                        "  hello -d 10  for ten seconds\n"};

// Enables the event of bpf_printk(), which Linux before 5.9 does not have. Since 6.15 (4580f4e0ebdf) the kernel does so
// some time after it has loaded the program, and what the program writes until then is lost.
void enable_printk(const std::string &tracefs)
{
    const std::string path = tracefs + "/events/bpf_trace/bpf_trace_printk/enable";
    const Fd enable{open(path.c_str(), O_WRONLY | O_CLOEXEC)};

    [[maybe_unused]] const ssize_t n = write(enable.get(), "1", 1);
}

// The trace pipe carries the output of all programs on the system. Each line goes to only one reader.
Fd open_trace_pipe()
{
    const auto tracefs = kernel::tracefs();
    if (!tracefs)
        throw Error{exit_lacks, "tracefs is not mounted or not readable: run `sudo mount -t tracefs tracefs "
                                "/sys/kernel/tracing`, then run hello with sudo"};
    const std::string path = *tracefs + "/trace_pipe";
    Fd pipe{open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!pipe)
        throw Error{exit_lacks, "cannot read {}: {}", path, describe_errno(errno)};
    enable_printk(*tracefs);
    return pipe;
}

// Appends the message of a program from a line of the trace:
//   "  bash-4711  [001] ....1  42.123456: bpf_trace_printk: program launched: bash (…)"
// A process controls part of the text, so it is escaped.
void put_said(Buffer &out, std::string_view line)
{
    constexpr std::string_view mark = "program launched: ";

    if (const auto at = line.find(mark); at != line.npos) {
        append_escaped(out, line.substr(at));
        append(out, "\n");
    }
}

// Prints the complete lines of `text`, and leaves an incomplete last line in it.
void print_lines(std::string &text, Output &out)
{
    for (std::size_t end; (end = text.find('\n')) != text.npos; text.erase(0, end + 1))
        put_said(out.buffer(), std::string_view{text}.substr(0, end));
    out.flush();
}

int run(Cli &cli)
{
    std::optional<double> duration;

    cli.add_verbose();
    cli.seconds("-d,--duration", duration, "Stop after SECONDS");
    cli.parse();
    kernel::require_bpf({std::string{info.name}, info.power}, "");

    const Fd pipe = open_trace_pipe();
    const Log log{info.name, cli.common().verbose};
    LIBBPF_OPTS(bpf_object_open_opts, options);
    Skeleton<hello_bpf> skel{log, options};
    skel.load();
    skel.attach();

    Loop loop;
    Output out{STDOUT_FILENO};
    if (duration)
        loop.end_after(*duration);
    loop.watch_stdout(out.fd());
    stop::begin_tracing();
    log.line("tracing, press Ctrl-C to stop");
    std::string text;
    std::array<char, 4096> part{};
    while (!out.closed()) {
        const ssize_t n = read(pipe.get(), part.data(), part.size());
        if (n > 0) {
            text.append(part.data(), static_cast<std::size_t>(n));
            print_lines(text, out);
        } else if (loop.stopped()) {
            break;
        } else {
            loop.wait(std::chrono::milliseconds{50});
        }
    }
    return exit_ok;
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
