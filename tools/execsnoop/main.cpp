// SPDX-License-Identifier: BSD-2-Clause
// execsnoop: its options, its columns, and how its records become rows.
#include "attach/failed_execs.hpp"
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "execsnoop/assembler.hpp"
#include "kernel/features.hpp"
#include "run/row_printer.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"
#include "run/task_columns.hpp"
#include <snoop/execsnoop.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "execsnoop.skel.h"

namespace {

using namespace snoop;

constexpr ToolInfo info{"execsnoop", "Shows every program that is executed, as it happens.",
                        "Examples:\n"
                        "  execsnoop                     every program that starts\n"
                        "  execsnoop -x                  and every attempt that fails\n"
                        "  execsnoop -u alice -T         only alice's, with the time\n"
                        "  execsnoop --exit              how long each ran, and how it ended\n"
                        "  execsnoop -- make test        what a command runs, and all below it\n"
                        "  execsnoop -o json | jq -r .filename",
                        EXEC_FORMAT};

struct Options {
    bool failed = false, quote = false, exit = false;
    std::vector<std::string> words;
    std::string max_args_text = "64K";
    std::uint32_t max_args = 0;
    FailureProbe probe = FailureProbe::automatic;
};

// How a process ended, where --exit waited for it.
struct Ending {
    std::uint64_t duration_ns;
    std::optional<int> status; // as waitpid(2) gives it; nothing: it exec'd again
};

const exec_event &event_of(const Assembled &exec) { return *reinterpret_cast<const exec_event *>(exec.head.data()); }

// What the columns see: views into an event.
struct Row : TaskRow {
    const exec_event *event;
    std::uint16_t flags;
    std::string_view filename, interp, cwd, args;
    std::optional<Ending> ending;
    bool quote = false;

    Row(Session &session, const Assembled &exec)
        : TaskRow(session, event_of(exec).rec, event_of(exec).task), event(&event_of(exec)), flags(exec.flags)
    {
        std::string_view data{reinterpret_cast<const char *>(event + 1), exec.head.size() - sizeof(*event)};
        const auto take = [&](std::uint32_t size) {
            const std::string_view part = data.substr(0, size);
            data.remove_prefix(part.size());
            return part;
        };
        std::string_view part = take(event->filename_len);
        filename = take_string(part);
        part = take(event->interp_len);
        interp = take_string(part);
        cwd = take(event->cwd_len);
        args = take(event->args_len);
        if (!exec.tail.empty())
            args = exec.tail;
        // All of args_total was sent, or a flag says why not: then a record got lost.
        if (args.size() < event->args_total && !has(EXEC_FLAG_NO_ARGS))
            flags |= SNOOP_FLAG_TRUNCATED;
    }

