// SPDX-License-Identifier: BSD-2-Clause
// opensnoop: its options, its columns, and which hooks it takes.
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "kernel/features.hpp"
#include "kernel/kernel_btf.hpp"
#include "libbpf/task_filters.hpp"
#include "run/row_printer.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"
#include "run/task_columns.hpp"
#include "table/open_flags.hpp"
#include <snoop/opensnoop.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "opensnoop.skel.h"

namespace {

using namespace snoop;

constexpr ToolInfo info{"opensnoop", "Shows every file that is opened, as it happens.",
                        "Examples:\n"
                        "  opensnoop                     every open, and every attempt\n"
                        "  opensnoop -x                  only those that fail\n"
                        "  opensnoop -F --path /etc      below /etc, as the file is really called\n"
                        "  opensnoop -e --flags O_CREAT  what makes files\n"
                        "  opensnoop -- make test        what a command opens, and all below it\n"
                        "  opensnoop -o json | jq .path",
                        OPEN_FORMAT};

enum class Probe { automatic, fentry, kprobe, raw_tracepoint, tracepoint };

struct Options {
    bool failed = false, extended = false, full_path = false;
    std::vector<std::string> prefixes, suffixes, flag_lists;
    AnyOpenFlag flags;
    Probe probe = Probe::automatic;
};

// ---- columns ----------------------------------------------------------------------------

// What the columns see: views into an event.
struct Row : TaskRow {
    const open_event *event;
    std::string_view path, resolved;
    bool full_path;

    Row(Session &session, const open_event &open, std::string_view data, bool full)
        : TaskRow(session, open.rec, open.task), event(&open), full_path(full)
    {
        path = data.substr(0, open.path_len);
        resolved = data.substr(path.size()).substr(0, open.resolved_len);
        path = path.substr(0, path.find('\0'));
    }

    [[nodiscard]] bool has(unsigned flag) const { return (event->rec.flags & flag) != 0; }
    [[nodiscard]] OpenFlags flags() const { return {event->flags}; }
    [[nodiscard]] std::optional<OpenMode> mode() const
    {
        return takes_mode(flags()) ? std::optional{OpenMode{event->mode & 07777}} : std::nullopt;
    }
    [[nodiscard]] bool has_path() const { return event->path_len > 0; }
    // As the caller gave it.
    [[nodiscard]] std::optional<std::string_view> given_path() const
    {
        return has_path() ? std::optional{path} : std::nullopt;
    }
    // From the root of the mount namespace. Of an attempt that failed: from where the
    // path starts, with the path itself behind it.
    [[nodiscard]] std::optional<ResolvedPath> resolved_path() const
    {
        const PathComponents components{resolved, has(OPEN_FLAG_RESOLVED_CUT)};

        if (!has(OPEN_FLAG_HAS_RESOLVED) || (has(OPEN_FLAG_BASE_ONLY) && !has_path()))
            return std::nullopt;
        return ResolvedPath{components, has(OPEN_FLAG_BASE_ONLY) ? path : std::string_view{}};
    }
    [[nodiscard]] std::optional<int> fd() const
    {
        return event->ret >= 0 && !has(OPEN_FLAG_NO_FD) ? std::optional{event->ret} : std::nullopt;
    }
};

// PATH: as given, or resolved with -F; of a handle, which has no path, where it led.
struct ShownPath {
    const Row &row;
};

void put_text(Buffer &out, ShownPath shown, Spaces spaces)
{
    const Row &row = shown.row;
    const auto resolved = row.full_path || !row.has_path() ? row.resolved_path() : std::nullopt;

    if (resolved)
        snoop::put_text(out, *resolved, spaces);
    else if (row.has(OPEN_FLAG_NO_PATH))
        append(out, "<fault>");
    else
        snoop::put_text(out, row.given_path(), spaces);
}

// FD: as bcc has it, -1 for an attempt that failed.
struct ShownFd {
    const Row &row;
};

void put_text(Buffer &out, ShownFd shown, Spaces spaces)
{
    snoop::put_text(out, shown.row.event->ret < 0 ? std::optional{-1} : shown.row.fd(), spaces);
}

bool has_dirfd(const Row &row) { return row.event->via != OPEN_VIA_OPEN && row.event->via != OPEN_VIA_CREAT; }

Columns<Row> make_columns(const CommonOptions &common, const Options &options)
{
    std::vector<Column<Row>> columns{json_only<Row>("event", [](const Row &) { return "open"; })};
    const auto add = [&](std::vector<Column<Row>> more) {
        std::move(more.begin(), more.end(), std::back_inserter(columns));
    };

    add_time_columns(columns, common);
    add_process_columns(columns);
    add({text_only<Row>("FD", 4, Align::left, [](const Row &r) { return ShownFd{r}; }),
         text_only<Row>("ERR", 4, Align::left, [](const Row &r) { return r.event->ret < 0 ? -r.event->ret : 0; }),
         json_only<Row>("fd", [](const Row &r) { return r.fd(); }),
         json_only<Row>("ret", [](const Row &r) { return r.event->ret; }), json_only<Row>("errno", [](const Row &r) {
             // Errors are -1 to -4095 (include/linux/err.h).
             return r.event->ret < 0 && r.event->ret > -4096 ? std::optional{errno_name(-r.event->ret)} : std::nullopt;
         })});
    if (options.extended)
        add({text_only<Row>("FLAGS", 27, Align::left, [](const Row &r) { return r.flags(); }),
             text_only<Row>("MODE", 4, Align::left, [](const Row &r) { return r.mode(); })});
    add({json_only<Row>("flags", [](const Row &r) { return r.flags(); }),
         json_only<Row>("mode", [](const Row &r) { return r.mode(); }),
         json_only<Row>("dirfd",
                        [](const Row &r) { return has_dirfd(r) ? std::optional{r.event->dirfd} : std::nullopt; }),
         text_only<Row>("PATH", 0, Align::left, [](const Row &r) { return ShownPath{r}; }),
         json_only<Row>("path", [](const Row &r) { return r.given_path(); }),
         json_only<Row>("resolved", [](const Row &r) { return r.resolved_path(); }),
         json_only<Row>("via", [](const Row &r) { return open_via_name(r.event->via); }),
         json_only<Row>("abi", [](const Row &r) { return r.has(SNOOP_FLAG_ABI32) ? 32 : 64; }),
         json_only<Row>("truncated", [](const Row &r) { return r.has(SNOOP_FLAG_TRUNCATED); }),
         json_only<Row>("faulted", [](const Row &r) { return r.has(SNOOP_FLAG_FAULTED); })});
    return Columns<Row>{std::move(columns)};
}

class OpenSink : public Sink {
public:
    OpenSink(Session &session, const Options &options)
        : session_(session), options_(options), rows_(session, make_columns(session.options(), options))
    {}

