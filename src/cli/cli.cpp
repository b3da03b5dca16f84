// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.hpp"
#include "base/error.hpp"
#include "base/users.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

namespace snoop {
namespace {

constexpr std::uint64_t ring_max = 1u << 30;
constexpr std::size_t comm_max = 15; // TASK_COMM_LEN without the NUL

std::string first_line(std::string_view text) { return std::string{text.substr(0, text.find('\n'))}; }

} // namespace

Cli::Cli(int argc, char **argv, const ToolInfo &info)
    : info_(info), app_(std::make_unique<CLI::App>(std::string{info.summary}, std::string{info.name}))
{
    // What follows -- is another program's command line and none of ours.
    char **first = argv + (argc > 0); // even argv[0] may be missing
    char **last = argv + argc;
    char **dashes = std::find_if(first, last, [](const char *arg) { return std::string_view{arg} == "--"; });

    args_.assign(std::make_reverse_iterator(dashes), std::make_reverse_iterator(first));
    if (dashes != last) {
        common_.command.assign(dashes + 1, last);
        if (common_.command.empty())
            throw Error{exit_usage, "`--` needs a command behind it: {} -- COMMAND ARGS…", info.name};
    }
    app_->set_version_flag("-V,--version", fmt::format("{} {}", info.name, SNOOP_VERSION),
                           "Print the version and exit");
    app_->set_help_flag("-h,--help", "Print this help and exit");
    app_->footer(std::string{info.examples});
    app_->get_formatter()->column_width(34);
}

Cli::~Cli() = default;

namespace {

CLI::Option *display(CLI::Option *option) { return option->group("Display"); }
CLI::Option *running(CLI::Option *option) { return option->group("Running"); }

} // namespace

// Who filters can run a command and trace only that.
void Cli::add_filters(const char *uid)
{
    takes_command_ = true;
    const auto add = [this](const char *names, std::vector<std::string> &to, const char *value, const char *help) {
        app_->add_option(names, to, help)
            ->group("Filters (in the kernel; each repeatable)")
            ->option_text(value)
            ->allow_extra_args(false);
    };

    add(uid, users_, "USER", "Only this user, by name or number");
    add("-p,--pid", pids_, "PID", "Only this process");
    add("-P,--ppid", ppids_, "PID", "Only children of this process");
    add("-n,--comm", common_.comms, "NAME", "Only processes of this name, whole, at most 15 bytes");
    add("--cgroup", common_.cgroups, "PATH", "Only this cgroup (v2) and those below it, a directory");
}

void Cli::add_format()
{
    static constexpr std::array formats{Format::text, Format::json};
    display(add_choice(
        "-o,--output", {"text", "json"}, [this](std::size_t i) { common_.format = formats[i]; },
        "text, or json: an object a line"));
}

void Cli::add_running(bool needs_types)
{
    auto &o = common_;

    running(app_->add_option("-d,--duration", duration_, "Stop after this time; fractions are fine"))
        ->option_text("SECONDS");
    running(app_->add_flag("--strict", o.strict, "Exit with 1 if any event was lost"));
    if (needs_types)
        running(app_->add_option("--btf", o.btf, "Take the kernel's types from FILE"))->option_text("FILE");
    add_verbose();
}

void Cli::add_verbose()
{
    running(app_->add_flag("-v,--verbose", common_.verbose, "Say what is chosen, and pass on libbpf's messages"));
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
    add_running();
}

void Cli::add_packet_counting()
{
    takes_command_ = true;
    add_format();
    add_running(false);
}

void Cli::add_common()
{
    auto &o = common_;

    add_filters("-u,--uid");
    add_format();
    display(app_->add_flag("-T,--time", o.show_time, "Show the time of day"));
    display(app_->add_flag("-t,--timestamp", o.show_timestamp, "Show the seconds since tracing began"));
    display(app_->add_flag("-U,--print-uid", o.show_uid, "Show the user's id"));

    running(app_->add_option("-c,--count", count_, "Stop after this many rows"))->option_text("N");
    running(
        app_->add_option("--ring-size", ring_size_, "Bytes of the ring buffer (256K, 4M): a power of two, from 4096"))
        ->option_text("SIZE");
    static constexpr std::array transports{Transport::automatic, Transport::ring, Transport::perf};
    running(add_choice(
        "--transport", {"auto", "ring", "perf"}, [&o](std::size_t i) { o.transport = transports[i]; },
        "How events reach the tool (default: ring where there is one)"));
    running(app_->add_option("--record", o.record, "Write the raw events to FILE as well"))->option_text("FILE");
    running(app_->add_option("--replay", o.replay, "Print a recorded FILE (- is stdin); needs no root"))
        ->option_text("FILE");
    add_running();
}

CLI::Option *Cli::own(CLI::Option *option) const { return option->group(fmt::format("Options of {}", info_.name)); }

void Cli::flag(const char *names, bool &to, const char *help) { own(app_->add_flag(names, to, help)); }

void Cli::option(const char *names, const char *value, std::string &to, const char *help)
{
    own(app_->add_option(names, to, help))->option_text(value);
}

void Cli::option(const char *names, const char *value, std::vector<std::string> &to, const char *help)
{
    own(app_->add_option(names, to, help))->option_text(value)->allow_extra_args(false);
}

void Cli::arguments(const char *name, std::vector<std::string> &to, const char *help)
{
    app_->add_option(name, to, help)->option_text("...");
}

void Cli::argument(const char *name, std::string &to, const char *help)
{
    app_->add_option(name, to, help)->required()->option_text(" "); // no "TEXT REQUIRED"
}

CLI::Option *Cli::add_choice(const char *names, const std::vector<std::string> &words,
                             std::function<void(std::size_t)> set, const char *help)
{
    const std::string_view all{names};
    const std::string name{all.substr(all.rfind(',') + 1)};
    const auto take = [words, name, set = std::move(set)](const std::string &text) {
        const auto word = std::find(words.begin(), words.end(), text);
        if (word == words.end())
            throw CLI::ValidationError{name, fmt::format("'{}' is none of {}", text, fmt::join(words, ", "))};
        set(static_cast<std::size_t>(word - words.begin()));
    };
    const std::string text = fmt::format("{}", fmt::join(words, "|"));
    return own(app_->add_option_function<std::string>(names, take, help))->option_text(text);
}

// --generate is for the build and for ./dev docs, not for users: it stands alone and is in no help.
void Cli::generate() const
{
    if (args_.size() != 2 || args_[1] != "--generate")
        return;
    const std::string &kind = args_[0];
    if (kind != "json" || !describe_rows_)
        throw Error{exit_usage, "--generate: cannot generate '{}'", kind};
    throw Done{describe_rows_()};
}

void Cli::parse()
{
    generate();
    try {
        app_->parse(args_);
    } catch (const CLI::CallForHelp &) {
        std::string help = app_->help();
        // CLI11 knows nothing of what follows --.
        if (const auto at = help.find('\n', help.find("[OPTIONS]")); takes_command_ && at != std::string::npos)
            help.insert(at, " [-- COMMAND ARGS...]");
        throw Done{help};
    } catch (const CLI::CallForVersion &) {
        throw Done{app_->version() + "\n"};
    } catch (const CLI::ExtrasError &) {
        throw Error{exit_usage, "'{}' is not expected; see `{} --help`", app_->remaining().front(), info_.name};
    } catch (const CLI::ArgumentMismatch &error) {
        const std::string_view text{error.what()}; // "--sort: At most 1 required but received 2"
        throw Error{exit_usage, "{}: {}; see `{} --help`", text.substr(0, text.find(':')),
                    text.find("received") == text.npos ? "needs a value" : "is given more than once", info_.name};
    } catch (const CLI::ParseError &error) {
        throw Error{exit_usage, "{}; see `{} --help`", first_line(error.what()), info_.name};
    }
    check();
    // `--replay "$FILE"` with FILE unset: not the same as no --replay.
    for (const CLI::Option *option : app_->get_options())
        for (const std::string &value : option->results())
            if (value.empty())
                throw Error{exit_usage, "{}: its value is empty; see `{} --help`", option->get_name(), info_.name};
}

void Cli::check()
{
    auto &o = common_;

    if (!takes_command_ && !o.command.empty())
        throw Error{exit_usage, "it runs no command: leave out `-- {}`", o.command.front()};
    for (const auto &user : users_)
        o.uids.push_back(parse_user(user));
    for (const auto &pid : pids_)
        o.pids.push_back(parse_pid("--pid", pid));
    for (const auto &pid : ppids_)
        o.ppids.push_back(parse_pid("--ppid", pid));
    for (const auto &comm : o.comms)
        if (comm.empty() || comm.size() > comm_max)
            throw Error{exit_usage, "--comm: '{}' has {} bytes; the kernel keeps 1 to {} of a name", comm, comm.size(),
                        comm_max};
    if (!duration_.empty())
        o.duration_s = parse_seconds("--duration", duration_);
    if (!count_.empty())
        o.count = parse_count("--count", count_);
    if (!ring_size_.empty()) {
        const std::uint64_t bytes = parse_size("--ring-size", ring_size_);
        if (bytes < 4096 || bytes > ring_max || (bytes & (bytes - 1)) != 0)
            throw Error{exit_usage, "--ring-size: invalid size '{}': give a power of two from 4096 to 1G", ring_size_};
        o.ring_bytes = static_cast<std::uint32_t>(bytes);
    }
    if (!o.replay.empty()) {
        if (!o.record.empty())
            throw Error{exit_usage, "--replay and --record exclude each other: a recording is copied with cp"};
        if (!o.command.empty())
            throw Error{exit_usage, "--replay runs no command: leave out `-- {}`", o.command.front()};
        if (!o.cgroups.empty())
            throw Error{exit_usage, "--cgroup cannot be checked in a recording; use it with --record"};
    }
}

} // namespace snoop
