// SPDX-License-Identifier: BSD-2-Clause
// The command line: the options that all event tools share, and a tool's own.
//     Cli cli{argc, argv, info};
//     cli.add_common();
//     cli.flag("-q,--quote", quote, "Quote arguments as a shell needs them");
//     cli.parse();                       // throws Error (exit 2), or Done for --help
#pragma once

#include "base/parse.hpp"
#include "cli/options.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI { // its header takes longer to compile than all the rest
class App;
class Option;
} // namespace CLI

namespace snoop {

// --help or --version: `text` goes to stdout, exit 0.
struct Done {
    std::string text;
};

class Cli {
public:
    Cli(int argc, char **argv, const ToolInfo &info);
    ~Cli();

    [[nodiscard]] const ToolInfo &info() const noexcept { return info_; }
    [[nodiscard]] const CommonOptions &common() const noexcept { return common_; }

    // The options that every event tool has (README, "Common options").
    void add_common();
    // Those of them that make sense for a tool that counts what tasks do. Where -u is
    // something else, the filter by user is --uid alone.
    void add_counting(const char *uid = "-u,--uid");
    // Those of a tool that traces nothing: -o, -v. It takes no `-- CMD` either.
    void add_report();
    // The least of all.
    void add_verbose();
    // And for one that counts packets, which are no task's and of no kernel type.
    void add_packet_counting();

    // A tool's own options. `names` is "-x,--failed"; `value` names the value in --help;
    // the variable keeps what it holds if the option is not given. One that takes a
    // vector is repeatable.
    void flag(const char *names, bool &to, const char *help);
    void option(const char *names, const char *value, std::string &to, const char *help);
    void option(const char *names, const char *value, std::vector<std::string> &to, const char *help);
    // What is no option; any number of them. `name` is for --help: "PROBE".
    void arguments(const char *name, std::vector<std::string> &to, const char *help);
    // An argument that is no option, and must be given.
    void argument(const char *name, std::string &to, const char *help);
    // One of several names, each with its value.
    template <class E>
    void choice(const char *names, E &to, std::vector<std::pair<std::string, E>> choices, const char *help)
    {
        std::vector<std::string> words;
        for (const auto &[word, value] : choices)
            words.push_back(word);
        add_choice(
            names, words, [&to, choices](std::size_t i) { to = choices[i].second; }, help);
    }

    // What the hidden `--generate json` prints: the keys of the tool's JSON rows, with type and
    // meaning. `describe` is called for that alone, so it costs a run nothing.
    void describe_rows(std::function<std::string()> describe) { describe_rows_ = std::move(describe); }

    // Reads argv. Throws Done or Error (exit 2); CLI11's own exceptions end here.
    void parse();

private:
    CLI::Option *add_choice(const char *names, const std::vector<std::string> &words,
                            std::function<void(std::size_t)> set, const char *help);
    CLI::Option *own(CLI::Option *option) const;
    void check();
    void generate() const;
    void add_filters(const char *uid);
    void add_format();
    void add_running(bool needs_types = true);

    ToolInfo info_;
    std::unique_ptr<CLI::App> app_;
    CommonOptions common_;
    std::vector<std::string> args_; // reversed, as CLI11 takes them
    std::vector<std::string> users_, pids_, ppids_;
    std::string duration_, ring_size_, count_;
    bool takes_command_ = false;
    std::function<std::string()> describe_rows_;
};

} // namespace snoop
