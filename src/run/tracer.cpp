// SPDX-License-Identifier: BSD-2-Clause
#include "run/tracer.hpp"
#include "base/stop.hpp"
#include "base/write.hpp"
#include "kernel/cgroup_mounts.hpp"
#include "kernel/features.hpp"
#include "kernel/privileges.hpp"
#include "kernel/system.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/program_metrics.hpp"
#include "libbpf/programs.hpp"
#include "libbpf/task_filters.hpp"

#include <linux/capability.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace snoop {
namespace {

// The file descriptor in SNOOP_READY_FD, by which a script learns that tracing began; -1 without it.
// The command of `-- CMD` does not inherit it.
int ready_fd()
{
    const char *text = std::getenv("SNOOP_READY_FD");
    if (!text)
        return -1;
    const std::string_view number{text};
    int fd = -1;
    const auto [stop, err] = std::from_chars(number.data(), number.data() + number.size(), fd);
    if (err != std::errc{} || stop != number.data() + number.size() || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        throw Error{exit_usage, "SNOOP_READY_FD: '{}' is not an open file descriptor", number};
    return fd;
}

void write_ready(int fd)
{
    if (fd >= 0 && write_all(fd, "\n", 1) != 1)
        throw Error{exit_usage, "SNOOP_READY_FD: cannot write to {}: {}", fd, describe_errno(errno)};
}

// The process that a thread belongs to; nothing if it is not known.
std::optional<std::uint32_t> process_of(std::uint32_t thread)
{
    std::ifstream status{fmt::format("/proc/{}/status", thread)};

    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Tgid:"))
            return static_cast<std::uint32_t>(std::strtoul(line.c_str() + 5, nullptr, 10));
    return std::nullopt;
}

void report_missing(const char *option, std::uint32_t process, const Log &log)
{
    if (kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH)
        log.line("{}: no process {}", option, process);
    else if (const auto leader = process_of(process); leader && *leader != process)
        log.line("{}: {} is not a process, but a thread of process {}", option, process, *leader);
}

// Says which values of --pid, --tid and --ppid no event matches now: a later process may get the number.
void report_unmatchable(const CommonOptions &options, const Log &log)
{
    for (const std::string_view option : {"--pid", "--tid", "--ppid"}) {
        const bool is_thread = option == "--tid";
        for (const std::uint32_t number : options.numbers(option)) {
            if (kill(static_cast<pid_t>(number), 0) != 0 && errno == ESRCH)
                log.line("{}: no {} {}", option, is_thread ? "thread" : "process", number);
            else if (const auto process = process_of(number); !is_thread && process && *process != number)
                log.line("{}: {} is not a process, but a thread of process {}", option, number, *process);
            else if (option != "--ppid" && !options.command.empty())
                log.line("{}: {} {} is not a descendant of {}: no event can match", option,
                         is_thread ? "thread" : "process", number, options.command.front());
        }
    }
}

} // namespace

void wait_for_running_programs() { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0); }

Tracer::Tracer(const ToolInfo &info, const CommonOptions &options)
    : info_(info), options_(options), log_(info.name, options.verbose)
{}

void Tracer::prepare(What what)
{
    const kernel::Privileged who{std::string{info_.name}, info_.power, info_.is_by_perf};
    if (what == What::packets)
        kernel::require_network_bpf(who);
    else
        kernel::require_bpf(who, options_.btf);
    ready_fd_ = ready_fd();
    if (options_.metrics.is_on())
        metrics_.emplace(info_, options_, log_).start();
    types_.emplace();
    if (!options_.command.empty())
        command_.emplace(options_.command);
    report_unmatchable(options_, log_);
    for (const auto &pid : options_.under_pids)
        report_missing("--under", pid.value, log_);
    if (command_)
        command_->expect_ready();
}

void Tracer::before_configure(bpf_object *object, snoop_config &config) const
{
    config.boot_clock = kernel::has_ring_buffer(); // the clock's helper came with it
    config.own_btf = kernel::has_btf();
    config.pid_ns = kernel::pid_namespace();
    enable_filters(options_, object, config, left_out_ != 0);
    load_descendant_programs(object, command_.has_value());
}

void Tracer::before_load(bpf_object *object, snoop_config &config)
{
    load_lineage(object, config);
    load_backups(object, config);
    preallocate_hashes(object);
    if (options_.btf.empty())
        types_->reduce_for(object);
}

void Tracer::after_load(bpf_object *object) const
{
    fill_filters(options_, object);
    if (left_out_)
        snoop::leave_out(object, left_out_);
    if (command_)
        add_descendant(object, command_->pid());
}

void Tracer::report_failure(const std::string &method, const Error &error)
{
    log_.detail("{}: not on this system: {}", method, error.what());
    log_.forget_refusals();
}

void Tracer::begin()
{
    if (command_)
        loop_.watch_command(command_->ended_fd());
    watch_duration();
    stop::begin_tracing();
    if (shows_cgroups_ || !options_.cgroups.empty() || options_.filters_places())
        if (const auto limits = kernel::describe_cgroup_limits(kernel::cgroup_mounts()))
            log_.line("{}", *limits);
    enter_sandbox();
    log_.line("tracing, {}",
              command_ ? fmt::format("until {} exits", options_.command.front()) : "press Ctrl-C to stop");
    write_ready(ready_fd_);
    if (command_)
        command_->go();
}

void Tracer::enter_sandbox()
{
    if (options_.no_sandbox) {
        log_.detail("sandbox: none (--no-sandbox)");
        return;
    }
#ifdef SNOOP_INSTRUMENTED
    // Sanitizers trace the process at its end, and coverage writes a file.
    log_.detail("sandbox: none in a build with sanitizers or coverage");
#else
    // Signals are passed on to a command that has changed its user.
    if (command_)
        sandbox_.keep(CAP_KILL);
    // libbpf detaches such probes by a line that it writes to tracefs.
    if (sandbox_.maps && kernel::has_probes_of_tracefs())
        sandbox_.calls = SandboxCalls::all;
    log_.detail("sandbox: {}", snoop::enter_sandbox(sandbox_));
#endif
}

void Tracer::serve_metrics(bpf_object *object, MetricsService::Collect collect)
{
    if (!metrics_)
        return;
    metrics_->add([this, object](MetricSet &to) { add_program_metrics(to, info_.name, object); });
    metrics_->add(std::move(collect));
    loop_.serve(metrics_->fd(), [this] { metrics_->answer(); });
}

void Tracer::watch_duration()
{
    if (options_.duration_s)
        loop_.end_after(*options_.duration_s);
}

void Tracer::end()
{
    if (command_)
        log_.line("{}", command_->state());
}

int Tracer::exit_code(int own)
{
    if (metrics_ && !metrics_->finish() && own == exit_ok)
        own = exit_runtime;
    if (!command_)
        return own;
    command_->wait();
    return own == exit_ok ? command_->exit_code() : exit_own_failure;
}

} // namespace snoop
