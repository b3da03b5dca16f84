// SPDX-License-Identifier: BSD-2-Clause
// A program in a real terminal, that of a private tmux server.
//     Terminal terminal{80, 24, {tool_path("execcount"), "-i", "0.2"}};
//     terminal.wait_for("# total");         // waits until the screen shows it
//     terminal.press("q");
#pragma once

#include "fixtures.hpp"

#include <string>
#include <vector>

namespace snoop::test {

class Terminal {
public:
    Terminal(int columns, int rows, const std::vector<std::string> &command);
    ~Terminal();
    Terminal(const Terminal &) = delete;
    Terminal &operator=(const Terminal &) = delete;

    // The lines on the screen, without trailing spaces.
    [[nodiscard]] std::vector<std::string> lines() const;
    // Waits until a line contains the text, and returns it; throws after limit().
    std::string wait_for(const std::string &text) const;
    void press(const std::string &keys) const;
    void resize(int columns, int rows) const;
    // Waits for the exit code.
    int wait() const;

private:
    std::string tmux(const std::vector<std::string> &args) const;

    TempDir dir_;
};

} // namespace snoop::test
