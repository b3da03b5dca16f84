// SPDX-License-Identifier: BSD-2-Clause
// A process with a guarded probe, which knows how many tools look at it.
//     const Guarded program{path};
//     EXPECT_EQ(program.looking(), 0);
#pragma once

#include "process.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>

namespace snoop::test {

// A program that waits for lines, and answers each with how many look.
class Guarded {
public:
    explicit Guarded(const std::string &path, const std::function<void()> &before = {})
    {
        auto [to_out, to_in] = make_pipe();
        auto [from_out, from_in] = make_pipe();
        process_.emplace([&, &to_out = to_out, &from_in = from_in] {
            if (before)
                before();
            dup2(to_out.get(), STDIN_FILENO);
            dup2(from_in.get(), STDOUT_FILENO);
            execl(path.c_str(), "guarded", nullptr);
        });
        to_ = std::move(to_in);
        from_ = std::move(from_out);
    }

    [[nodiscard]] int looking() const
    {
        char text[64] = "";
        if (write(to_.get(), "\n", 1) != 1 || read(from_.get(), text, sizeof(text) - 1) < 2)
            throw std::runtime_error("the guarded program does not answer");
        return std::stoi(text);
    }
    [[nodiscard]] pid_t pid() const { return process_->pid(); }

private:
    Fd to_, from_;
    std::optional<Process> process_;
};

} // namespace snoop::test
