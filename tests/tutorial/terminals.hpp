// SPDX-License-Identifier: BSD-2-Clause
// The terminals of a reader: shells whose stdout and stderr are read. The tools are in their PATH, and sudo is a
// function, since the tests run as root.
//     FirstTerminal first{"exec execsnoop", home};
//     first.wait_for("press Ctrl-C to stop");
//     first.interrupt();
//     for (const std::string &line : first.end()) …
#pragma once

#include "process.hpp"
#include "reader.hpp"

#include <memory>
#include <string>
#include <vector>

namespace snoop::test {

// Runs one command in a shell of its own. It is also the only terminal of a screen that has no second one.
class FirstTerminal {
public:
    FirstTerminal(const std::string &command, const std::string &home);

    // Throws if the text does not come within limit().
    void wait_for(const std::string &text);
    // Presses Ctrl-C.
    void interrupt() const;
    // Waits for the end, and returns all lines.
    std::vector<std::string> end();

private:
    std::unique_ptr<Process> process_;
    std::unique_ptr<Reader> reader_; // ends before the process that it watches
};

// A shell that is there before the first terminal runs a command, and runs its own commands in turn.
class SecondTerminal {
public:
    explicit SecondTerminal(const std::string &home);
    ~SecondTerminal();
    SecondTerminal(const SecondTerminal &) = delete;
    SecondTerminal &operator=(const SecondTerminal &) = delete;

    // Returns the lines that the command prints. Throws if it does not end within limit().
    std::vector<std::string> run(const std::string &command);

private:
    std::unique_ptr<Process> process_;
    std::unique_ptr<Reader> reader_;
    Fd input_;
    std::size_t printed_ = 0; // bytes of the output that earlier commands printed
    int commands_ = 0;
};

} // namespace snoop::test
