// SPDX-License-Identifier: BSD-2-Clause
// The processes of a job, and what two jobs are compared by: texts that mean the same have the same number.
//     Numbers numbers;
//     Job a{forest_a, words_a, words_b, numbers}, b{forest_b, words_b, words_a, numbers};
//     a.process(0).command == b.process(0).command
#pragma once

#include "forest/forest.hpp"
#include "snoop-diff/normalize.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace snoop::snoop_diff {

// Numbers of texts, the same for both jobs. 0 is the empty one.
class Numbers {
public:
    std::uint32_t of(std::string text)
    {
        if (text.empty())
            return 0;
        return all_.try_emplace(std::move(text), static_cast<std::uint32_t>(all_.size() + 1)).first->second;
    }

private:
    std::unordered_map<std::string, std::uint32_t> all_;
};

// A file that a program opened, or tried to.
struct Lookup {
    std::uint32_t path = 0, resolved = 0; // numbers
    std::uint32_t error = 0;              // 0: it was opened, be it after a failure
    std::size_t open = 0;                 // index into Forest::opens()
};

// A command that a program failed to execute, wherever it looked.
struct FailedCommand {
    std::uint64_t command = 0; // as in Process
    std::uint32_t error = 0;
    std::size_t exec = 0; // index into Forest::failed_execs(): the one that says most
    std::size_t tries = 0;
};

struct Process {
    std::vector<std::size_t> programs; // that it ran, one after the other: indexes into Forest::programs()
    std::vector<std::size_t> children; // in the order in which they started
    std::uint64_t command = 0;         // of the first program: its name and arguments
    std::uint64_t fingerprint = 0;     // of all that is compared but times, in it and all below it
    std::size_t size = 1;              // the processes in it and below it
    bool has_parent = false;
};

class Job {
public:
    // All three must outlive it.
    Job(const Forest &forest, const Vocabulary &own, const Vocabulary &other, Numbers &numbers);

    [[nodiscard]] const Forest &forest() const noexcept { return forest_; }
    [[nodiscard]] const Program &program(std::size_t i) const { return forest_.programs()[i]; }
    [[nodiscard]] const Process &process(std::size_t i) const { return processes_[i]; }
    [[nodiscard]] std::size_t processes() const noexcept { return processes_.size(); } // in the order of their starts
    // Those that no other one started, without those that only started the job.
    [[nodiscard]] const std::vector<std::size_t> &roots() const noexcept { return roots_; }
    // Whether it only started the job, as the tools of this kit do.
    [[nodiscard]] bool is_launcher(std::size_t program) const { return is_launcher_[program]; }
    // The files that a program opened, by path; and the commands that it failed to execute, by time.
    [[nodiscard]] const std::vector<Lookup> &lookups(std::size_t program) const { return lookups_[program]; }
    [[nodiscard]] const std::vector<FailedCommand> &failed(std::size_t program) const { return failed_[program]; }
    // The hash of the program's name and arguments.
    std::uint64_t command(std::size_t program);
    // The number of a text that the forest keeps.
    std::uint32_t number(std::string_view text);
    // The numbers of the program's name, which is the last part of its path, and of its arguments without the name.
    std::uint32_t name_number(std::size_t program);
    std::vector<std::uint32_t> argument_numbers(const std::vector<std::string_view> &args);

private:
    void join_processes();
    void find_roots();
    void take_opens();
    void take_failed_execs();
    void take_fingerprints();
    std::uint64_t command_of(std::string_view file, const std::vector<std::string_view> &args);
    std::uint64_t fingerprint_of(std::size_t program);

    const Forest &forest_;
    const Vocabulary &own_, &other_;
    Numbers &numbers_;
    std::vector<bool> is_launcher_;                         // by program
    std::unordered_map<const char *, std::uint32_t> known_; // a text of the forest is in memory once
    std::vector<Process> processes_;
    std::vector<std::size_t> process_of_; // by program
    std::vector<std::size_t> roots_;
    std::vector<std::vector<Lookup>> lookups_;
    std::vector<std::vector<FailedCommand>> failed_;
};

} // namespace snoop::snoop_diff
