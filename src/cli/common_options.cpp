// SPDX-License-Identifier: BSD-2-Clause
// The options that tools share.
#include "base/parse.hpp"
#include "base/place_filter.hpp"
#include "cli/cli.hpp"

#include <algorithm>
#include <cstdint>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

constexpr std::uint64_t ring_least = 4096, ring_most = 1u << 30;

std::uint32_t parse_ring_size(std::string_view name, const std::string &text)
{
    const std::uint64_t bytes = parse_size(name, text);

    if (bytes < ring_least || bytes > ring_most || (bytes & (bytes - 1)) != 0)
        throw Error{exit_usage, "{}: invalid size '{}': give a power of two from 4096 to 1G", name, text};
    return static_cast<std::uint32_t>(bytes);
}

} // namespace

// A tool that filters tasks can also run a command and trace only that.
void Cli::add_filters(const char *uid)
{
    takes_command_ = true;
    section_ = Section::filters;
    for (const TaskFilter &filter : task_filters)
        if (!filter.is_of_result)
            add_filter(filter, std::string_view{uid}.ends_with(filter.option()) ? uid : filter.names);
    conditions("--cgroup", "PATH", common_.cgroups, "Only this cgroup (v2) and its descendants")
        .manual("Only processes in this cgroup (version 2) or one below it. PATH is a directory, or a path relative "
                "to the mount point of the cgroup file system.")
        .completes(Complete::directory);
    each(
        "--under", "PID|COMM", [this](std::string_view name, const std::string &text) { add_under(name, text); },
        "Only this process or program and its descendants; !…: only others")
        .manual("Only the process PID and its descendants; or, with a name, the processes that execute a program whose "
                "name is then COMM, and their descendants, of those that run already as well as of those to come. A "
                "process keeps its ancestors when its parent ends. The kernel keeps 15 bytes of a name; COMM must "
                "match all of it. A number is a PID.");
    section_ = Section::own;
}

void Cli::add_under(std::string_view name, const std::string &text)
{
    const std::string_view value{text.starts_with('!') ? text.c_str() + 1 : text.c_str()};

    if (!value.empty() && value.find_first_not_of("0123456789") == value.npos)
        common_.under_pids.push_back(parse_condition(name, text, parse_pid));
    else
        common_.under_comms.push_back(parse_condition(name, text, detail::parse_comm_key));
}

void Cli::add_ancestors()
{
    section_ = Section::output;
    flag("--ancestors", common_.show_ancestors, "Print the ancestors of the process")
        .manual("Print in ANCESTORS the programs of the processes that the process descends from, the nearest first, "
                "as in `make<sh<sshd`: at most 16, each by the name that it had after its exec. JSON: `ancestors`. An "
                "ancestor that has ended is still shown. Those of a process that had lost its parent when tracing "
                "started are those of its new parent.");
    section_ = Section::own;
}

void Cli::add_filter(const TaskFilter &filter, const char *names)
{
    conditions(names, filter.value, common_.filters.at(static_cast<std::size_t>(&filter - task_filters.data())),
               filter.parse, filter.help)
        .manual(filter.manual)
        .completes(filter.completes);
}

void Cli::add_result_filters()
{
    section_ = Section::filters;
    for (const TaskFilter &filter : task_filters)
        if (filter.is_of_result)
            add_filter(filter, filter.names);
    section_ = Section::own;
}

void Cli::add_places()
{
    section_ = Section::filters;
    conditions("--container", "NAME", common_.containers, parse_container, "Only this container, by name or ID")
        .manual("Only processes in this container or one inside it, also if it starts later. NAME is its whole ID, 12 "
                "or more of its first digits, or its name: that in the files of Docker, containerd, CRI-O and podman, "
                "or that of an LXC or systemd-nspawn container. It may have the wildcards `*`, `?` and `[`: `*` is any "
                "container. `!NAME` leaves processes in that container out.");
    conditions("--unit", "NAME", common_.units, parse_unit, "Only this systemd unit")
        .manual("Only processes in this unit of systemd or in a cgroup below it, also if it starts later: a service, "
                "scope, slice, mount, socket or swap unit. `cron` is cron.service. NAME may have wildcards, and then "
                "needs its suffix: `ssh*.service`. `!NAME` leaves processes in that unit out.");
    section_ = Section::own;
}