    [[nodiscard]] bool has(unsigned flag) const { return (flags & flag) != 0; }
    // The wait status of a process that has ended.
    [[nodiscard]] std::optional<int> status() const { return ending ? ending->status : std::nullopt; }
    [[nodiscard]] std::optional<int> signal() const
    {
        return status() && (*status() & 0x7f) != 0 ? std::optional{*status() & 0x7f} : std::nullopt;
    }
    [[nodiscard]] std::optional<int> exit_code() const
    {
        return status() && !signal() ? std::optional{*status() >> 8 & 0xff} : std::nullopt;
    }
};

// ARGS: the file that runs, then its arguments from argv[1] on. A script's argv
// begins with its interpreter, and that is what runs.
struct CommandLine {
    const Row &row;
};

void put_text(Buffer &out, CommandLine line, Spaces spaces)
{
    const Row &row = line.row;
    const auto put_word = [&](std::string_view word) {
        if (row.quote)
            append_quoted(out, word);
        else
            append_escaped(out, word, spaces);
    };

    if (row.has(EXEC_FLAG_NO_FILENAME))
        append(out, "<fault>");
    else
        put_word(row.interp.empty() ? row.filename : row.interp);
    std::string_view args = row.args;
    take_string(args);
    while (!args.empty()) {
        out.push_back(' ');
        put_word(take_string(args));
    }
    if (row.has(EXEC_FLAG_NO_ARGS))
        append(out, " <fault>");
    if (row.has(SNOOP_FLAG_TRUNCATED) && row.event->args_total > 0)
        fmt::format_to(std::back_inserter(out), " <cut: {} of {} bytes>", row.args.size(), row.event->args_total);
    else if (row.has(SNOOP_FLAG_TRUNCATED))
        fmt::format_to(std::back_inserter(out), " <cut after {} bytes>", row.args.size());
}

// EXIT: 0, 42, SIGSEGV; "exec" where the process became another program.
struct Outcome {
    const Row &row;
};

void put_text(Buffer &out, Outcome outcome, Spaces spaces)
{
    const Row &row = outcome.row;

    if (row.signal())
        snoop::put_text(out, signal_name(*row.signal()), spaces);
    else if (row.ending && !row.ending->status)
        append(out, "exec");
    else
        snoop::put_text(out, row.exit_code(), spaces);
}

Columns<Row> make_columns(const CommonOptions &common, const Options &options)
{
    std::vector<Column<Row>> columns{json_only<Row>("event", [](const Row &) { return "exec"; })};
    const auto add = [&](std::vector<Column<Row>> more) {
        std::move(more.begin(), more.end(), std::back_inserter(columns));
    };

    add_time_columns(columns, common);
    add({{"COMM", 16, Align::left, "comm", [](const Row &r) { return text_of(r.task->comm); }},
         {"PID", 7, Align::left, "pid", [](const Row &r) { return r.task->pid; }},
         {"PPID", 7, Align::left, "ppid", [](const Row &r) { return r.task->ppid; }},
         {"RET", 4, Align::left, "ret", [](const Row &r) { return r.event->ret; }},
         json_only<Row>("errno", [](const Row &r) {
             // Errors are -1 to -4095 (include/linux/err.h).
             return r.event->ret < 0 && r.event->ret > -4096 ? std::optional{errno_name(-r.event->ret)} : std::nullopt;
         })});
    add_task_columns(columns);
    if (options.exit)
        add({text_only<Row>("EXIT", 8, Align::left, [](const Row &r) { return Outcome{r}; }),
             {"RAN(ms)", 10, Align::right, "duration_ns",
              [](const Row &r) { return r.ending ? std::optional{Duration{r.ending->duration_ns}} : std::nullopt; }},
             json_only<Row>("exit_code", [](const Row &r) { return r.exit_code(); }),
             json_only<Row>("signal", [](const Row &r) {
                 return r.signal() ? std::optional{signal_name(*r.signal())} : std::nullopt;
             })});
    add({text_only<Row>("ARGS", 0, Align::left, [](const Row &r) { return CommandLine{r}; }),
         json_only<Row>(
             "filename",
             [](const Row &r) { return r.has(EXEC_FLAG_NO_FILENAME) ? std::nullopt : std::optional{r.filename}; }),
         json_only<Row>("interp",
                        [](const Row &r) { return r.interp.empty() ? std::nullopt : std::optional{r.interp}; }),
         json_only<Row>("args", [](const Row &r) { return Strings{r.args}; }),
         json_only<Row>(
             "args_bytes",
             [](const Row &r) { return r.event->args_total > 0 ? r.event->args_total : __u64{r.args.size()}; }),
         json_only<Row>("truncated", [](const Row &r) { return r.has(SNOOP_FLAG_TRUNCATED); }),
         json_only<Row>("faulted", [](const Row &r) { return r.has(SNOOP_FLAG_FAULTED); }),
         json_only<Row>("old_tid", [](const Row &r) { return r.event->old_tid; }),
         // Of the call, whose registers a success no longer has.
         json_only<Row>("abi",
                        [](const Row &r) {
                            return r.has(SNOOP_FLAG_ABI32) ? std::optional{32}
                                   : r.event->ret < 0      ? std::optional{64}
                                                           : std::nullopt;
                        }),
         json_only<Row>("cwd", [](const Row &r) {
             return r.has(EXEC_FLAG_HAS_CWD) ? std::optional{PathComponents{r.cwd, r.has(EXEC_FLAG_CWD_CUT)}}
                                             : std::nullopt;
         })});
    return Columns<Row>{std::move(columns)};
}

// Joins records to events, waits for a process's end with --exit, and prints.
class ExecSink : public Sink {
public:
    ExecSink(Session &session, const Options &options)
        : session_(session),
          options_(options),
          rows_(session, make_columns(session.options(), options)),
          assembler_([this](const Assembled &exec) { complete(exec); })
    {}

    void record(const snoop_record &rec, std::span<const std::byte> whole) override
    {
        if (rec.kind == EXEC_HEAD && whole.size() >= sizeof(exec_event))
            assembler_.first(rec, whole);
        else if (rec.kind == EXEC_ARGS && whole.size() >= sizeof(exec_args))
            assembler_.next(rec, whole.subspan(sizeof(exec_args)));
        else if (rec.kind == EXEC_EXIT && whole.size() >= sizeof(exec_exit))
            end_process(*reinterpret_cast<const exec_exit *>(whole.data()));
    }

    bool drained() override { return assembler_.expire(); }

    void finish() override
    {
        assembler_.finish();
        // Still alive: their end is not known. In the order in which they began.
        std::vector<Assembled> left;
        for (const auto &[pid, exec] : running_)
            left.push_back(exec.event());
        std::sort(left.begin(), left.end(),
                  [](const auto &a, const auto &b) { return event_of(a).rec.ts_ns < event_of(b).rec.ts_ns; });
        for (const Assembled &exec : left)
            print(exec, std::nullopt);
        running_.clear();
    }

private:
    void complete(const Assembled &exec)
    {
        const exec_event &event = event_of(exec);
        const std::uint32_t pid = event.task.pid;

        if (event.ret == 0)
            end_image(pid, event.rec.ts_ns, std::nullopt);
        if (exec.flags & EXEC_FLAG_EXIT_FOLLOWS)
            running_.insert_or_assign(pid, StoredEvent{exec});
        else
            print(exec, std::nullopt);
    }

