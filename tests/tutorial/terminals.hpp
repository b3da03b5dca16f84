// SPDX-License-Identifier: BSD-2-Clause
// The terminals of a reader: shells whose stdout and stderr are read. For root, the tools of the build are in their
// PATH and sudo is a function; a reader in a chroot has what is installed there.
//     FirstTerminal first{"exec execsnoop", {.folder = home}};
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

// Who sits at a terminal, and where.
struct Seat {
    std::string folder;   // in which the shell starts
    std::string chroot{}; // of the user `reader`; empty: the seat is root's, and the folder is the home
};

// Runs one command in a shell of its own. It is also the only terminal of a screen that has no second one.
class FirstTerminal {
public:
    FirstTerminal(const std::string &command, const Seat &seat);

    // Throws if the text does not come within limit().
    void wait_for(const std::string &text);
    // All lines until now.
    [[nodiscard]] std::vector<std::string> lines() const;
    // Presses Ctrl-C.
    void interrupt() const;
    // Waits for the end of the command, and returns all lines.
    std::vector<std::string> end();

private:
    std::unique_ptr<Process> process_;
    std::unique_ptr<Reader> reader_; // ends before the process that it watches
};

// A shell that is there before the first terminal runs a command, and runs its own commands in turn. What it is told to
// run reads nothing from it.
class SecondTerminal {
public:
    explicit SecondTerminal(const Seat &seat);
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
