// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-report/program_text.hpp"
#include "base/escape.hpp"

#include <algorithm>

namespace snoop::snoop_report {

std::string_view name_of(const Program &program)
{
    const std::string_view file = program.file.substr(program.file.rfind('/') + 1);

    if (!file.empty())
        return file;
    return program.comm.empty() ? "?" : program.comm;
}

std::string_view cut(std::string_view text, std::size_t most)
{
    if (text.size() <= most)
        return text;
    while (most > 0 && (text[most] & 0xc0) == 0x80)
        most--;
    return text.substr(0, most);
}

void append_command(Buffer &out, const std::vector<std::string_view> &args, std::string_view file, std::size_t most)
{
    const std::size_t begin = out.size();

    if (args.empty())
        append_quoted(out, cut(file, most));
    for (std::size_t i = 0; i < args.size(); i++) {
        append(out, i == 0 ? "" : " ");
        if (out.size() - begin > most) {
            append(out, "…");
            return;
        }
        append_quoted(out, cut(args[i], most));
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

bool has_failed(const Program &program) { return program.exit_code.value_or(0) != 0 || !program.signal.empty(); }

std::uint64_t end_of(const Forest &forest, const Program &program)
{
    return program.duration_ns ? program.start_ns + *program.duration_ns : std::max(forest.last_ns(), program.start_ns);
}

std::string seconds_of(std::uint64_t ns)
{
    constexpr std::uint64_t second = 1'000'000'000;

    return fmt::format("{}.{:06}", ns / second, ns % second / 1000);
}

} // namespace snoop::snoop_report