    void end_process(const exec_exit &exit)
    {
        // Since an exec, its thread has the process's number.
        assembler_.give_up_before(exit.rec.ts_ns, exit.pid);
        const auto found = running_.find(exit.pid);

        // One that had to be kept can come when another process has its number.
        if (found != running_.end() && exit.rec.ts_ns >= event_of(found->second.event()).rec.ts_ns)
            end_image(exit.pid, exit.rec.ts_ns, exit.status);
    }

    // What the process ran until now ends: with the process, or by its next exec.
    void end_image(std::uint32_t pid, std::uint64_t ts_ns, std::optional<int> status)
    {
        if (const auto node = running_.extract(pid)) {
            const Assembled exec = node.mapped().event();
            print(exec, Ending{ts_ns - event_of(exec).rec.ts_ns, status});
        }
    }

    void print(const Assembled &exec, const std::optional<Ending> &ending)
    {
        Row row{session_, exec};

        row.ending = ending;
        row.quote = options_.quote;
        if (session_.task_passes(*row.task) && has_words(row))
            rows_.print(row);
        else
            session_.skip_row();
    }

    // -l: in the file's name or in its arguments, as the row shows them.
    [[nodiscard]] bool has_words(const Row &row)
    {
        if (options_.words.empty())
            return true;
        searched_.assign(row.filename);
        std::string_view args = row.args;
        take_string(args);
        while (!args.empty())
            searched_.append(" ").append(take_string(args));
        return std::any_of(options_.words.begin(), options_.words.end(),
                           [&](const std::string &word) { return searched_.find(word) != std::string::npos; });
    }

    Session &session_;
    const Options &options_;
    RowPrinter<Row> rows_;
    Assembler assembler_;
    std::unordered_map<std::uint32_t, StoredEvent> running_; // by process, with --exit
    std::string searched_;
};

void add_options(Cli &cli, Options &options)
{
    cli.flag("-q,--quote", options.quote, "Quote arguments as a shell needs them");
    cli.option("-l,--line", "SUBSTR", options.words, "Only where the arguments contain this; repeatable");
    cli.flag("--exit", options.exit, "Show each row when its process ends, with how and after how long");
    cli.option("--max-args-bytes", "SIZE", options.max_args_text, "Bytes of arguments kept (default 64K, up to 2M)");
    add_failure_options(cli, options.failed, options.probe, "Show failed attempts too");
}

void check_options(Options &options)
{
    const std::uint64_t bytes = parse_size("--max-args-bytes", options.max_args_text);

    if (bytes < 1 || bytes > EXEC_ARGS_MAX)
        throw Error{exit_usage, "--max-args-bytes: '{}' must be from 1 to 2M", options.max_args_text};
    options.max_args = static_cast<std::uint32_t>(bytes);
    check_failure_options(options.failed, options.probe);
}

void configure(execsnoop_bpf &skel, const Session &session, const Options &options, const FailureHooks &failures)
{
    const auto &common = session.options();
    const auto &programs = skel.progs;
    const bool has_loop = options.failed && kernel::has_helper(BPF_FUNC_loop);
    const auto load = [&](bpf_program *program, bpf_program *old, bool wanted) {
        bpf_program__set_autoload(program, wanted && has_loop);
        bpf_program__set_autoload(old, wanted && !has_loop);
    };

    skel.rodata->max_args = options.max_args;
    skel.rodata->more_records = options.max_args / EXEC_MORE_ARGS + 1;
    skel.rodata->want_cwd = common.format == Format::json || !common.record.empty();
    skel.rodata->want_exit = options.exit;
    skel.rodata->only_32bit = failures.only_32bit();
    load(programs.on_failed_call, programs.on_failed_call_old, failures.calls);
    load(programs.on_failed_any, programs.on_failed_any_old, failures.any);
    load(programs.on_failed_any_perf, programs.on_failed_any_perf_old, failures.any_perf);
    bpf_program__set_autoload(programs.on_exit, options.exit);
    bpf_map__set_autocreate(skel.maps.failed_scratch, options.failed);
    create_map(skel.maps.running, options.exit);
    create_map(skel.maps.spilled, options.exit);
    session.log().detail("probe: successes by raw_tp/sched_process_exec");
}

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    add_options(cli, options);
    cli.parse();
    check_options(options);

    Session session{info, cli.common()};
    ExecSink sink{session, options};
    const FailureHooks failures = options.failed && cli.common().replay.empty()
                                      ? choose_failure_hooks(session.log(), options.probe)
                                      : FailureHooks{};
    return session.run(
        sink, AttachMethod<execsnoop_bpf>{
                  "raw_tp", [&](auto &skel) { configure(skel, session, options, failures); },
                  [&](auto &skel) {
                      return attach_execveat(session.log(), {skel.progs.on_failed_call, skel.progs.on_failed_call_old});
                  }});
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