    void record(const snoop_record &rec, std::span<const std::byte> whole) override
    {
        if (rec.kind != OPEN_EVENT || whole.size() < sizeof(open_event))
            return;
        const auto &event = *reinterpret_cast<const open_event *>(whole.data());
        const auto data = whole.subspan(sizeof(event));
        const Row row{session_, event, {reinterpret_cast<const char *>(data.data()), data.size()}, options_.full_path};

        if (session_.task_passes(event.task) && passes_options(row))
            rows_.print(row);
        else
            session_.skip_row();
    }

private:
    // The programs have seen to that, but for replays and for what has no path of its own.
    [[nodiscard]] bool passes_options(const Row &row) const
    {
        if ((options_.failed && row.event->ret >= 0) || !options_.flags.matches(row.flags()))
            return false;
        if (options_.prefixes.empty() && options_.suffixes.empty())
            return true;
        const auto resolved = row.has_path() ? std::nullopt : row.resolved_path();
        const std::string path = resolved ? to_string(*resolved) : std::string{row.path};
        const auto none_or_any = [](const std::vector<std::string> &words, const auto &is_so) {
            return words.empty() || std::any_of(words.begin(), words.end(), is_so);
        };
        return none_or_any(options_.prefixes, [&](const auto &word) { return path.starts_with(word); }) &&
               none_or_any(options_.suffixes, [&](const auto &word) { return path.ends_with(word); });
    }

