// SPDX-License-Identifier: BSD-2-Clause
// Runs the screens of the chapters and compares the output. Each fence
//     ```console test=run [needs=HOOK,HOOK] [exact] [streams]
// is a test. A line that starts with "$ " is a command of a root shell, and its output follows. With
// two terminals, "1$ " starts a command that runs until "1$ ^C", which is followed by all of its
// output; "2$ " runs a command in the second terminal. If the fence says `streams`, the first one prints rows as
// events happen, and Ctrl-C is pressed when the output has come.
//
// A number matches any number, unless the fence says `exact`. A line "..." matches any number of lines,
// and "..." within a line matches any text. Runs of spaces match any spaces.
//
// A screen starts in a folder of its own, which is also its home, with a link to the sources' docs/ in it. The
// programs of ~/ebpf-tutorial that it runs are there: built by make, or by CMake where no compiler is.
//
// If SNOOP_READER names a chroot, its user `reader` runs all screens there in order, those with test=reader as well,
// which set up the machine or leave something for later screens: see as-a-user.
#include "chapter.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "terminals.hpp"
#include "tool_run.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

using namespace snoop::test;

namespace {

struct Command {
    char terminal; // '1', '2', or '$' if there is only one
    std::string text;
    std::vector<std::string> output;
};

std::vector<Command> commands_of(const Fence &fence)
{
    std::vector<Command> commands;

    for (const auto &line : fence.lines)
        if (line.starts_with("$ "))
            commands.push_back({'$', line.substr(2), {}});
        else if (line.starts_with("1$ ") || line.starts_with("2$ "))
            commands.push_back({line[0], line.substr(3), {}});
        else if (!commands.empty() && commands.back().text.ends_with("\\") && commands.back().output.empty())
            commands.back().text += "\n" + line;
        else if (!commands.empty())
            commands.back().output.push_back(line);
        else
            throw std::runtime_error("output before the first command: " + line);
    return commands;
}

// Translates a line of a chapter to a regular expression.
std::string pattern_of(const std::string &line, bool exact)
{
    std::string pattern;

    for (std::size_t i = 0; i < line.size();) {
        const auto digits = [&](std::size_t from) {
            return line.find_first_not_of("0123456789", from) == line.npos ? line.size()
                                                                           : line.find_first_not_of("0123456789", from);
        };
        if (line.compare(i, 3, "...") == 0) {
            pattern += ".*";
            i += 3;
        } else if (line[i] == ' ' || line[i] == '\t') {
            pattern += "\\s+";
            i = std::min(line.find_first_not_of(" \t", i), line.size());
        } else if (!exact && std::isdigit(static_cast<unsigned char>(line[i]))) {
            pattern += "[0-9]+";
            i = digits(i);
        } else {
            if (std::string_view{".^$|()[]{}*+?\\"}.find(line[i]) != std::string_view::npos)
                pattern += '\\';
            pattern += line[i++];
        }
    }
    return pattern + "\\s*";
}

bool matches(const std::vector<std::string> &wanted, std::size_t w, const std::vector<std::string> &got, std::size_t g,
             bool exact)
{
    if (w == wanted.size())
        return g == got.size();
    if (wanted[w] == "...") {
        for (std::size_t next = g; next <= got.size(); next++)
            if (matches(wanted, w + 1, got, next, exact))
                return true;
        return false;
    }
    return g < got.size() && std::regex_match(got[g], std::regex{pattern_of(wanted[w], exact)}) &&
           matches(wanted, w + 1, got, g + 1, exact);
}

std::string joined(const std::vector<std::string> &lines)
{
    std::string text;
    for (const auto &line : lines)
        text += line + "\n";
    return text;
}

// Puts the programs of the chapters' folders that the fence runs where the reader has built them.
void build_programs(const Fence &fence, const TempDir &home)
{
    static const std::regex program{"~/ebpf-tutorial/([a-z]+)/\\1"};
    std::set<std::string> names;

    for (const auto &line : fence.lines)
        for (std::sregex_iterator one{line.begin(), line.end(), program}, none; one != none; ++one)
            names.insert((*one)[1]);
    for (const std::string &name : names) {
        const std::string copy = home.at("ebpf-tutorial/" + name);
        create_directories(std::filesystem::path{copy});
        if (lacks(Hook::toolchain)) {
            std::filesystem::create_symlink(tool_path(name), copy + "/" + name);
        } else {
            const std::string made =
                fmt::format("cp -r {}/docs/tutorial/*/{}/. {} && make -s -C {}", source_dir(), name, copy, copy);
            EXPECT_EQ(system(made.c_str()), 0) << made;
        }
    }
}

// Replaces the shell by the tool, so that Ctrl-C reaches it.
std::string executed(const std::string &command, const Seat &seat)
{
    return "exec " + (seat.chroot.empty() && command.starts_with("sudo ") ? command.substr(5) : command);
}

constexpr const char *sources_of_reader = "/home/reader/snoopkit"; // chapter 0 clones them to there

std::optional<std::string> reader_chroot()
{
    const char *path = getenv("SNOOP_READER");
    return path ? std::optional<std::string>{path} : std::nullopt;
}

// Whether a fence is for this run: a reader runs those with test=reader, too.
bool is_run(const Fence &fence)
{
    return fence.language == "console" &&
           (fence.get("test") == "run" || (fence.get("test") == "reader" && reader_chroot()));
}

// The chapters install these in the chroot, and a probe would look for them here.
bool is_in_chroot(Hook hook) { return reader_chroot() && (hook == Hook::toolchain || hook == Hook::bash); }

class Console : public testing::Test {
public:
    Console(std::string where, Fence fence) : where_(std::move(where)), fence_(std::move(fence)) {}

