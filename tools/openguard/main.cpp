// SPDX-License-Identifier: BSD-2-Clause
// openguard: its options, its columns, and how guards are put into place.
#include "base/error.hpp"
#include "base/fd.hpp"
#include "cli/cli.hpp"
#include "kernel/features.hpp"
#include "kernel/lsm.hpp"
#include "libbpf/task_filters.hpp"
#include "run/row_printer.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"
#include "run/task_columns.hpp"
#include "table/open_flags.hpp"
#include <snoop/openguard.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <fts.h>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "openguard.skel.h"

namespace {

using namespace snoop;

constexpr ToolInfo info{"openguard", "Shows who opens given files and directories or, with --enforce, forbids it.",
                        "Examples:\n"
                        "  openguard /etc/shadow                    who opens it, by whatever name\n"
                        "  openguard -e /srv/keys ~/.ssh            and all that is below a directory\n"
                        "  openguard --inode 8:1:131                a file by its numbers\n"
                        "  openguard --enforce -u alice /srv/keys   alice gets EPERM\n"
                        "  openguard --enforce -d 60 /srv/keys      nobody can open it, for a minute\n"
                        "  openguard -o json /etc/shadow | jq .comm",
                        GUARD_FORMAT};

struct Options {
    std::vector<std::string> paths, inodes;
    bool enforce = false, extended = false;
};

// ---- columns ----------------------------------------------------------------------------

// Of a file system, as the kernel has it. "8:1", as in /proc/self/mountinfo.
struct DeviceNumber {
    std::uint32_t number;
};

std::string to_string(DeviceNumber dev) { return fmt::format("{}:{}", dev.number >> 20, dev.number & 0xfffff); }
void put_json(JsonWriter &json, DeviceNumber dev) { json.value(std::string_view{to_string(dev)}); }
constexpr JsonType json_type_of(std::type_identity<DeviceNumber>) { return json_string; }

// What the columns see: views into an event.
struct Row : TaskRow {
    const guard_event *event;
    std::string_view components, guard_text;

    Row(Session &session, const guard_event &open, std::string_view data)
        : TaskRow(session, open.rec, open.task), event(&open)
    {
        components = data.substr(0, open.path_len);
        guard_text = data.substr(components.size()).substr(0, open.text_len);
    }

    [[nodiscard]] bool is_truncated() const { return (event->rec.flags & SNOOP_FLAG_TRUNCATED) != 0; }
    [[nodiscard]] ResolvedPath path() const { return {{components, is_truncated()}, {}}; }
    // None if somebody put it into the map while the tool ran.
    [[nodiscard]] std::optional<std::string_view> guard() const
    {
        return guard_text.empty() ? std::nullopt : std::optional{guard_text};
    }
    [[nodiscard]] std::string_view action() const { return event->action == GUARD_DENIED ? "denied" : "audited"; }
};

Columns<Row> make_columns(const CommonOptions &common, const Options &options)
{
    std::vector<Column<Row>> columns{json_only<Row>("event", [](const Row &) { return "guard"; })};
    const auto add = [&](std::vector<Column<Row>> more) {
        std::move(more.begin(), more.end(), std::back_inserter(columns));
    };

    add_time_columns(columns, common);
    add_process_columns(columns);
    add({{"ACTION", 7, Align::left, "action", [](const Row &r) { return r.action(); }}});
    if (options.extended)
        add({text_only<Row>("VIA", 8, Align::left, [](const Row &r) { return open_via_name(r.event->via); }),
             text_only<Row>("FLAGS", 33, Align::left, [](const Row &r) { return OpenFlags{r.event->flags}; })});
    add({{"GUARD", 20, Align::left, "guard", [](const Row &r) { return r.guard(); }},
         {"PATH", 0, Align::left, "path", [](const Row &r) { return r.path(); }},
         json_only<Row>("dev", [](const Row &r) { return DeviceNumber{r.event->dev}; }),
         json_only<Row>("ino", [](const Row &r) { return r.event->ino; }),
         json_only<Row>("flags", [](const Row &r) { return OpenFlags{r.event->flags}; }),
         json_only<Row>("via", [](const Row &r) { return open_via_name(r.event->via); }),
         json_only<Row>("abi", [](const Row &r) { return (r.event->rec.flags & SNOOP_FLAG_ABI32) != 0 ? 32 : 64; }),
         json_only<Row>("truncated", [](const Row &r) { return r.is_truncated(); })});
    return Columns<Row>{std::move(columns)};
}

class GuardSink : public Sink {
public:
    GuardSink(Session &session, const Options &options)
        : session_(session), rows_(session, make_columns(session.options(), options))
    {}