    Session &session_;
    const Options &options_;
    RowPrinter<Row> rows_;
};

// ---- hooks ------------------------------------------------------------------------------

void add_options(Cli &cli, Options &options)
{
    cli.flag("-x,--failed", options.failed, "Show failed attempts only");
    cli.flag("-e,--extended-fields", options.extended, "Show flags and mode");
    cli.flag("-F,--full-path", options.full_path, "Show the path from the root on, as the file is really called");
    cli.option("--path", "PREFIX", options.prefixes, "Only paths that begin so, as given; repeatable");
    cli.option("--suffix", "EXT", options.suffixes, "Only paths that end so, as given; repeatable");
    cli.option("--flags", "LIST", options.flag_lists, "Only with any of these: O_WRONLY,O_CREAT; repeatable");
    cli.choice<Probe>("--probe", options.probe,
                      {{"auto", Probe::automatic},
                       {"fentry", Probe::fentry},
                       {"kprobe", Probe::kprobe},
                       {"raw_tp", Probe::raw_tracepoint},
                       {"tracepoint", Probe::tracepoint}},
                      "Which hooks (default: the first of these that the system has)");
}

void check_options(Options &options)
{
    const auto check = [](const char *option, const std::vector<std::string> &words, std::size_t most) {
        for (const auto &word : words)
            if (word.size() > most)
                throw Error{exit_usage, "{}: '{}' has {} bytes, at most {} can be compared", option, word, word.size(),
                            most};
    };

    check("--path", options.prefixes, OPEN_PREFIX_MAX);
    check("--suffix", options.suffixes, OPEN_SUFFIX_MAX);
    for (const auto &list : options.flag_lists)
        options.flags.add("--flags", list);
}

using Skel = opensnoop_bpf;

void configure(Skel &skel, const Session &session, const Options &options)
{
    const auto &common = session.options();

    skel.rodata->own_pid = static_cast<__u32>(getpid());
    skel.rodata->only_failed = options.failed;
    skel.rodata->want_resolved = options.full_path || common.format == Format::json || !common.record.empty();
    skel.rodata->filter_prefix = !options.prefixes.empty();
    skel.rodata->filter_suffix = !options.suffixes.empty();
    skel.rodata->filter_flags = !options.flags.empty();
    skel.rodata->flags_any = options.flags.any;
    skel.rodata->access_any = options.flags.access;
    // Attached by name, since the name changed or may be missing.
    for (bpf_program *program : {skel.progs.uring_submit, skel.progs.uring_complete}) {
        bpf_program__set_autoload(program, true);
        bpf_program__set_autoattach(program, false);
    }
    bpf_map__set_autocreate(skel.maps.filp_open_calls, false);
    create_map(skel.maps.path_filter, !options.prefixes.empty());
    create_map(skel.maps.suffix_filter, !options.suffixes.empty());
}

void fill(Skel &skel, const Options &options)
{
    for (const auto &prefix : options.prefixes)
        add_to_trie(skel.maps.path_filter, "--path", prefix);
    for (const auto &suffix : options.suffixes)
        add_to_trie(skel.maps.suffix_filter, "--suffix", {suffix.rbegin(), suffix.rend()});
}

void attach_uring(Skel &skel, std::vector<Link> &links)
{
    for (const auto &[program, names] :
         {std::pair{skel.progs.uring_submit, std::array{"io_uring_submit_req", "io_uring_submit_sqe"}},
          std::pair{skel.progs.uring_complete, std::array{"io_uring_complete", "io_uring_complete"}}})
        for (const char *name : names)
            if (Link link = attach_raw_tracepoint(program, name)) {
                links.push_back(std::move(link));
                break;
            }
}

class Ways {
public:
    Ways(const Session &session, const Options &options) : session_(session), options_(options) {}

    // In the order of preference; one alone if --probe names it.
    [[nodiscard]] std::vector<AttachMethod<Skel>> all() const
    {
        std::vector<AttachMethod<Skel>> ways;
        const auto add = [&](Probe probe, const char *lack, auto... way) {
            const bool forced = options_.probe == probe;
            if (options_.probe != Probe::automatic && !forced)
                return;
            if (!lack)
                (ways.push_back(std::move(way)), ...);
            else if (forced)
                throw Error{exit_lacks, "--probe: {}; leave out --probe", lack};
            else
                session_.log().detail("not on this system: {}", lack);
        };

        const auto add_fentry = [&] {
            add(Probe::fentry, kernel::has_fentry() ? nullptr : "the kernel does not let fentry programs load",
                fentry("do_filp_open"), fentry("do_file_open"));
        };
        const auto add_kprobe = [&] {
            add(Probe::kprobe, kernel::has_kprobes() ? nullptr : "the kernel has no kprobes (CONFIG_KPROBES)",
                kprobe());
        };
        // Dearer to other calls than the tracepoints of the opening ones, and yet cheaper
        // than these with what they need beside them for 32-bit calls.
        const auto add_raw_tracepoint = [&] { add(Probe::raw_tracepoint, nullptr, raw_tracepoint()); };
        const auto add_tracepoint = [&] {
            add(Probe::tracepoint,
                kernel::tracefs() ? nullptr
                                  : "tracefs is not mounted or not readable "
                                    "(mount -t tracefs tracefs /sys/kernel/tracing)",
                tracepoint());
        };

        if (kernel::may_preempt_programs()) {
            session_.log().detail(
                "the kernel preempts programs: hooks by way of perf first, which it does not preempt");
            add_kprobe();
            add_fentry();
            add_tracepoint();
            add_raw_tracepoint();
        } else {
            add_fentry();
            add_kprobe();
            add_raw_tracepoint();
            add_tracepoint();
        }
        return ways;
    }

private:
    template <class Configure, class AttachMore>
    AttachMethod<Skel> way(const char *name, Configure configure_more, AttachMore attach_more) const
    {
        return {name,
                [this, configure_more](Skel &skel) {
                    configure(skel, session_, options_);
                    configure_more(skel);
                },
                [attach_more](Skel &skel) {
                    std::vector<Link> links;
                    attach_uring(skel, links);
                    attach_more(skel, links);
                    return links;
                },
                [this](Skel &skel) { fill(skel, options_); }};
    }

