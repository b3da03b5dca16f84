// SPDX-License-Identifier: BSD-2-Clause
// snoop-doctor: checks this system, each kind of hook and each tool, and says how to fix what is
// missing. Or it measures the BPF programs of the system, lists the maps of running tools, or
// writes all that a bug report needs into a file.
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "libbpf/log.hpp"
#include "run/run_main.hpp"
#include "snoop-doctor/bundle.hpp"
#include "snoop-doctor/hooks.hpp"
#include "snoop-doctor/loaded_programs.hpp"
#include "snoop-doctor/report.hpp"
#include "snoop-doctor/rows.hpp"
#include "snoop-doctor/running_maps.hpp"
#include "snoop-doctor/system_checks.hpp"
#include "snoop-doctor/tools.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <fmt/ranges.h>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace snoop;

constexpr ToolInfo info{"snoop-doctor", "Check what this system is missing for tracing, and show how to fix it.",
                        "Examples:\n"
                        "  snoop-doctor                 each check, each hook, each tool\n"
                        "  snoop-doctor -q              what is missing, and how to fix it\n"
                        "  snoop-doctor --programs      what each BPF program of the system costs\n"
                        "  snoop-doctor --bundle FILE   all that a bug report needs\n"
                        "  snoop-doctor -o json | jq .\n"};

// Beside the exit codes of all tools: a row is not ok, but none of a tool is missing.
constexpr int exit_incomplete = 4;

struct Options {
    std::vector<std::string> only; // prefixes of checks
    bool quiet = false, programs = false, maps = false;
    std::optional<double> measure_s;
    std::optional<std::size_t> top;
    std::string bundle;
};

void add_options(Cli &cli, Options &options)
{
    cli.add_report();
    cli.describe_rows([] { return describe_rows(info.name); });
    cli.option("--only", "CHECK", options.only, "Run only checks whose names start with CHECK")
        .manual("Run only checks whose names start with CHECK: `mount`, `hook/`, `tool/opensnoop`.");
    cli.flag("-q,--quiet", options.quiet, "Print only the checks that are not ok")
        .manual("Print only the checks that are missing or unknown: nothing if the exit status is 0.");
    cli.flag("--programs", options.programs, "List all loaded BPF programs by their share of the CPU")
        .manual("Only list the BPF programs of the whole system, with the process that holds each, and measure them "
                "for a second.");
    cli.seconds("--measure", options.measure_s, "How long --programs measures")
        .defaults_to("1")
        .manual("How long `--programs` and `--bundle` measure. The kernel counts and times all programs meanwhile "
                "(Linux 5.8), which makes each run take some tens of nanoseconds longer.");
    cli.count("--top", options.top, "Print only the top N programs")
        .manual("With `--programs`, print only the N most "
                "expensive programs.");
    cli.flag("--maps", options.maps, "List the maps of running tools that can be edited")
        .manual("Only list the maps of running tools that bpftool(8) can edit while they run: `bpftool map update id "
                "ID`.");
    cli.option("--bundle", "FILE", options.bundle, "Write all that a bug report needs to FILE")
        .manual("Write all that a bug report needs to FILE, a JSON document; `-` is standard output. An existing file "
                "is replaced; the new one has mode 0600.")
        .completes(Complete::file);
}

// Each of them prints or writes something of its own in place of the checks.
void expect_consistent(const Options &options)
{
    const char *other = options.programs ? "--programs" : options.maps ? "--maps" : "--bundle";
    const int others = int{options.programs} + int{options.maps} + int{!options.bundle.empty()};

    if (others > 1)
        throw Error{exit_usage, "give only one of --programs, --maps and --bundle"};
    if (others > 0 && (options.quiet || !options.only.empty()))
        throw Error{exit_usage, "{} is about checks: omit it, or {}", options.quiet ? "--quiet" : "--only", other};
    if (options.measure_s && !options.programs && options.bundle.empty())
        throw Error{exit_usage, "--measure requires --programs or --bundle"};
    if (options.top && !options.programs)
        throw Error{exit_usage, "--top requires --programs"};
}

// Prints a row of each check, and keeps account of them.
class Checks {
public:
    Checks(Format format, const Options &options) : report_(format), options_(options)
    {
        if (!options_.quiet)
            report_.begin(check_columns());
    }

    [[nodiscard]] bool are_wanted(std::string_view name) const
    {
        return options_.only.empty() ||
               std::ranges::any_of(options_.only, [&](const auto &begin) { return name.starts_with(begin); });
    }

    void put(const Check &check)
    {
        if (check.state == State::missing && check.check.starts_with("tool/"))
            exit_code_ = exit_lacks;
        else if (check.state != State::ok && exit_code_ == exit_ok)
            exit_code_ = exit_incomplete;
        if (!options_.quiet || check.state != State::ok)
            report_.put(check_columns(), check);
    }

    [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

private:
    Report report_;
    const Options &options_;
    int exit_code_ = exit_ok;
};

// Throws Error (exit 2) for a beginning that no check has.
void expect_checks(const std::vector<std::string> &beginnings, const std::vector<std::string> &checks)
{
    for (const std::string &begin : beginnings)
        if (std::ranges::none_of(checks, [&](const std::string &check) { return check.starts_with(begin); }))
            throw Error{exit_usage, "--only: no check is named '{}': give the beginning of one of {}", begin,
                        fmt::join(checks, ", ")};
}

int check(Format format, const Options &options)
{
    std::vector<Check> first = check_system();
    std::ranges::move(check_user(), std::back_inserter(first));
    std::vector<std::string> names;
    std::ranges::transform(first, std::back_inserter(names), &Check::check);
    names.emplace_back(programs_check);
    std::ranges::copy(hook_checks(), std::back_inserter(names));
    for (const auto &name : tool_names())
        names.push_back("tool/" + name);
    expect_checks(options.only, names);

    Checks checks{format, options};
    for (const auto &check : first)
        if (checks.are_wanted(check.check))
            checks.put(check);
    if (checks.are_wanted(programs_check))
        checks.put(check_programs());
    for (const auto &name : hook_checks())
        if (checks.are_wanted(name))
            checks.put(try_hook(name));
    for (const auto &name : tool_names())
        if (checks.are_wanted("tool/" + name))
            checks.put(try_tool(name).check);
    return checks.exit_code();
}

void list_programs(Format format, const Options &options, std::chrono::milliseconds time)
{
    std::vector<LoadedProgram> programs = loaded_programs("--programs");

    measure(programs, time);
    programs.resize(std::min(programs.size(), options.top.value_or(programs.size())));
    Report{format}.put_table(program_columns(), programs);
}

int run(Cli &cli)
{
    Options options;

    // Nothing is traced: a signal ends the checks as it ends other programs.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction now {};
        if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) // nohup
            std::signal(signal, SIG_DFL);
    }
    add_options(cli, options);
    cli.parse();
    expect_consistent(options);

    // libbpf's messages are shown only with -v; each check says what matters.
    const Log log{info.name, cli.common().verbose};
    const std::chrono::duration<double> seconds{options.measure_s.value_or(1)};
    const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(seconds);
    const Format format = cli.common().format;
    if (options.maps)
        Report{format}.put_table(map_columns(), editable_maps(tool_names()));
    else if (options.programs)
        list_programs(format, options, time);
    else if (!options.bundle.empty())
        write_bundle(options.bundle, time, log);
    else
        return check(format, options);
    return exit_ok;
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