// Only the rows of an event tool can be comma-separated values.
void Cli::add_format(bool has_csv)
{
    std::vector<Choice<Format>> formats{{"text", Format::text, "columns, for people and for awk(1)"},
                                        {"json", Format::json, "one JSON object per line, always valid UTF-8"}};

    if (has_csv) {
        formats.push_back({"csv", Format::csv, "comma-separated values (RFC 4180) below a line of JSON keys"});
        formats.push_back({"otlp", Format::otlp, "requests of OTLP/HTTP in JSON, one per line"});
    }
    if (info_.makes_reports) {
        formats.push_back({"chrome", Format::chrome, "trace events, for ui.perfetto.dev and speedscope"});
        formats.push_back({"folded", Format::folded, "stacks of programs with times, for flame graphs"});
        formats.push_back({"dot", Format::dot, "a tree of programs for Graphviz"});
    }
    section_ = Section::output;
    Option &format = choice<Format>("-o,--output", "FORMAT", common_.format, std::move(formats), "Output format");
    if (has_csv)
        format.manual("Output format. A line of csv ends in a newline alone. Its strings are escaped as in JSON, so "
                      "that a row is always one line of valid UTF-8; arrays are JSON, and null is an empty value. A "
                      "line of otlp is a request that --otlp would send, with the rows of up to a second.");
    section_ = Section::own;
}

void Cli::add_fields()
{
    each(
        "--fields", "NAMES",
        [this](std::string_view, const std::string &names) {
            for (std::size_t from = 0; from <= names.size();) {
                const std::size_t comma = std::min(names.find(',', from), names.size());
                common_.fields.push_back(names.substr(from, comma - from));
                from = comma + 1;
            }
        },
        "Print these columns or JSON keys, separated by commas")
        .manual("Print these columns or JSON keys, in this order. NAMES are separated by commas: keys of the JSON "
                "output, which docs/json.md lists, or titles of columns in lower case. A column that only another "
                "option adds, such as -T, needs both. In text, a key that has no column gets one with the value as "
                "JSON has it. An unknown name is an error that lists the known ones.");
}

void Cli::add_verbose()
{
    section_ = Section::running;
    Option &verbose = add(section_, "-v,--verbose", "", "Print what is used and why; -vv: libbpf's messages, too")
                          .manual("Print to standard error which hooks and buffers are used and why. Given twice, "
                                  "-vv, also print libbpf's messages, with the whole log of the verifier if it rejects "
                                  "a program; the last lines of that log are always printed.");
    verbose.take = [this](std::string_view, const std::string &) { common_.verbose++; };
    section_ = Section::own;
}

void Cli::add_running(bool needs_types)
{
    section_ = Section::running;
    seconds("-d,--duration", common_.duration_s, "Stop after SECONDS")
        .manual("Stop after SECONDS. Fractions are accepted.");
    flag("--strict", common_.strict, "Exit with status 1 if events were lost")
        .manual("Exit with status 1 if the accounting summary reports a loss.");
    flag("--no-sandbox", common_.no_sandbox, "Keep all privileges while tracing")
        .manual("Give up nothing when tracing begins (see SANDBOX), as for a debugger, or for names of users that come "
                "from the network without a service of this system.");
    if (needs_types)
        option("--btf", "FILE", common_.btf, "Read kernel type information (BTF) from FILE")
            .manual("Read the kernel's BTF type information from FILE, for kernels without "
                    "/sys/kernel/btf/vmlinux.")
            .completes(Complete::file);
    add_verbose();
}