    static void load(std::initializer_list<bpf_program *> programs)
    {
        for (bpf_program *program : programs)
            bpf_program__set_autoload(program, true);
    }

    // The faster one needs the kernel's own BTF, --btf does not help.
    static bpf_program *raw_exit(const Skel &skel)
    {
        return kernel::has_btf() ? skel.progs.on_any_exit : skel.progs.on_any_exit_raw;
    }

    // What is dearer is run for every event, see bpf/lib/backup.bpf.h.
    static bpf_program *any_exit(const Skel &skel)
    {
        return kernel::may_preempt_programs() && kernel::tracefs() ? skel.progs.on_any_exit_perf : raw_exit(skel);
    }

    // Of exec and of the kernel itself; its name changed with 7.0.
    [[nodiscard]] AttachMethod<Skel> fentry(const char *inner) const
    {
        return way(
            "fentry",
            [this, inner](Skel &skel) {
                load({skel.progs.open_fexit, skel.progs.handle_fexit, skel.progs.filp_open_fexit});
                set_attach_function(skel.progs.filp_open_fexit, inner);
                session_.log().detail("probe: fexit on do_sys_openat2, do_handle_open, {}", inner);
            },
            [](Skel &, std::vector<Link> &) {});
    }

    [[nodiscard]] AttachMethod<Skel> kprobe() const
    {
        return way(
            "kprobe",
            [this](Skel &skel) {
                load({any_exit(skel), skel.progs.filp_open_kprobe, skel.progs.filp_open_kretprobe,
                      skel.progs.cleanup_filp_open, skel.progs.cleanup_filp_open_of_exec});
                for (bpf_program *program : {skel.progs.filp_open_kprobe, skel.progs.filp_open_kretprobe})
                    bpf_program__set_autoattach(program, false);
                bpf_map__set_autocreate(skel.maps.filp_open_calls, true);
                skel.rodata->filp_open_by_kprobe = 1;
                session_.log().detail("probe: sys_exit, kprobe and kretprobe on do_filp_open");
            },
            [this](Skel &skel, std::vector<Link> &links) {
                // The return first: an entry that it missed would stay in the map.
                const auto attach = [&](bpf_program *program, bool at_return) {
                    links.push_back(
                        attach_kprobe(session_.log(), program, at_return, {"do_filp_open", "do_file_open"}));
                };
                attach(skel.progs.filp_open_kretprobe, true);
                attach(skel.progs.filp_open_kprobe, false);
            });
    }

    [[nodiscard]] AttachMethod<Skel> tracepoint() const
    {
        const bool has_32bit = kernel::runs_32bit_programs();

        return way(
            "tracepoint",
            [this, has_32bit](Skel &skel) {
                load({skel.progs.open_tracepoint, skel.progs.on_exec});
                bpf_program__set_autoload(any_exit(skel), has_32bit);
                skel.rodata->only_32bit = 1;
                skel.rodata->exec_by_exit = 1;
                session_.log().detail("probe: tp/syscalls/sys_exit_open…{}, raw_tp/sched_process_exec",
                                      has_32bit ? ", and sys_exit for 32-bit calls" : "");
            },
            [this](Skel &skel, std::vector<Link> &links) {
                // Not every architecture has open and creat, not every kernel the others.
                for (const char *name : {"open", "creat", "openat2", "open_by_handle_at", "execve", "execveat"}) {
                    const std::string event = fmt::format("sys_exit_{}", name);
                    if (access(fmt::format("{}/events/syscalls/{}", *kernel::tracefs(), event).c_str(), F_OK) == 0)
                        links.push_back(
                            attach_tracepoint(session_.log(), skel.progs.open_tracepoint, "syscalls", event.c_str()));
                }
            });
    }

    [[nodiscard]] AttachMethod<Skel> raw_tracepoint() const
    {
        return way(
            "raw_tp",
            [this](Skel &skel) {
                load({raw_exit(skel), skel.progs.on_exec});
                skel.rodata->exec_by_exit = 1;
                session_.log().detail("probe: sys_exit, raw_tp/sched_process_exec");
            },
            [](Skel &, std::vector<Link> &) {});
    }

    const Session &session_;
    const Options &options_;
};

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    add_options(cli, options);
    cli.parse();
    check_options(options);

    Session session{info, cli.common()};
    OpenSink sink{session, options};
    const Ways ways{session, options};
    return session.run<Skel>(sink, [&] { return ways.all(); });
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
