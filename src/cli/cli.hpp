// SPDX-License-Identifier: BSD-2-Clause
// The command line: the options that tools share, and a tool's own. Each is defined once, see
// cli/option.hpp; --help, the manual page and the completions follow from that.
//     Cli cli{argc, argv, info};
//     cli.add_common();
//     cli.flag("-q,--quote", quote, "Quote arguments for a shell");
//     cli.parse();                       // throws Error (exit 2), or Done for --help
#pragma once

#include "base/condition.hpp"
#include "base/error.hpp"
#include "base/parse.hpp"
#include "cli/option.hpp"
#include "cli/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snoop {

// --help or --version: `text` goes to stdout, exit 0.
struct Done {
    std::string text;
};

// A word that an option takes, and the value it stands for.
template <class E> struct Choice {
    std::string word;
    E value;
    const char *help = ""; // for the manual page and the completions
};

// "64K"; a number of bytes that is not a multiple of 1024 stays one.
std::string size_text(std::uint64_t bytes);

class Cli {
public:
    Cli(int argc, char **argv, const ToolInfo &info);

    [[nodiscard]] const ToolInfo &info() const noexcept { return info_; }
    [[nodiscard]] const CommonOptions &common() const noexcept { return common_; }

    // The options that every event tool has.
    void add_common();
    // Those of them that make sense for a tool that counts what tasks do. Where -u has another
    // meaning, the filter by user is --uid alone.
    void add_counting(const char *uid = "-u,--uid");
    // --otlp, for such a tool that also prints rows of events.
    void add_otlp();
    // The filters by result, for a tool whose events have one, after those above.
    void add_result_filters();
    // How records reach user space, for a tool that counts and also sends some.
    void add_transport();
    // Those of a tool that counts packets, which belong to no task and to no kernel type.
    void add_packet_counting();
    // Those of a tool that traces nothing: -o, -v. It takes no `-- COMMAND` either.
    void add_report();
    // `-- COMMAND` alone, which the options of tools that trace have already.
    void add_command() { takes_command_ = true; }
    // -v alone, which can be given twice.
    void add_verbose();

    // --ancestors, which the options of an event tool have already.
    void add_ancestors();

    // A tool's own options. `names` is "-x,--failed". A variable keeps its value, which --help
    // shows as the default, if the option is not given; an std::optional stays empty.
    Option &flag(const char *names, bool &to, const char *help);
    Option &seconds(const char *names, double &to, const char *help);
    Option &seconds(const char *names, std::optional<double> &to, const char *help);
    // A time with its unit, such as 10ms, in nanoseconds.
    Option &time(const char *names, std::optional<std::uint64_t> &to_ns, const char *help);
    template <class T> Option &count(const char *names, T &to, const char *help, std::uint64_t most = limit_of(T{}));
    template <class T>
    Option &size(const char *names, T &to, std::uint64_t least, std::uint64_t most, const char *help);
    // Text as it is; one that takes a vector can be repeated.
    Option &option(const char *names, const char *value, std::string &to, const char *help);
    Option &option(const char *names, const char *value, std::vector<std::string> &to, const char *help);
    // One that can be repeated, of any type: `parse_one` takes the option's name and a value.
    template <class T, class Parse>
    Option &option(const char *names, const char *value, std::vector<T> &to, Parse parse_one, const char *help);
    // A filter, which can be repeated. "!" before a value leaves out what it matches; `parse_one` does not see it.
    template <class T, class Parse>
    Option &conditions(const char *names, const char *value, std::vector<Condition<T>> &to, Parse parse_one,
                       const char *help);
    Option &conditions(const char *names, const char *value, std::vector<Condition<std::string>> &to,
                       const char *help); // text as it is
    // One that can be repeated and gives each value to `take`, which throws Error (exit 2).
    Option &each(const char *names, const char *value,
                 std::function<void(std::string_view name, const std::string &value)> take, const char *help);
    // One of several words.
    template <class E>
    Option &choice(const char *names, const char *value, E &to, std::vector<Choice<E>> choices, const char *help);

    // Arguments: any number of them, or one that must be given. `name` is "PATH".
    Option &arguments(const char *name, std::vector<std::string> &to, const char *help);
    Option &argument(const char *name, std::string &to, const char *help);

    // Sets what the hidden `--generate json` prints: the keys of the tool's JSON rows, with type and
    // meaning. `describe` is called for that alone, so it costs a run nothing.
    void describe_rows(std::function<std::string()> describe) { describe_rows_ = std::move(describe); }

    // Sets what the hidden `--generate doctor` prints: the arguments with which snoop-doctor tries the
    // tool for a moment, with as little work as possible, and whether it does so in a new network
    // namespace. Without a call: no arguments, in this one.
    void describe_trial(std::vector<std::string> args, bool in_own_network = false)
    {
        trial_args_ = std::move(args);
        trial_in_own_network_ = in_own_network;
    }