    void record(const snoop_record &rec, std::span<const std::byte> whole) override
    {
        if (rec.kind != GUARD_EVENT || whole.size() < sizeof(guard_event))
            return;
        const auto &event = *reinterpret_cast<const guard_event *>(whole.data());
        const auto data = whole.subspan(sizeof(event));

        if (session_.task_passes(event.task))
            rows_.print(Row{session_, event, {reinterpret_cast<const char *>(data.data()), data.size()}});
        else
            session_.skip_row();
    }

private:
    Session &session_;
    RowPrinter<Row> rows_;
};

// ---- what is guarded ----------------------------------------------------------------------

struct Guarded {
    std::string text{};  // as it was given
    Fd file{};           // O_PATH: while it is open, no other file gets the inode's number
    guard_inode inode{}; // of --inode, which has no file
    bool is_dir = true;
};

// "8:1:131". Throws Error (exit 2).
Guarded parse_inode(const std::string &text)
{
    std::array<std::uint64_t, 3> parts{};
    const char *at = text.data(), *end = at + text.size();
    bool good = true;

    for (std::size_t i = 0; i < parts.size() && good; i++) {
        const auto [stop, err] = std::from_chars(at, end, parts[i]);
        const bool is_last = i + 1 == parts.size();
        good = err == std::errc{} && (is_last ? stop == end : stop != end && *stop == ':');
        at = stop + !is_last;
    }
    if (!good || parts[0] > 0xfff || parts[1] > 0xfffff || parts[2] == 0)
        throw Error{exit_usage, "--inode: '{}' is no inode; give MAJOR:MINOR:INODE, as in 8:1:131", text};
    const DeviceNumber dev{static_cast<std::uint32_t>(parts[0] << 20 | parts[1])};
    std::ifstream mounts{"/proc/self/mountinfo"};
    std::string line;
    // "36 35 8:1 / /mnt rw - ext4 /dev/sda1 rw"
    while (std::getline(mounts, line))
        if (line.find(" " + to_string(dev) + " ") != line.npos)
            return {.text = text, .inode = {.ino = parts[2], .dev = dev.number, .pad = 0}};
    throw Error{exit_usage,
                "--inode: no file system that is mounted has the number {}; /proc/self/mountinfo lists them",
                to_string(dev)};
}

// Throws Error (exit 2).
Guarded open_guarded(const std::string &path)
{
    Guarded one{.text = path, .file = Fd{open(path.c_str(), O_PATH | O_CLOEXEC)}};
    struct stat about {};

    if (!one.file || fstat(one.file.get(), &about) != 0)
        throw Error{exit_usage, "cannot guard '{}': {}", path, describe_errno(errno)};
    one.is_dir = S_ISDIR(about.st_mode);
    return one;
}

std::vector<Guarded> find_guarded(const Options &options)
{
    std::vector<Guarded> all;

    for (const auto &inode : options.inodes)
        all.push_back(parse_inode(inode));
    for (const auto &path : options.paths)
        all.push_back(open_guarded(path));
    return all;
}

using Skel = openguard_bpf;

// Puts the guards into the maps. What the kernel calls a file, it learns from the kernel:
// the program `learn_inode` sees this process call stat.
class Placing {
public:
    Placing(Skel &skel, const Log &log) : skel_(skel), log_(log), learning_(bpf_program__attach(skel.progs.learn_inode))
    {
        if (!learning_)
            throw_bpf_error(log, "attach", errno);
    }

