// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-report/program_text.hpp"
#include "base/escape.hpp"
#include "base/utf8_cut.hpp"

#include <algorithm>

namespace snoop::snoop_report {

void append_command(Buffer &out, const std::vector<std::string_view> &args, std::string_view file, std::size_t most)
{
    const std::size_t begin = out.size();

    if (args.empty())
        append_quoted(out, utf8_prefix(file, most));
    for (std::size_t i = 0; i < args.size(); i++) {
        append(out, i == 0 ? "" : " ");
        if (out.size() - begin > most) {
            append(out, "…");
            return;
        }
        append_quoted(out, utf8_prefix(args[i], most));
        if (args[i].size() > most)
            append(out, "…");
    }
}

std::string status_of(const Program &program)
{
    if (program.exit_code)
        return fmt::format("exit {}", *program.exit_code);
    if (!program.signal.empty())
        return fmt::format("{}{}", program.signal,
                           program.is_oom              ? std::string{", out of memory"}
                           : program.killed_by.empty() ? std::string{}
                                                       : fmt::format(" by {}", program.killed_by));
    return program.duration_ns ? "called exec again" : "end not seen";
}

std::uint64_t end_of(const Forest &forest, const Program &program)
{
    return program.duration_ns ? program.end_ns() : std::max(forest.last_ns(), program.start_ns);
}

std::string seconds_of(std::uint64_t ns)
{
    constexpr std::uint64_t second = 1'000'000'000;

    return fmt::format("{}.{:06}", ns / second, ns % second / 1000);
}

} // namespace snoop::snoop_report
