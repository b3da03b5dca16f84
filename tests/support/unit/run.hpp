// SPDX-License-Identifier: BSD-2-Clause
// Runs a program to its end and keeps its output. The JSON lines of a tool are validated against its schema.
//     const Finished f = run_program({tool_path("execsnoop"), "--version"});
//     EXPECT_EQ(f.exit, 0) << f.err;
#pragma once

#include "row_schema.hpp"
#include "unit/files.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <utility>
#include <vector>

struct Finished {
    int exit = -1; // 128 + the signal's number if it was killed
    std::string out, err;
};

struct Surroundings {
    std::vector<std::pair<std::string, std::string>> environment; // beyond the test's own
    std::string input;                                            // on stdin
    int stdout_fd = -1;                                           // instead of a pipe to the test
};

// The path of a tool: the directory of this test.
inline std::string tool_path(std::string_view name)
{
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

// A sanitizer's report must not pass for an exit code of the tool.
inline void expect_no_sanitizer_report(const Finished &finished)
{
    EXPECT_NE(finished.exit, 99) << finished.err;
    EXPECT_EQ(finished.err.find("Sanitizer"), std::string::npos) << finished.err;
    EXPECT_EQ(finished.err.find("runtime error:"), std::string::npos) << finished.err;
}

// The test's own variables, then those of the sanitizers, then those that are given; of equal names the last counts.
inline std::vector<std::string> environment_of(const Surroundings &around)
{
    std::map<std::string, std::string> variables;
    std::vector<std::string> environment;

    for (char **variable = environ; *variable; variable++) {
        const std::string text{*variable};
        variables[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
    }
    variables["ASAN_OPTIONS"] = "exitcode=99:malloc_context_size=4"; // short stacks start faster
    variables["UBSAN_OPTIONS"] = "exitcode=99";
    for (const auto &[name, value] : around.environment)
        variables[name] = value;
    for (const auto &[name, value] : variables)
        environment.push_back(name + "=" + value);
    return environment;
}

inline Finished run_program(const std::vector<std::string> &command, const Surroundings &around = {})
{
    TempDir dir;
    write_file(dir / "stdin", around.input);
    const snoop::Fd input{open((dir / "stdin").c_str(), O_RDONLY | O_CLOEXEC)};
    Pipe out, err;
    std::vector<char *> argv;
    for (const std::string &word : command)
        argv.push_back(const_cast<char *>(word.c_str()));
    argv.push_back(nullptr);

    // Not fork(): it copies the page tables of this process, of which the sanitizers make a lot.
    const std::vector<std::string> environment = environment_of(around);
    std::vector<char *> envp;
    for (const std::string &variable : environment)
        envp.push_back(const_cast<char *>(variable.c_str()));
    envp.push_back(nullptr);
    posix_spawn_file_actions_t streams;
    posix_spawn_file_actions_init(&streams);
    posix_spawn_file_actions_adddup2(&streams, input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&streams, around.stdout_fd >= 0 ? around.stdout_fd : out.writes.get(),
                                     STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&streams, err.writes.get(), STDERR_FILENO);
    pid_t pid = -1;
    const int failed = posix_spawnp(&pid, argv[0], &streams, nullptr, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&streams);
    if (failed != 0) {
        ADD_FAILURE() << "cannot run " << command[0] << ": " << std::strerror(failed);
        return {};
    }
    out.writes.reset();
    err.writes.reset();

    Finished finished;
    std::array<pollfd, 2> ends{pollfd{out.reads.get(), POLLIN, 0}, pollfd{err.reads.get(), POLLIN, 0}};
    const std::array<std::string *, 2> texts{&finished.out, &finished.err};
    while ((ends[0].fd >= 0 || ends[1].fd >= 0) && poll(ends.data(), ends.size(), -1) > 0)
        for (std::size_t i = 0; i < ends.size(); i++) {
            std::array<char, 65536> part{};
            if (ends[i].fd < 0 || !ends[i].revents)
                continue;
            const ssize_t n = read(ends[i].fd, part.data(), part.size());
            if (n > 0)
                texts[i]->append(part.data(), static_cast<std::size_t>(n));
            else
                ends[i].fd = -1;
        }
    int status = 0;
    waitpid(pid, &status, 0);
    finished.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    EXPECT_NE(finished.exit, 127) << "cannot run " << command[0];
    expect_no_sanitizer_report(finished);
    snoop::test::expect_valid_rows({command[0], {command.begin() + 1, command.end()}, finished.out, finished.err});
    return finished;
}