    void place(const Guarded &one, std::uint32_t number)
    {
        if (!one.file) {
            put(one.text, one.inode, {.flags = GUARD_ITSELF, .number = number, .generation = 0, .pad = 0});
            return;
        }
        struct stat about {};
        const guard_learned what = look(one.file.get(), "", AT_EMPTY_PATH, about);
        const guard guard{.flags = static_cast<__u32>(one.is_dir ? GUARD_DIR : GUARD_FILE),
                          .number = number,
                          .generation = has_subvolumes(what, about) ? what.generation : 0,
                          .pad = 0};

        put(one.text, {what.ino, what.dev, 0}, guard);
        if (what.named) {
            guard_name name{.dir = {what.dir_ino, what.dir_dev, 0}, .name = {}};
            std::memcpy(name.name, what.name, sizeof(name.name));
            put(one.text, name.dir, {GUARD_NAMES, number, what.dir_generation, 0});
            update(skel_.maps.guard_names, &name, guard);
        }
        log_.detail("'{}' is {}:{}", one.text, to_string(DeviceNumber{what.dev}), what.ino);
    }

    // Of a file with several names one may lie outside of the directory. Names that are made
    // from now on are followed by the programs. That may take long: false if a signal came.
    bool place_links(const Guarded &dir, std::uint32_t number)
    {
        std::array<char *, 2> roots{const_cast<char *>(dir.text.c_str()), nullptr};
        const std::unique_ptr<FTS, int (*)(FTS *)> tree{
            fts_open(roots.data(), FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_XDEV, nullptr), fts_close};
        const auto is_many = [](const FTSENT *entry) {
            return (entry->fts_info == FTS_F || entry->fts_info == FTS_DEFAULT) && entry->fts_statp->st_nlink > 1;
        };

        if (!tree)
            throw Error{exit_runtime, "cannot look into '{}': {}", dir.text, describe_errno(errno)};
        while (const FTSENT *entry = fts_read(tree.get())) {
            struct stat about {};
            if (is_to_end())
                return false;
            if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
                log_.line("cannot look for hard links in '{}': {}", entry->fts_path, describe_errno(entry->fts_errno));
            else if (is_many(entry))
                if (const auto what = look(AT_FDCWD, entry->fts_path, AT_SYMLINK_NOFOLLOW, about); what.known)
                    put(entry->fts_path, {what.ino, what.dev, 0}, {GUARD_FILE, number, what.generation, 0});
        }
        return true;
    }

private:
    // Signals are held back for Loop, which does not wait yet.
    static bool is_to_end()
    {
        sigset_t pending;

        sigpending(&pending);
        return std::ranges::any_of(std::array{SIGINT, SIGTERM, SIGHUP},
                                   [&](int signal) { return sigismember(&pending, signal) == 1; });
    }

    // Throws Error (exit 3) if the kernel does not call the program. Not known: the file is gone.
    guard_learned look(int dirfd, const char *path, int flags, struct stat &about)
    {
        skel_.bss->state.learned = {};
        const bool is_there = fstatat(dirfd, path, &about, flags) == 0;
        if (is_there && !skel_.bss->state.learned.known)
            throw Error{exit_lacks, "this kernel does not call LSM programs: {}", lsm::how_to_enable(lsm::active())};
        return skel_.bss->state.learned;
    }

    // Numbers of inodes repeat in each of them; btrfs then says another device than the kernel.
    static bool has_subvolumes(const guard_learned &what, const struct stat &about)
    {
        return (major(about.st_dev) << 20 | minor(about.st_dev)) != what.dev;
    }

