// SPDX-License-Identifier: BSD-2-Clause
// snoop-doctor: what this system has of what the tools need, and what mends the rest. Hooks
// are tried by attaching a program, tools by running them.
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "kernel/features.hpp"
#include "kernel/lsm.hpp"
#include "libbpf/log.hpp"
#include "libbpf/skeleton.hpp"
#include "run/run_main.hpp"
#include "snoop-doctor/running_programs.hpp"
#include "snoop-doctor/subprocess.hpp"
#include "snoop-doctor/system_checks.hpp"
#include "table/columns.hpp"
#include "table/output.hpp"

#include <snoop-doctor.skel.h>

#include <bpf/bpf.h>
#include <linux/capability.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <unistd.h>

namespace {

using namespace snoop;
using Skel = snoop_doctor_bpf;

constexpr ToolInfo info{
    "snoop-doctor",
    "Say what this system has of what the tools need, and what mends the rest",
    "Examples:\n"
    "  snoop-doctor                     each check, each hook, each tool\n"
    "  snoop-doctor | grep missing      what is lacking, and what mends it\n"
    "  snoop-doctor -o json | jq .      an object for each check\n",
};

struct Options {
    std::vector<std::string> only; // checks that begin so
    std::string seconds_text = "1";
};

// ---- hooks, by attaching a program -----------------------------------------------------

struct Hook {
    const char *name;
    bpf_program *(*program)(Skel &);
    int (*attach)(bpf_program *program); // 0, or -errno
    const char *fix;                     // where it is lacking
};

int taken(const Link &link) { return link ? 0 : -errno; }

int attach_by_section(bpf_program *program) { return taken(Link{bpf_program__attach(program)}); }

int attach_uprobe(bpf_program *program)
{
    LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = strstr(bpf_program__section_name(program), "ret") != nullptr,
                .func_name = "getppid");
    return taken(Link{bpf_program__attach_uprobe_opts(program, getpid(), "libc.so.6", 0, &options)});
}

// In a network of its own, where lo is number 1, too. The process stays in it.
bool leave_network() { return unshare(CLONE_NEWNET) == 0; }

int attach_xdp(bpf_program *program)
{
    return leave_network() ? taken(Link{bpf_program__attach_xdp(program, 1)}) : -errno;
}

// By netlink: there is no link to hold, and the network goes with this process.
int attach_tc(bpf_program *program)
{
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = 1, .attach_point = BPF_TC_EGRESS);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = bpf_program__fd(program));

    if (!leave_network())
        return -errno;
    const int err = bpf_tc_hook_create(&hook);
    return err ? err : bpf_tc_attach(&hook, &options);
}

#define PROGRAM(name) [](Skel &skel) { return skel.progs.name; }

constexpr const char *with_kprobes = "boot a kernel with CONFIG_KPROBE_EVENTS=y";
constexpr const char *with_uprobes = "boot a kernel with CONFIG_UPROBE_EVENTS=y";
constexpr const char *with_trampolines =
    "boot a kernel with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y (on arm64, 6.4 or newer)";

constexpr std::array hooks{
    Hook{"tracepoint", PROGRAM(try_tp), attach_by_section, "mount -t tracefs tracefs /sys/kernel/tracing"},
    Hook{"raw_tp", PROGRAM(try_raw_tp), attach_by_section, "boot a kernel with CONFIG_BPF_EVENTS=y"},
    Hook{"tp_btf", PROGRAM(try_tp_btf), attach_by_section, "boot a kernel with CONFIG_DEBUG_INFO_BTF=y"},
    Hook{"kprobe", PROGRAM(try_kprobe), attach_by_section, with_kprobes},
    Hook{"kretprobe", PROGRAM(try_kretprobe), attach_by_section, with_kprobes},
    Hook{"fentry", PROGRAM(try_fentry), attach_by_section, with_trampolines},
    Hook{"fexit", PROGRAM(try_fexit), attach_by_section, with_trampolines},
    Hook{"fmod_ret", PROGRAM(try_fmod_ret), attach_by_section, with_trampolines},
    Hook{"lsm", PROGRAM(try_lsm), attach_by_section, "boot a kernel with CONFIG_BPF_LSM=y"},
    Hook{"uprobe", PROGRAM(try_uprobe), attach_uprobe, with_uprobes},
    Hook{"uretprobe", PROGRAM(try_uretprobe), attach_uprobe, with_uprobes},
    Hook{"iterator", PROGRAM(try_iter), attach_by_section, "boot a kernel with CONFIG_DEBUG_INFO_BTF=y"},
    Hook{"xdp", PROGRAM(try_xdp), attach_xdp, "boot Linux 5.9 or newer"},
    Hook{"tc", PROGRAM(try_tc), attach_tc, "boot a kernel with CONFIG_NET_CLS_BPF and CONFIG_NET_SCH_INGRESS"},
};