    void TestBody() override
    {
        std::istringstream needs{fence_.get("needs")};
        for (std::string name; std::getline(needs, name, ',');) {
            const auto hook = hook_of(name);
            ASSERT_TRUE(hook.has_value()) << where_ << ": unknown hook " << name;
            if (const auto reason = is_in_chroot(*hook) ? std::nullopt : lacks(*hook)) {
                if (is_required(*hook))
                    GTEST_FAIL() << "SNOOP_REQUIRE says that this system has " << name << ", but: " << *reason;
                GTEST_SKIP() << "SKIP: lacks " << name << ": " << *reason;
            }
        }
        run();
    }

private:
    void run()
    {
        if (reader_chroot()) {
            run_at({.folder = sources_of_reader, .chroot = *reader_chroot()});
            return;
        }
        const TempDir dir;
        std::filesystem::create_symlink(source_dir() + "/docs", dir.at("docs"));
        build_programs(fence_, dir);
        run_at({.folder = dir.path()});
    }

    // Runs a command of a screen with one terminal. Root has a new one for each, the reader the same for all chapters.
    static std::vector<std::string> run_alone(const std::string &command, const Seat &seat)
    {
        if (seat.chroot.empty())
            return FirstTerminal{command, seat}.end();
        const bool has_sources = std::filesystem::exists(seat.chroot + seat.folder); // or chapter 0 gets them
        static SecondTerminal terminal{{.folder = has_sources ? seat.folder : "/home/reader", .chroot = seat.chroot}};
        return terminal.run(command);
    }

    void run_at(const Seat &seat)
    {
        std::optional<FirstTerminal> first;
        std::optional<SecondTerminal> second;
        const auto commands = commands_of(fence_);

        if (std::ranges::any_of(commands, [](const auto &command) { return command.terminal == '2'; }))
            second.emplace(seat);
        for (const auto &command : commands) {
            std::vector<std::string> got;
            const auto as_shown = [&](const auto &lines) {
                return matches(command.output, 0, lines, 0, fence_.has("exact"));
            };
            if (command.terminal == '1' && command.text == "^C") {
                if (fence_.has("streams"))
                    eventually([&] { return as_shown(first->lines()); });
                first->interrupt();
                got = first->end();
                first.reset();
            } else if (command.terminal == '1') {
                first.emplace(executed(command.text, seat), seat);
                first->wait_for("press Ctrl-C to stop");
                continue;
            } else if (command.terminal == '2') {
                got = second->run(command.text);
            } else {
                got = run_alone(command.text, seat);
            }
            EXPECT_TRUE(as_shown(got)) << where_ << ": `" << command.text << "` prints\n"
                                       << joined(got) << "but the chapter shows\n"
                                       << joined(command.output);
        }
        EXPECT_FALSE(first.has_value()) << where_ << ": no `1$ ^C` ends the first terminal";
    }

    std::string where_;
    Fence fence_;
};

// Registers a test for each fence, named after its chapter and position.
const bool all_registered = [] {
    for (const auto &chapter : chapters()) {
        int number = 0;
        for (const auto &fence : chapter.fences) {
            if (!is_run(fence))
                continue;
            const std::string where = fmt::format("{}:{}", chapter.path, fence.line);
            std::string suite = "Chapter" + chapter.name;
            std::ranges::replace(suite, '-', '_');
            testing::RegisterTest(suite.c_str(), fmt::format("Console{}", ++number).c_str(), nullptr, nullptr, __FILE__,
                                  __LINE__, [=]() -> testing::Test * {
                                      return new Console{where, fence};
                                  });
        }
    }
    return true;
}();

} // namespace
