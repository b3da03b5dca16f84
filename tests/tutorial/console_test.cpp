// SPDX-License-Identifier: BSD-2-Clause
// Runs the screens of the chapters and compares the output. Each fence
//     ```console test=run [needs=HOOK,HOOK] [exact]
// is a test. A line that starts with "$ " is a command of a root shell, and its output follows. With
// two terminals, "1$ " starts a command that runs until "1$ ^C", which is followed by all of its
// output; "2$ " runs a command in the second terminal.
//
// A number matches any number, unless the fence says `exact`. A line "..." matches any number of lines,
// and "..." within a line matches any text. Runs of spaces match any spaces.
//
// A screen starts in a folder of its own, which is also its home, with a link to the sources' docs/ in it. The
// programs of ~/ebpf-tutorial that it runs are there: built by make, or by CMake where no compiler is.
#include "chapter.hpp"
#include "fixtures.hpp"
#include "hooks.hpp"
#include "process.hpp"
#include "reader.hpp"
#include "tool_run.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <regex>
#include <sstream>
#include <tuple>
#include <unistd.h>

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

// The tests run as root, and not every system has sudo.
constexpr std::string_view sudo = R"(sudo() {
    [ "$1" != -u ] || { id=$(id -u "$2"); shift 2; set -- setpriv --reuid "$id" --clear-groups "$@"; }
    "$@"
}
)";

// Starts a shell with these arguments whose stdout and stderr are one pipe.
std::pair<std::unique_ptr<Process>, std::unique_ptr<Reader>> start_shell(const std::vector<std::string> &args,
                                                                         const std::string &folder, int input)
{
    auto [out, to] = make_pipe();
    auto [err, none] = make_pipe();
    auto process = std::make_unique<Process>([&, end = to.get()] {
        const std::string tools = tool_path("");
        setpgid(0, 0); // Ctrl-C reaches every process of a pipeline
        dup2(input, STDIN_FILENO);
        dup2(end, STDOUT_FILENO);
        dup2(end, STDERR_FILENO);
        setenv("PATH", fmt::format("{}:{}:/usr/sbin:/sbin", tools, getenv("PATH")).c_str(), 1);
        setenv("HOME", folder.c_str(), 1);
        if (chdir(folder.c_str()) != 0)
            _exit(125);
        std::vector<char *> argv{const_cast<char *>("sh")};
        for (const std::string &arg : args)
            argv.push_back(const_cast<char *>(arg.c_str()));
        argv.push_back(nullptr);
        execv("/bin/sh", argv.data());
    });
    to.reset();
    none.reset();
    auto reader = std::make_unique<Reader>(std::move(out), std::move(err), process->pidfd());
    return {std::move(process), std::move(reader)};
}

// Runs a command in a shell of its own.
class Terminal {
public:
    Terminal(const std::string &command, const std::string &folder)
    {
        const Fd null{open("/dev/null", O_RDONLY | O_CLOEXEC)};
        std::tie(process_, reader_) = start_shell({"-c", std::string{sudo} + command}, folder, null.get());
    }

    void wait_for(const std::string &text)
    {
        if (!reader_->line_where([&](const std::string &line) { return line.find(text) != line.npos; }))
            throw std::runtime_error("no line with '" + text + "' in:\n" + reader_->out());
    }
    void interrupt() const { kill(-process_->pid(), SIGINT); }
    std::vector<std::string> end()
    {
        process_->wait();
        reader_->wait_end();
        return split_lines(reader_->out());
    }

private:
    std::unique_ptr<Process> process_;
    std::unique_ptr<Reader> reader_; // ends before the process that it watches
};

// The second terminal: a shell that is there before the first command of the first one, and runs its own in turn.
class SecondTerminal {
public:
    explicit SecondTerminal(const std::string &folder)
    {
        auto [from, to] = make_pipe();
        std::tie(process_, reader_) = start_shell({}, folder, from.get());
        input_ = std::move(to);
        run(std::string{sudo});
    }
    ~SecondTerminal()
    {
        input_.reset();
        process_->wait();
    }
    SecondTerminal(const SecondTerminal &) = delete;
    SecondTerminal &operator=(const SecondTerminal &) = delete;