// What a refusal means, and what mends it.
Check refused(const Hook &hook, std::string check, const char *step, int err)
{
    std::string found = fmt::format("{}: {}", step, describe_errno(err));
    const bool may_not = err == EPERM || err == EACCES;

    if (may_not && !kernel::has_capability(CAP_SYS_ADMIN))
        return {std::move(check), State::missing, std::move(found), "run it as root"};
    if (may_not)
        return {std::move(check), State::missing, found + ", though you are root: this machine's policy forbids it"};
    return {std::move(check), State::missing, std::move(found), hook.fix};
}

Check try_hook(const Hook &hook, std::string check)
{
    struct Destroy {
        void operator()(Skel *skel) const noexcept { Skel::destroy(skel); }
    };
    const std::unique_ptr<Skel, Destroy> skel{Skel::open()};
    if (!skel)
        return refused(hook, std::move(check), "open", errno);
    bpf_program *program = hook.program(*skel);
    // Programs on LSM hooks attach, and are never called, where bpf is not in the list.
    if (const auto active = lsm::active(); program == skel->progs.try_lsm && active && !lsm::has_bpf(*active))
        return {std::move(check), State::missing, "bpf is not among the active security modules",
                lsm::how_to_enable(active)};
    bpf_program__set_autoload(program, true);
    if (const int err = Skel::load(skel.get()))
        return refused(hook, std::move(check), "load", -err);
    if (const int err = hook.attach(program))
        return refused(hook, std::move(check), "attach", -err);
    return {std::move(check), State::ok, bpf_program__section_name(program)};
}

// ---- tools, by running them --------------------------------------------------------------

struct Tool {
    std::string_view name;
    std::vector<std::string> args; // with which it has next to nothing to do
    bool in_own_network = false;
};

// All that are installed; a test looks whether one is missing here.
const std::array<Tool, 7> tools{{{"execsnoop", {"-x"}},
                                 {"execcount", {"-x"}},
                                 {"opensnoop", {}},
                                 {"funclat", {"vfs_read"}},
                                 {"usdtsnoop", {"libstdc++.so.6:libstdcxx:throw"}},
                                 {"xdpcount", {"lo"}, true},
                                 {"openguard", {"/etc/shadow"}}}};

// What it says that it chose, of all that it tried.
std::string chosen(const std::vector<std::string> &said, const std::string &mark)
{
    std::string text;

    for (const auto &line : said) {
        if (line.find("not on this system") != line.npos)
            text.clear();
        if (line.starts_with(mark))
            text += (text.empty() ? "" : "; ") + line.substr(mark.size());
    }
    return text;
}

Check try_tool(const Tool &tool, const std::string &check)
{
    const std::string name{tool.name};
    const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;

    if (access(path.c_str(), X_OK) != 0)
        return {check, State::unknown, fmt::format("not installed beside {}", info.name)};
    std::vector<std::string> words{name, "-v", "-d", "0.01"};
    words.insert(words.end(), tool.args.begin(), tool.args.end());
    const auto ran = run_program(path, words, [&] { return !tool.in_own_network || leave_network(); });
    if (ran.exit_code == 0) {
        const std::string probes = chosen(ran.err, name + ": probe: ");
        return {check, State::ok, probes.empty() ? chosen(ran.err, name + ": attach: ") : probes};
    }
    std::string why = ran.err.empty() ? fmt::format("exit code {}", ran.exit_code) : ran.err.back();
    if (why.starts_with(name + ": "))
        why.erase(0, name.size() + 2);
    return {check, State::missing, why};
}

// ---- the report ----------------------------------------------------------------------------

std::string_view name_of(State state)
{
    return state == State::ok ? "ok" : state == State::missing ? "missing" : "unknown";
}