void Cli::add_transport()
{
    section_ = Section::running;
    Option &ring = add(section_, "--ring-size", "SIZE", "Ring buffer size, a power of two such as 4M")
                       .manual("Size of the ring buffer in bytes, with an optional suffix K, M or G: a power of two, "
                               "at least 4096. Perf buffers divide it among the CPUs. The default is 2 MiB per CPU, "
                               "at least 4 and at most 64 MiB, and at most 1/128 of the memory; -v prints it.");
    ring.take = [this](std::string_view name, const std::string &text) {
        common_.ring_bytes = parse_ring_size(name, text);
    };
    choice<Transport>("--transport", "HOW", common_.transport,
                      {{"auto", Transport::automatic, "a ring buffer where the kernel has them"},
                       {"ring", Transport::ring, "a BPF ring buffer (Linux 5.8)"},
                       {"perf", Transport::perf, "a perf buffer per CPU, for older kernels"}},
                      "Buffer that carries the events")
        .manual("Buffer that carries the events to the tool.");
    section_ = Section::own;
}

void Cli::add_events()
{
    section_ = Section::output;
    add_fields();
    add_redact();
    section_ = Section::output;
    flag("-T,--time", common_.show_time, "Print the time of day").manual("Print the local time of day of each event.");
    flag("-t,--timestamp", common_.show_timestamp, "Print the time since tracing started, in seconds");
    flag("-U,--print-uid", common_.show_uid, "Print the user ID");
    flag("--container-column", common_.show_container, "Print the container")
        .manual("Print the column CONTAINER: the name of the container, the first 12 digits of its ID if its name is "
                "not known, or - outside of containers. On a terminal, this is the default if `--container` can match "
                "several containers.");
    if (info_.makes_reports)
        option("--report", "FILE", common_.report, "Write no rows, but at the end a report to FILE, as a page (HTML)")
            .manual("Print no rows, but write a report to FILE at the end: a page for a browser, or what `-o chrome`, "
                    "`-o folded` or `-o dot` says. See REPORTS. FILE is created as that of --record.")
            .completes(Complete::file);
    choice<Color>("--color", "WHEN", common_.color,
                  {{"auto", Color::automatic, "on a terminal, unless NO_COLOR is set"},
                   {"always", Color::always, "also in a pipe or a file"},
                   {"never", Color::never, "not at all"}},
                  "Color rows of failures and signals")
        .manual("Print failures in red and processes that a signal ended in magenta. `auto` does so on a terminal "
                "unless NO_COLOR is set and not empty, or TERM is dumb.");
    add_ancestors();
    section_ = Section::output;
    flag("--fit", common_.fit, "Cut rows to the width of the terminal")
        .manual("Cut each row to the width of the terminal. A row that was cut ends in >. Without a terminal, rows "
                "are never cut.");

    add_otlp();
    section_ = Section::running;
    count("-c,--count", common_.count, "Stop after N rows");
    add_transport();
    add_recording();
}

void Cli::add_report()
{
    add_format();
    add_verbose();
}

void Cli::add_counting(const char *uid)
{
    add_filters(uid);
    add_format();
    add_redact();
    add_metrics();
    add_running();
}

void Cli::add_packet_counting()
{
    takes_command_ = true;
    add_format();
    add_metrics();
    add_running(false);
}

void Cli::add_common()
{
    add_filters("-u,--uid");
    add_places();
    add_format(true);
    add_events();
    add_metrics();
    add_running();
}

// In a pipe or a file, the columns are those that were asked for.
void Cli::choose_columns()
{
    if (!common_.report.empty() && common_.format == Format::text)
        common_.format = Format::html;
    if (common_.format == Format::text && common_.fields.empty() && can_match_several(common_.containers) &&
        isatty(STDOUT_FILENO))
        common_.show_container = true;
}

// Options that exclude each other.
void Cli::check() const
{
    const auto &o = common_;

    if (!takes_command_ && !o.command.empty())
        throw Error{exit_usage, "{} does not run commands: omit `-- {}`", info_.name, o.command.front()};
    if (!o.report.empty() && !is_report(o.format))
        throw Error{exit_usage, "--report does not apply to -o {}: omit one of them", format_name(o.format)};
    check_otlp();
    check_recording();
    check_metrics();
}

} // namespace snoop