    void put(const std::string &what, const guard_inode &inode, guard guard)
    {
        ::guard known{};

        if (bpf_map_lookup_elem(bpf_map__fd(skel_.maps.guards), &inode, &known) == 0) {
            if (known.generation && guard.generation && known.generation != guard.generation)
                throw Error{exit_runtime,
                            "'{}' has the number of another one in another subvolume: run openguard twice", what};
            if (known.flags & GUARD_ITSELF)
                guard.number = known.number;
            guard.flags |= known.flags;
            guard.generation = known.generation && guard.generation ? guard.generation : 0;
        }
        update(skel_.maps.guards, &inode, guard);
    }

    static void update(const bpf_map *map, const void *key, const guard &guard)
    {
        if (bpf_map_update_elem(bpf_map__fd(map), key, &guard, BPF_ANY) != 0)
            throw Error{exit_runtime, "cannot fill the map {}: {}", bpf_map__name(map), describe_errno(errno)};
    }

    Skel &skel_;
    const Log &log_;
    Link learning_;
};

// ---- enforcing ------------------------------------------------------------------------------

// Who is meant, is root among them, whatever it calls itself and wherever it runs?
bool reaches_root(const CommonOptions &common)
{
    return common.pids.empty() && common.ppids.empty() && common.comms.empty() && common.cgroups.empty() &&
           common.command.empty() && (common.uids.empty() || std::ranges::find(common.uids, 0u) != common.uids.end());
}

// Files without which no program starts, nobody logs in and no shell can end this one.
std::set<std::string> vital_files()
{
    std::set<std::string> files{"/bin/sh", "/dev/null", "/etc/passwd", "/proc/self/status"};
    std::ifstream maps{"/proc/self/maps"};

    for (std::string line; std::getline(maps, line);)
        if (const auto at = line.find('/'); at != line.npos)
            files.insert(line.substr(at));
    return files;
}

// Tries them: what this process opens is met by the programs, and let through.
void refuse_lockout(Skel &skel, const std::vector<Guarded> &guarded)
{
    auto &state = skel.bss->state;

    state.trial = 1;
    for (const std::string &path : vital_files()) {
        state.tried = 0;
        const Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
        if (state.tried > 0 && state.tried <= guarded.size())
            throw Error{exit_usage,
                        "--enforce: '{}' guards {}, and without that root could not end it: say for how long by "
                        "--duration, or for whom by --uid, --comm or `-- COMMAND`",
                        guarded[state.tried - 1].text, path};
    }
    state.trial = 0;
}

// From here on it denies. Should this process not come to end it in time, the programs do.
void arm(Skel &skel, const std::optional<double> &duration_s)
{
    auto &state = skel.bss->state;
    constexpr double grace_s = 1;

    if (duration_s)
        state.until_ns = static_cast<std::uint64_t>(kernel::clock_ns(CLOCK_MONOTONIC)) +
                         static_cast<std::uint64_t>((*duration_s + grace_s) * 1e9);
    __atomic_store_n(&state.armed, 1, __ATOMIC_RELEASE);
}

// ---- the run ----------------------------------------------------------------------------------

void add_options(Cli &cli, Options &options)
{
    cli.arguments("PATH", options.paths, "Files to guard, and directories with all that is below them");
    cli.option("--inode", "DEV:INODE", options.inodes,
               "Guard an inode: MAJOR:MINOR:INODE, the device as in /proc/self/mountinfo; repeatable");
    cli.flag("--enforce", options.enforce, "Deny: opening them fails with EPERM. The default is to show it");
    cli.flag("-e,--extended-fields", options.extended, "Show how it was opened, and the flags");
}

void check_options(const Options &options, const CommonOptions &common)
{
    const bool none = options.paths.empty() && options.inodes.empty();

    if (common.replay.empty() && none)
        throw Error{exit_usage, "nothing to guard: name a file or a directory, or give --inode"};
    if (!common.replay.empty() && (!none || options.enforce))
        throw Error{exit_usage, "--replay shows what was recorded: leave out what is to be guarded, and --enforce"};
}

class Run {
public:
    Run(const Session &session, const Options &options) : session_(session), options_(options) {}