    // Reads argv. Throws Done or Error (exit 2); CLI11's own exceptions end here.
    void parse();

private:
    template <class T> static constexpr std::uint64_t limit_of(const T &) { return std::numeric_limits<T>::max(); }
    template <class T> static constexpr std::uint64_t limit_of(const std::optional<T> &) { return limit_of(T{}); }

    Option &add(Section section, const char *names, const char *value, const char *help);
    void generate() const;
    [[nodiscard]] std::string trial() const;
    void parse_words();
    [[nodiscard]] const Option *find_option(std::string_view name) const;
    [[nodiscard]] std::optional<bool> takes_next_word(std::string_view word) const;
    [[nodiscard]] std::size_t first_argument() const;
    void expect_dashes() const;
    void take_arguments(const std::vector<std::string> &words);
    void take_values();
    [[nodiscard]] std::string given_filters() const;
    void choose_columns();
    void check() const;
    void check_otlp() const;
    void check_recording() const;
    void add_filters(const char *uid);
    void add_filter(const TaskFilter &filter, const char *names);
    void add_places();
    void add_under(std::string_view name, const std::string &text);
    void add_keep(std::string_view name, const std::string &text);
    void add_format(bool has_csv = false);
    void add_fields();
    void add_redact();
    void add_running(bool needs_types = true);
    void add_events();
    void add_recording();
    void add_metrics();
    void check_metrics() const;

    ToolInfo info_;
    CommonOptions common_;
    std::deque<Option> options_;    // whose addresses stay
    std::vector<std::string> args_; // up to --
    Section section_ = Section::own;
    bool takes_command_ = false;
    std::function<std::string()> describe_rows_;
    std::vector<std::string> trial_args_;
    bool trial_in_own_network_ = false;
};

namespace detail {

template <class T> std::string default_text(const T &value, std::string (*text)(std::uint64_t))
{
    return text(static_cast<std::uint64_t>(value));
}
template <class T> std::string default_text(const std::optional<T> &, std::string (*)(std::uint64_t)) { return ""; }

template <class T> void assign(T &to, std::uint64_t number) { to = static_cast<T>(number); }
template <class T> void assign(std::optional<T> &to, std::uint64_t number) { to = static_cast<T>(number); }

inline std::string count_text(std::uint64_t number) { return std::to_string(number); }

// Throws Error (exit 2).
std::uint64_t parse_size_within(std::string_view option, std::string_view text, std::uint64_t least,
                                std::uint64_t most);
std::size_t parse_choice(std::string_view option, std::string_view text, const std::vector<ChoiceWord> &choices);

} // namespace detail

template <class T> Option &Cli::count(const char *names, T &to, const char *help, std::uint64_t most)
{
    Option &option = add(section_, names, "N", help).defaults_to(detail::default_text(to, detail::count_text));
    option.take = [&to, most](std::string_view name, const std::string &text) {
        detail::assign(to, parse_count(name, text, most));
    };
    return option;
}

template <class T>
Option &Cli::size(const char *names, T &to, std::uint64_t least, std::uint64_t most, const char *help)
{
    Option &option = add(section_, names, "SIZE", help).defaults_to(detail::default_text(to, size_text));
    option.take = [&to, least, most](std::string_view name, const std::string &text) {
        detail::assign(to, detail::parse_size_within(name, text, least, most));
    };
    return option;
}

template <class T, class Parse>
Option &Cli::option(const char *names, const char *value, std::vector<T> &to, Parse parse_one, const char *help)
{
    return each(
        names, value,
        [&to, parse_one](std::string_view name, const std::string &text) { to.push_back(parse_one(name, text)); },
        help);
}

template <class T, class Parse>
Option &Cli::conditions(const char *names, const char *value, std::vector<Condition<T>> &to, Parse parse_one,
                        const char *help)
{
    const auto parse = [parse_one](std::string_view name, const std::string &text) {
        return parse_condition(name, text, parse_one);
    };
    return option(names, value, to, parse, help).filters();
}

template <class E>
Option &Cli::choice(const char *names, const char *value, E &to, std::vector<Choice<E>> choices, const char *help)
{
    Option &option = add(section_, names, value, help);
    std::vector<E> values;
    for (Choice<E> &choice : choices) {
        if (choice.value == to)
            option.default_text = choice.word;
        option.choices.push_back({std::move(choice.word), choice.help});
        values.push_back(choice.value);
    }
    option.take = [&to, &option, values = std::move(values)](std::string_view name, const std::string &text) {
        to = values[detail::parse_choice(name, text, option.choices)];
    };
    return option;
}

} // namespace snoop
