// SPDX-License-Identifier: BSD-2-Clause
// A program in a real terminal, that of a tmux server of the test's own.
//     Terminal terminal{80, 24, {tool_path("execcount"), "-i", "0.2"}};
//     terminal.wait_for("# total");         // what is on the screen
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

    // The lines on the screen, without the spaces at their ends.
    [[nodiscard]] std::vector<std::string> lines() const;
    // Waits until a line holds the text, and returns it; throws after limit().
    std::string wait_for(const std::string &text) const;
    void press(const std::string &keys) const;
    void resize(int columns, int rows) const;
    // Its exit code; waits for it.
    int wait() const;

private:
    std::string tmux(const std::vector<std::string> &args) const;

    TempDir dir_;
};

} // namespace snoop::test
