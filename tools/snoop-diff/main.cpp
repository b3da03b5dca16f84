// SPDX-License-Identifier: BSD-2-Clause
// snoop-diff: compares two recordings of the same job, made by execsnoop and opensnoop.
#include "base/glob.hpp"
#include "cli/cli.hpp"
#include "forest/row_file.hpp"
#include "libbpf/log.hpp"
#include "run/run_main.hpp"
#include "snoop-diff/compare.hpp"
#include "snoop-diff/input.hpp"
#include "snoop-diff/report.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace snoop;
using namespace snoop::snoop_diff;

constexpr ToolInfo info{"snoop-diff", "Compare two recordings of the same job, and show what differs first.",
                        "Examples:\n"
                        "  sudo execsnoop --exit --failed --record today.rec -- make\n"
                        "  snoop-diff yesterday.rec today.rec\n"
                        "  snoop-diff good bad             directories with recordings\n"
                        "  snoop-diff -o html good bad > difference.html\n"};

enum class As { text, json, html };

struct CommandLine {
    std::string a, b;
    As as = As::text;
    Color color = Color::automatic;
    std::size_t most = 20;
    bool all = false;
    std::string slower; // as given
    std::vector<std::string> ignored;
};

double parse_factor(const std::string &text)
{
    char *end = nullptr;
    const double factor = std::strtod(text.c_str(), &end);

    if (*end || !(factor > 1) || factor > 1e9)
        throw Error{exit_usage, "--slower: invalid factor '{}': give a number above 1", text};
    return factor;
}

void add_options(Cli &cli, CommandLine &to)
{
    cli.argument("A", to.a, "A recording, rows of -o json, or a directory with such files").completes(Complete::file);
    cli.argument("B", to.b, "Another one of the same job").completes(Complete::file);
    cli.flag("-a,--all", to.all, "Show all differences as text")
        .manual("Show all differences as text, not only the first ones. The other formats always have all.");
    cli.count("-n,--max", to.most, "Show at most N differences as text");
    cli.option("--ignore", "GLOB", to.ignored, "Do not compare the opens of these files")
        .manual("Do not compare the opens of files whose path, as the program named it, matches GLOB. * also matches a "
                "slash.");
    cli.option("--slower", "FACTOR", to.slower, "Let times count: a process that took FACTOR times as long")
        .manual("Let times count as a difference: those of a process that took FACTOR times as long, and 100 ms "
                "longer. Without this option, the factor is 2, and times are shown but do not count: they vary from "
                "run to run.");
    cli.choice<As>("-o,--output", "FORMAT", to.as,
                   {{"text", As::text, "two lines for each difference"},
                    {"json", As::json, "one JSON object per line, always valid UTF-8"},
                    {"html", As::html, "one page that needs no other file"}},
                   "Output format");
    cli.choice<Color>("--color", "WHEN", to.color,
                      {{"auto", Color::automatic, "on a terminal, unless NO_COLOR is set"},
                       {"always", Color::always, "also in a pipe or a file"},
                       {"never", Color::never, "not at all"}},
                      "Color the first difference");
}

void say(std::string_view text) { print_line(info.name, text); }

CompareOptions compare_options(const CommandLine &line)
{
    CompareOptions options;

    if (!line.slower.empty())
        options.slower_factor = parse_factor(line.slower);
    if (!line.ignored.empty())
        options.ignores = [&line](std::string_view path) {
            return std::ranges::any_of(line.ignored, [text = std::string{path}](const std::string &pattern) {
                return matches_pattern(pattern, text);
            });
        };
    return options;
}

void put(const CommandLine &line, const Report &report)
{
    Output out{STDOUT_FILENO};

    if (line.as == As::json)
        put_json(out, report);
    else if (line.as == As::html)
        put_html(out, report);
    else
        put_text(out, report, {line.all ? std::numeric_limits<std::size_t>::max() : line.most, line.color});
}

// Returns whether there is a difference.
bool compare_jobs(const CommandLine &line)
{
    const CompareOptions options = compare_options(line);
    Forest forest_a, forest_b;
    const bool is_whole_a = read_job(line.a, forest_a, say), is_whole_b = read_job(line.b, forest_b, say);
    Vocabulary words_a = vocabulary_of(forest_a), words_b = vocabulary_of(forest_b);
    Numbers numbers;

    set_folders(words_a, folder_of(forest_a), words_b, folder_of(forest_b));
    Job a{forest_a, words_a, words_b, numbers}, b{forest_b, words_b, words_a, numbers};
    const auto differences = compare(a, b, options);
    const bool is_same = std::ranges::all_of(
        differences, [&](const Difference &each) { return each.kind == Kind::slower && line.slower.empty(); });
    put(line, {a, b, line.a, line.b, differences, is_same});
    if (!is_whole_a || !is_whole_b)
        throw Error{exit_usage, "a part of '{}' could not be read", is_whole_a ? line.b : line.a};
    return !is_same;
}

} // namespace

// As diff(1) does, it exits with 2 if it cannot compare, and with 1 only if there is a difference.
int main(int argc, char **argv)
{
    bool differs = false;
    const int code = snoop::run_main(argc, argv, info, [&](Cli &cli) {
        CommandLine line;
        add_options(cli, line);
        cli.parse();
        differs = compare_jobs(line);
        return differs ? exit_runtime : exit_ok;
    });

    return code == exit_ok || differs ? code : exit_usage;
}
