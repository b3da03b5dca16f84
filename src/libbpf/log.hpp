// SPDX-License-Identifier: BSD-2-Clause
// The output on stderr: the tool's own lines and libbpf's messages.
//     Log log{"execsnoop", options.verbose};
//     log.detail("ring buffer, {} KiB", size / 1024);   // only with -v
#pragma once

#include <fmt/format.h>

#include <cstdarg>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

// "TOOL: text" on stderr, in one write, so that lines of two tools do not mix.
// Unprintable bytes are escaped: the text may name a file.
void print_line(std::string_view tool, std::string_view text);

class Log {
public:
    // Takes over libbpf's messages for as long as this object lives: with -vv (`verbosity` 2) all of
    // them go to stderr; otherwise the warnings are kept for the error line.
    Log(std::string_view tool, unsigned verbosity);
    ~Log();
    Log(const Log &) = delete;
    Log &operator=(const Log &) = delete;

    // A line on stderr, "TOOL: …".
    template <class... Args> void line(fmt::format_string<Args...> format, Args &&...args) const
    {
        print_line(tool_, fmt::format(format, std::forward<Args>(args)...));
    }
    // A line like that, with -v only.
    template <class... Args> void detail(fmt::format_string<Args...> format, Args &&...args) const
    {
        if (verbose())
            print_line(tool_, fmt::format(format, std::forward<Args>(args)...));
    }
    [[nodiscard]] bool verbose() const noexcept { return verbosity_ > 0; }
    // Whether libbpf's messages go to stderr.
    [[nodiscard]] bool has_libbpf_messages() const noexcept { return verbosity_ > 1; }

    // libbpf's first warning that names its cause, without its "libbpf: "; may be empty.
    [[nodiscard]] const std::string &libbpf_warning() const noexcept { return warning_; }
    // Prints the last lines of the verifier's log on the program that it refused last, unless -vv has printed the whole
    // log, or the refusal is expected, since another method is tried next.
    void report_verifier() const;
    void expect_refusal(bool is_expected) noexcept { is_refusal_expected_ = is_expected; }
    // Both are about what was tried before, and did not matter.
    void forget_refusals() noexcept
    {
        warning_.clear();
        verifier_lines_.clear();
    }

private:
    static int from_libbpf(int level, const char *format, va_list args);

    std::string tool_;
    unsigned verbosity_;
    std::string warning_;
    std::vector<std::string> verifier_lines_;
    bool is_refusal_expected_ = false;
};

} // namespace snoop