    // Returns what the command prints.
    std::vector<std::string> run(const std::string &command)
    {
        const std::string mark = fmt::format("end of command {}", ++commands_);
        const std::string text = fmt::format("{}\necho '{}'\n", command, mark);
        const std::size_t before = printed_;

        if (write(input_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
            !reader_->line_where([&](const std::string &line) { return line == mark; }))
            throw std::runtime_error("the second terminal does not end '" + command + "':\n" + reader_->out());
        const std::string all = reader_->out();
        const std::size_t end = all.find(mark + "\n", before);
        printed_ = end + mark.size() + 1;
        return split_lines(all.substr(before, end - before));
    }

private:
    std::unique_ptr<Process> process_;
    std::unique_ptr<Reader> reader_;
    Fd input_;
    std::size_t printed_ = 0; // bytes of the output that commands before this one printed
    int commands_ = 0;
};

// Puts the programs of the chapters' folders that the fence runs where the reader has built them.
void build_programs(const Fence &fence, const TempDir &home)
{
    const auto runs = [&](const std::string &name) {
        return std::ranges::any_of(fence.lines, [text = "~/ebpf-tutorial/" + name + "/" + name](const auto &line) {
            return line.find(text) != line.npos;
        });
    };
    for (const auto &chapter : chapters())
        for (const auto &folder :
             std::filesystem::directory_iterator{source_dir() + "/docs/tutorial/" + chapter.name}) {
            const std::string name = folder.path().filename();
            if (!exists(folder.path() / "Makefile") || !runs(name))
                continue;
            const std::string copy = home.at("ebpf-tutorial/" + name);
            create_directories(std::filesystem::path{copy});
            if (lacks(Hook::toolchain)) {
                std::filesystem::create_symlink(tool_path(name), copy + "/" + name);
            } else {
                const std::string made =
                    fmt::format("cp -r {}/. {} && make -s -C {}", folder.path().string(), copy, copy);
                EXPECT_EQ(system(made.c_str()), 0) << made;
            }
        }
}

// Replaces the shell by the tool, so that Ctrl-C reaches it.
std::string executed(const std::string &command)
{
    return "exec " + (command.starts_with("sudo ") ? command.substr(5) : command);
}

class Console : public testing::Test {
public:
    Console(std::string where, Fence fence) : where_(std::move(where)), fence_(std::move(fence)) {}

    void TestBody() override
    {
        std::istringstream needs{fence_.get("needs")};
        for (std::string name; std::getline(needs, name, ',');) {
            const auto hook = hook_of(name);
            ASSERT_TRUE(hook.has_value()) << where_ << ": unknown hook " << name;
            if (const auto reason = lacks(*hook)) {
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
        const TempDir dir;
        std::optional<Terminal> first;
        std::optional<SecondTerminal> second;

        std::filesystem::create_symlink(source_dir() + "/docs", dir.at("docs"));
        build_programs(fence_, dir);
        const auto commands = commands_of(fence_);
        if (std::ranges::any_of(commands, [](const auto &command) { return command.terminal == '2'; }))
            second.emplace(dir.path());
        for (const auto &command : commands) {
            std::vector<std::string> got;
            if (command.terminal == '1' && command.text == "^C") {
                first->interrupt();
                got = first->end();
                first.reset();
            } else if (command.terminal == '1') {
                first.emplace(executed(command.text), dir.path());
                first->wait_for("press Ctrl-C to stop");
                continue;
            } else if (command.terminal == '2') {
                got = second->run(command.text);
            } else {
                got = Terminal{command.text, dir.path()}.end();
            }
            EXPECT_TRUE(matches(command.output, 0, got, 0, fence_.has("exact")))
                << where_ << ": `" << command.text << "` prints\n"
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
            if (fence.language != "console" || fence.get("test") != "run")
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
