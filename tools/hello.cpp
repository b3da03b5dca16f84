// SPDX-License-Identifier: BSD-2-Clause
// hello: attaches its program, and shows the lines that it writes into trace_pipe. That is
// one pipe for the whole system: lines of others are in it, too, and a line that one reader
// has taken no other one sees. So the other tools have rings of their own; this one is to
// begin with.
#include <snoop/cli.hpp>
#include <snoop/error.hpp>
#include <snoop/events/hello.h>
#include <snoop/fd.hpp>
#include <snoop/kernel.hpp>
#include <snoop/main.hpp>
#include <snoop/output.hpp>
#include <snoop/skeleton.hpp>
#include <snoop/trace.hpp>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "hello.skel.h"

namespace {

using namespace snoop;

constexpr ToolInfo info{"hello", "Says of each program that is launched what it is.", "Examples:\n  hello", 0};

Fd open_trace_pipe()
{
    const auto tracefs = kernel::tracefs();
    if (!tracefs)
        throw Error{exit_lacks, "tracefs is not mounted or not readable: mount -t tracefs tracefs /sys/kernel/tracing"};
    Fd pipe{open((*tracefs + "/trace_pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!pipe) // EBUSY: another one reads it (6.6)
        throw Error{exit_runtime, "cannot read {}/trace_pipe: {}", *tracefs, describe_errno(errno)};
    return pipe;
}

// Takes a piece off the pipe, and from it the lines that are hello's own. False: it is empty.
bool take_lines(int pipe, std::string &text, Buffer &out)
{
    std::array<char, 4096> piece{};
    const ssize_t n = read(pipe, piece.data(), piece.size());

    if (n <= 0)
        return false;
    text.append(piece.data(), static_cast<std::size_t>(n));
    for (std::size_t end = 0; (end = text.find('\n')) != text.npos; text.erase(0, end + 1))
        // "ls-4242 [000] d..21 72.31: bpf_trace_printk: program launched: ls (PID=4242, UID=0)"
        if (const auto begin = text.find(HELLO_BEGIN); begin < end) {
            append_escaped(out, std::string_view{text}.substr(begin, end - begin));
            out.push_back('\n');
        }
    return true;
}

// All of it, but for what others go on writing.
void take_rest(int pipe, std::string &text, Buffer &out)
{
    for (int pieces = 0; pieces < 10'000 && take_lines(pipe, text, out);)
        pieces++;
}

int run(Cli &cli)
{
    std::string duration, text;
    CommonOptions options;

    cli.option("-d,--duration", "SECONDS", duration, "Stop after this time; fractions are fine");
    cli.flag("-v,--verbose", options.verbose, "Pass on libbpf's messages");
    cli.parse();
    if (!cli.common().command.empty())
        throw Error{exit_usage, "it runs no command: leave out `-- {}`", cli.common().command.front()};
    if (!duration.empty())
        options.duration_s = parse_seconds("--duration", duration);

    Trace trace{info, options};
    Output output{STDOUT_FILENO};
    trace.prepare();
    const Fd pipe = open_trace_pipe();
    take_rest(pipe.get(), text, output.buffer()); // of whoever was here before
    output.buffer().clear();

    LIBBPF_OPTS(bpf_object_open_opts, open_options);
    Skeleton<hello_bpf> skel{trace.log(), open_options};
    skel.load();
    skel.attach();
    trace.loop().watch_keys(pipe.get());
    trace.loop().watch_reader(output.fd());
    trace.begin();
    while (!trace.loop().stopped()) {
        trace.loop().wait({});
        take_lines(pipe.get(), text, output.buffer());
        output.flush();
    }
    skel.detach();
    take_rest(pipe.get(), text, output.buffer());
    output.flush();
    return exit_ok;
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