const Columns<Check> finding_columns{
    {json_only<Check>("event", [](const Check &) { return "check"; }),
     {"CHECK", 22, Align::left, "check", [](const Check &f) { return std::string_view{f.check}; }},
     {"STATE", 7, Align::left, "state", [](const Check &f) { return name_of(f.state); }},
     json_only<Check>("found", [](const Check &f) { return std::string_view{f.found}; }),
     json_only<Check>("fix", [](const Check &f) { return std::string_view{f.fix}; }),
     text_only<Check>("FOUND", 0, Align::left, [](const Check &f) {
         return f.fix.empty() ? f.found : fmt::format("{}; fix: {}", f.found, f.fix);
     })}};

const Columns<RunningProgram> program_columns{
    {json_only<RunningProgram>("event", [](const RunningProgram &) { return "program"; }),
     {"PID", 7, Align::left, "pid", [](const RunningProgram &p) { return p.pid; }},
     {"TOOL", 12, Align::left, "tool", [](const RunningProgram &p) { return std::string_view{p.tool}; }},
     {"ID", 6, Align::left, "id", [](const RunningProgram &p) { return p.id; }},
     {"TYPE", 16, Align::left, "type", [](const RunningProgram &p) { return std::string_view{p.type}; }},
     {"RUNS", 10, Align::right, "runs", [](const RunningProgram &p) { return p.runs; }},
     {"NS/RUN", 8, Align::right, "ns_per_run", [](const RunningProgram &p) { return p.runs ? p.run_ns / p.runs : 0; }},
     {"SKIPPED", 8, Align::right, "skipped", [](const RunningProgram &p) { return p.skipped; }},
     {"PROGRAM", 0, Align::left, "program", [](const RunningProgram &p) { return std::string_view{p.name}; }}}};

class Report {
public:
    explicit Report(Format format) : json_(format == Format::json)
    {
        if (!json_)
            finding_columns.put_header(out_.buffer());
    }

    void add(const Check &finding)
    {
        put(finding_columns, finding);
        out_.flush();
    }

    void add(const std::vector<RunningProgram> &programs)
    {
        if (!json_ && !programs.empty()) {
            append(out_.buffer(), "\n");
            program_columns.put_header(out_.buffer());
        }
        for (const auto &program : programs)
            put(program_columns, program);
        out_.flush();
    }

private:
    template <class Row> void put(const Columns<Row> &columns, const Row &row)
    {
        if (json_)
            columns.put_json_row(out_.buffer(), row);
        else
            columns.put_row(out_.buffer(), row);
    }

    Output out_{STDOUT_FILENO};
    bool json_;
};

int run(Cli &cli)
{
    Options options;

    cli.add_report();
    cli.option("--only", "CHECK", options.only, "Only checks that begin so: mount, tool/opensnoop; repeatable");
    cli.option("--measure", "SECONDS", options.seconds_text,
               "How long the programs of running tools are measured (default 1)");
    cli.parse();
    const std::chrono::duration<double> seconds{parse_seconds("--measure", options.seconds_text)};
    const auto passes_options = [&](std::string_view check) {
        return options.only.empty() ||
               std::ranges::any_of(options.only, [&](const auto &begin) { return check.starts_with(begin); });
    };

    // libbpf's messages: with -v all, else none, as each finding says what matters.
    const Log log{info.name, cli.common().verbose};
    Report report{cli.common().format};
    for (const auto &findings : {check_system(), check_user()})
        for (const auto &finding : findings)
            if (passes_options(finding.check))
                report.add(finding);
    for (const auto &hook : hooks)
        if (const auto check = fmt::format("hook/{}", hook.name); passes_options(check))
            report.add(try_hook(hook, check));
    std::vector<std::string_view> names;
    bool all_work = true;
    for (const auto &tool : tools) {
        names.push_back(tool.name);
        const auto check = fmt::format("tool/{}", tool.name);
        if (!passes_options(check))
            continue;
        const auto finding = try_tool(tool, check);
        report.add(finding);
        all_work = all_work && finding.state != State::missing;
    }
    if (passes_options("programs"))
        report.add(measure_programs(names, std::chrono::duration_cast<std::chrono::milliseconds>(seconds)));
    return all_work ? exit_ok : exit_lacks;
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
