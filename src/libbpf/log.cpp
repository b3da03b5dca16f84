// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/log.hpp"
#include "base/escape.hpp"
#include "base/write.hpp"
#include "libbpf/verifier_log.hpp"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

// libbpf has one print function per process and hands it no context.
Log *&current()
{
    static Log *log = nullptr;
    return log;
}

std::string format_message(const char *format, va_list args)
{
    char *text = nullptr;
    const int size = vasprintf(&text, format, args);
    if (size < 0)
        return {};
    const std::unique_ptr<char, decltype(&free)> owner{text, free};
    return {text, static_cast<std::size_t>(size)};
}

// libbpf's messages are lines, or several at once: they may name a file.
void print_message(std::string_view rest)
{
    Buffer lines;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        append_escaped(lines, rest.substr(0, end));
        if (end < rest.size())
            lines.push_back('\n');
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    write_all(STDERR_FILENO, lines.data(), lines.size());
}

} // namespace

void print_line(std::string_view tool, std::string_view text)
{
    Buffer line;
    append_escaped(line, fmt::format("{}: {}", tool, text));
    line.push_back('\n');
    write_all(STDERR_FILENO, line.data(), line.size());
}

Log::Log(std::string_view tool, unsigned verbosity) : tool_(tool), verbosity_(verbosity)
{
    current() = this;
    libbpf_set_print(
        [](libbpf_print_level level, const char *format, va_list args) { return from_libbpf(level, format, args); });
}

Log::~Log()
{
    libbpf_set_print(nullptr);
    current() = nullptr;
}

int Log::from_libbpf(int level, const char *format, va_list args)
{
    Log *log = current();
    if (!log)
        return 0;
    if (log->has_libbpf_messages()) {
        print_message(format_message(format, args));
        return 0;
    }
    if (level != LIBBPF_WARN)
        return 0;
    const std::string text = format_message(format, args);
    if (std::vector<std::string> lines = verifier_last_lines(text); !lines.empty()) {
        log->verifier_lines_ = std::move(lines);
    } else if (log->warning_.empty()) {
        std::string_view line{text};
        if (line.starts_with("libbpf: "))
            line.remove_prefix(8);
        log->warning_ = line.substr(0, line.find('\n'));
    }
    return 0;
}

void Log::report_verifier() const
{
    if (is_refusal_expected_)
        return;
    for (const std::string &each : verifier_lines_)
        line("verifier: {}", each);
}

} // namespace snoop
