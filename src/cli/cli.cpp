// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.hpp"
#include "base/escape.hpp"
#include "cli/generate.hpp"

#include <CLI/CLI.hpp>

namespace snoop {
namespace {

constexpr const char *help_names = "-h,--help", *version_names = "-V,--version";

// The first word of a list of names that begins with so many hyphens.
std::string_view name_with(std::string_view names, std::string_view hyphens)
{
    while (!names.empty()) {
        const std::string_view name = names.substr(0, names.find(','));
        if (name.find_first_not_of('-') == hyphens.size())
            return name;
        names.remove_prefix(std::min(name.size() + 1, names.size()));
    }
    return {};
}

// CLI11 reads "[a,b]" as a list and "[[a]]" as an escape, each release in its own way: it gets other bytes for
// brackets.
std::string brackets_swapped(std::string text)
{
    static constexpr std::string_view from = "[]\1\2", to = "\1\2[]";

    for (char &c : text)
        if (const std::size_t i = from.find(c); i != from.npos)
            c = to[i];
    return text;
}

std::vector<std::string> brackets_swapped(std::vector<std::string> words)
{
    for (std::string &word : words)
        word = brackets_swapped(std::move(word));
    return words;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

} // namespace

std::string_view Option::short_name() const { return name_with(names, "-"); }
std::string_view Option::long_name() const { return name_with(names, "--"); }
std::string_view Option::name() const
{
    return section == Section::arguments ? names : long_name().empty() ? short_name() : long_name();
}

Cli::Cli(int argc, char **argv, const ToolInfo &info) : info_(info)
{
    char **first = argv + (argc > 0); // even argv[0] may be missing
    char **last = argv + argc;
    // After -- follows the command line of another program.
    char **dashes = std::find_if(first, last, [](const char *arg) { return std::string_view{arg} == "--"; });

    args_.assign(first, dashes);
    if (dashes != last) {
        common_.command.assign(dashes + 1, last);
        if (common_.command.empty())
            throw Error{exit_usage, "`--` needs a command after it: {} -- COMMAND [ARG...]", info.name};
    }
}

Option &Cli::add(Section section, const char *names, const char *value, const char *help)
{
    Option &option = options_.emplace_back();

    option.section = section;
    option.names = names;
    option.value = value;
    option.help = help;
    return option;
}

// Lines that tools/snoop-doctor/tools.cpp reads.
std::string Cli::trial() const
{
    std::string lines = trial_in_own_network_ ? "own network\n" : "";

    for (const std::string &arg : trial_args_)
        lines += fmt::format("argument {}\n", arg);
    return lines;
}

// For the build, snoop-doctor and ./dev docs: it stands alone, and --help does not name it.
void Cli::generate() const
{
    if (args_.size() != 2 || args_[0] != "--generate")
        return;
    const std::string &kind = args_[1];
    const Definitions definitions{info_, options_, takes_command_};

    if (kind == "summary")
        throw Done{fmt::format("{}\n", info_.summary)};
    if (kind == "man")
        throw Done{man_options(definitions)};
    if (kind == "bash")
        throw Done{bash_completion(definitions)};
    if (kind == "zsh")
        throw Done{zsh_completion(definitions)};
    if (kind == "fish")
        throw Done{fish_completion(definitions)};
    if (kind == "json" && describe_rows_)
        throw Done{describe_rows_()};
    if (kind == "doctor")
        throw Done{trial()};
    throw Error{exit_usage, "--generate: cannot generate '{}'", kind};
}

// CLI11 splits the command line into `given` of each option; the values are taken after it, so
// that --help wins over an invalid one.
void Cli::parse_words()
{
    CLI::App app{"", std::string{info_.name}};

    app.allow_extras();
    app.set_help_flag(help_names);
    app.set_version_flag(version_names, std::string{});
    for (Option &option : options_) {
        if (option.names == help_names || option.names == version_names || option.section == Section::arguments)
            continue;
        if (option.is_flag()) {
            app.add_flag_function(option.names, [&option](std::int64_t times) {
                option.given.assign(static_cast<std::size_t>(std::clamp<std::int64_t>(times, 0, 2)), "true");
            });
            continue;
        }
        CLI::Option *added = app.add_option(option.names, [&option](const CLI::results_t &values) {
            option.given = brackets_swapped(values);
            return true;
        });
        // One value for each time that it is given.
        if (option.is_repeatable)
            added->expected(CLI::detail::expected_max_vector_size)->allow_extra_args(false);
    }
    try {
        app.parse(brackets_swapped(std::vector<std::string>{args_.rbegin(), args_.rend()}));
    } catch (const CLI::CallForHelp &) {
        throw Done{help_text({info_, options_, takes_command_})};
    } catch (const CLI::CallForVersion &) {
        throw Done{fmt::format("{} {}\n", info_.name, SNOOP_VERSION)};
    } catch (const CLI::ArgumentMismatch &error) {
        expect_dashes();
        const std::string text = brackets_swapped(error.what()); // "--sort: At most 1 required but received 2"
        throw Error{exit_usage, "{}: {}; see `{} --help`", text.substr(0, text.find(':')),
                    text.find("received") == text.npos ? "needs a value" : "given more than once", info_.name};
    } catch (const CLI::ParseError &error) {
        expect_dashes();
        throw Error{exit_usage, "{}; see `{} --help`", first_line(brackets_swapped(error.what())), info_.name};
    }
    take_arguments(brackets_swapped(app.remaining()));
}

// The words that are neither options nor their values.
void Cli::take_arguments(const std::vector<std::string> &words)
{
    auto word = words.begin();
    const auto is_option = [](const std::string &text) { return text.size() > 1 && text[0] == '-'; };

    for (Option &option : options_) {
        if (option.section != Section::arguments)
            continue;
        while (word != words.end() && !is_option(*word) && (option.is_repeatable || option.given.empty()))
            option.given.push_back(*word++);
    }
    if (word != words.end())
        expect_dashes();
    if (word != words.end())
        throw Error{exit_usage, "unexpected {} '{}'; see `{} --help`", is_option(*word) ? "option" : "argument", *word,
                    info_.name};
    for (const Option &option : options_)
        if (option.is_required && option.given.empty())
            throw Error{exit_usage, "missing {}; see `{} --help`", option.names, info_.name};
}

void Cli::take_values()
{
    for (Option &option : options_)
        for (const std::string &value : option.given)
            option.take(option.name(), value);
    common_.given_filters = given_filters();
}

std::string Cli::given_filters() const
{
    Buffer all;

    for (const Option &option : options_)
        for (const std::string &value : option.given) {
            if (!option.is_filter && option.section != Section::filters)
                continue;
            append(all, all.size() == 0 ? "" : ", ");
            append(all, option.name());
            if (option.is_flag())
                continue;
            append(all, " ");
            append_quoted(all, value);
        }
    return {all.data(), all.size()};
}

void Cli::parse()
{
    bool is_given = false; // by CLI11

    section_ = Section::running;
    flag(help_names, is_given, "Print this help and exit").manual("Print a summary of the options and exit.");
    flag(version_names, is_given, "Print the version and exit");
    generate();
    parse_words();
    take_values();
    choose_columns();
    check();
}

} // namespace snoop
