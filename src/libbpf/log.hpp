// SPDX-License-Identifier: BSD-2-Clause
// The output on stderr: the tool's own lines and libbpf's messages.
//     Log log{"execsnoop", verbose};
//     log.detail("ring buffer, {} KiB", size / 1024);   // only with -v
#pragma once

#include <fmt/format.h>

#include <cstdarg>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace snoop {

// "TOOL: text" on stderr, in one write, so that lines of two tools do not mix.
// Unprintable bytes are escaped: the text may name a file.
void print_line(std::string_view tool, std::string_view text);

class Log {
public:
    // Takes over libbpf's messages for as long as this object lives: with -v all of
    // them go to stderr; without, the warnings are kept for the error line.
    Log(std::string_view tool, bool verbose);
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
        if (verbose_)
            print_line(tool_, fmt::format(format, std::forward<Args>(args)...));
    }
    [[nodiscard]] bool verbose() const noexcept { return verbose_; }

    // libbpf's first warning that names its cause, without its "libbpf: "; may be empty.
    [[nodiscard]] const std::string &libbpf_warning() const noexcept { return warning_; }
    void forget_libbpf_warning() noexcept { warning_.clear(); }

private:
    static int from_libbpf(int level, const char *format, va_list args);

    std::string tool_;
    bool verbose_;
    std::string warning_;
};

} // namespace snoop
