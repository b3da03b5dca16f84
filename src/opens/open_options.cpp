// SPDX-License-Identifier: BSD-2-Clause
#include "opens/open_options.hpp"
#include "base/error.hpp"
#include "cli/cli.hpp"

namespace snoop {

std::function<std::string(std::string_view option, const std::string &text)> at_most(std::size_t most)
{
    return [most](std::string_view option, const std::string &text) {
        if (text.empty() || text.size() > most)
            throw Error{exit_usage, "{}: invalid value '{}' of {} bytes: give 1 to {}", option, text, text.size(),
                        most};
        return text;
    };
}

void OpenOptions::add_flags_to(Cli &cli)
{
    cli.each(
           "--flags", "LIST",
           [this](std::string_view name, const std::string &text) {
               const auto list =
                   parse_condition(name, text, [](std::string_view, const std::string &names) { return names; });
               (list.is_not ? unwanted_flags : flags).add(name, list.value);
           },
           "Only opens with any of these flags, such as O_WRONLY,O_CREAT; !LIST: only others")
        .manual("Only opens with any of the flags in LIST: names of open(2), separated by commas. `!LIST` leaves out "
                "opens with any of them. Compared in the kernel. `O_RDONLY`, `O_WRONLY` and `O_RDWR` are compared as "
                "access modes.")
        .filters();
}

void OpenOptions::add_probe_to(Cli &cli)
{
    cli.choice<OpenProbe>("--probe", "HOOK", probe,
                          {{"auto", OpenProbe::automatic,
                            "the first that works on this system; -v prints which, and why the others do not"},
                           {"fentry", OpenProbe::fentry, "fexit on the kernel functions behind all calls"},
                           {"kprobe", OpenProbe::kprobe, "a kprobe for exec, and the exit of every system call"},
                           {"raw_tp", OpenProbe::raw_tracepoint, "the exit of every system call"},
                           {"tracepoint", OpenProbe::tracepoint, "the tracepoints of the calls that open files"}},
                          "Hooks to use")
        .manual("Hooks to use. If the kernel preempts BPF programs, `auto` prefers `kprobe` to `fentry`, because the "
                "kernel never skips kprobe programs.");
}

} // namespace snoop
