// SPDX-License-Identifier: BSD-2-Clause
// snoopkit: all tools in one static program, which acts by the name that it is called by.
//     execsnoop -x             a link to this file
//     snoopkit execsnoop -x    the same
#include "kernel/own_program.hpp"

#include <tool_functions.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <sys/prctl.h>

namespace {

using Function = int (*)(int, char **);

Function function_of(std::string_view name)
{
    for (const auto &tool : tools)
        if (name == tool.name)
            return tool.run;
    return nullptr;
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string names()
{
    std::string all;

    for (const auto &tool : tools)
        all += std::string{"  "} + tool.name + "\n";
    return all;
}

void print_help()
{
    std::printf("snoopkit %s: eBPF tools that show what a Linux system does\n\n"
                "Usage: snoopkit TOOL [OPTIONS]\n"
                "       TOOL [OPTIONS]\n\n"
                "Tools, which are links to this program:\n%s\n"
                "TOOL --help lists the options of a tool.\n",
                SNOOP_VERSION, names().c_str());
}

} // namespace

int main(int argc, char **argv)
{
    const std::string called{file_name(argc > 0 ? argv[0] : "")};
    snoop::kernel::is_own_name = [](std::string_view name) { return function_of(name) != nullptr; };
    if (const Function run = function_of(called)) {
        prctl(PR_SET_NAME, called.c_str()); // what ps shows, and what snoop-doctor finds running tools by
        return run(argc, argv);
    }
    const std::string_view word = argc > 1 ? argv[1] : "--help";
    if (const Function run = function_of(word)) {
        prctl(PR_SET_NAME, argv[1]);
        return run(argc - 1, argv + 1);
    }
    if (word == "--version") {
        std::puts("snoopkit " SNOOP_VERSION);
        return 0;
    }
    if (word == "--help" || word == "-h") {
        print_help();
        return std::fflush(stdout) == 0 ? 0 : 1;
    }
    std::fprintf(stderr, "snoopkit: no tool is called '%s'; `snoopkit --help` lists them\n", argv[1]);
    return 2;
}