    AttachMethod<Skel> way()
    {
        guarded_ = find_guarded(options_);
        const auto active = lsm::active();
        if (active && !lsm::has_bpf(*active))
            throw Error{exit_lacks, "this kernel does not call LSM programs: {}", lsm::how_to_enable(active)};
        return {.name = "lsm",
                .configure = [this](Skel &skel) { configure(skel); },
                .attach_more = [this](Skel &skel) { return place(skel); },
                .fill = [this](Skel &skel) { fill(skel); }};
    }

    // To be said if the programs cannot be loaded and attached; else it is empty.
    [[nodiscard]] const std::string &needs() const { return needs_; }

private:
    void configure(Skel &skel)
    {
        const auto active = lsm::active();
        const auto cpus = static_cast<__u32>(std::max(1, libbpf_num_possible_cpus()));

        skel.rodata->own_pid = static_cast<__u32>(getpid());
        skel.rodata->enforce = options_.enforce;
        skel.rodata->walk_up = std::ranges::any_of(guarded_, &Guarded::is_dir);
        bpf_program__set_autoattach(skel.progs.learn_inode, false);
        bpf_map__set_max_entries(skel.maps.guard_texts, static_cast<__u32>(guarded_.size()));
        bpf_map__set_max_entries(skel.maps.scratches, std::max(16u, 4 * cpus));
        needs_ = fmt::format("LSM programs need CONFIG_BPF_LSM=y and, on arm64, a kernel from 6.4 on{}",
                             active ? "" : ", and bpf among the LSMs: " + lsm::how_to_enable(active));
        session_.log().detail("probe: lsm/file_open, inode_link, inode_rename");
    }

    void fill(Skel &skel) const
    {
        for (std::uint32_t i = 0; i < guarded_.size(); i++) {
            const std::string &given = guarded_[i].text;
            auto text = std::make_unique<guard_text>();
            text->len = static_cast<__u32>(given.copy(text->text, sizeof(text->text)));
            if (bpf_map_update_elem(bpf_map__fd(skel.maps.guard_texts), &i, text.get(), BPF_ANY) != 0)
                throw Error{exit_runtime, "cannot fill the map guard_texts: {}", describe_errno(errno)};
        }
    }

    // The programs are attached already: what changes meanwhile is followed.
    std::vector<Link> place(Skel &skel)
    {
        needs_.clear();
        const auto &common = session_.options();
        Placing placing{skel, session_.log()};

        for (std::uint32_t i = 0; i < guarded_.size(); i++)
            placing.place(guarded_[i], i);
        if (options_.enforce && !common.duration_s && reaches_root(common))
            refuse_lockout(skel, guarded_);
        for (std::uint32_t i = 0; i < guarded_.size(); i++)
            if (guarded_[i].file && guarded_[i].is_dir && !placing.place_links(guarded_[i], i)) {
                session_.log().line("stopped before all guards were in place");
                return {};
            }
        if (options_.enforce) {
            arm(skel, common.duration_s);
            session_.log().line("enforcing: to open what is guarded fails with EPERM");
        }
        return {};
    }

    const Session &session_;
    const Options &options_;
    std::vector<Guarded> guarded_;
    std::string needs_;
};

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    add_options(cli, options);
    cli.parse();
    check_options(options, cli.common());

    Session session{info, cli.common()};
    GuardSink sink{session, options};
    Run guard{session, options};
    try {
        return session.run<Skel>(sink, [&] { return std::vector{guard.way()}; });
    } catch (const Error &error) {
        if (error.code() == exit_lacks && !guard.needs().empty())
            throw Error{exit_lacks, "{}; {}", error.what(), guard.needs()};
        throw;
    }
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
