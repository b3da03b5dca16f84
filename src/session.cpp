// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/error.hpp>
#include <snoop/filters.hpp>
#include <snoop/kernel.hpp>
#include <snoop/session.hpp>

#include <linux/membarrier.h>
#include <sys/syscall.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace snoop {
namespace {

using std::chrono::milliseconds;

// While events flow, the reader looks into the ring this often and is never woken.
constexpr milliseconds coalescing{2};
// An event whose further records do not come is shown as it is after two of these.
constexpr milliseconds patience{100};

// 2 MiB a CPU, 4 to 64 MiB, never more than 1/128 of the memory.
std::uint32_t default_ring_bytes()
{
    const auto cpus = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    const auto memory =
        static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    const std::uint64_t wanted = std::clamp<std::uint64_t>(cpus << 21, 4u << 20, 64u << 20);

    return static_cast<std::uint32_t>(std::bit_floor(std::max<std::uint64_t>(std::min(wanted, memory / 128), 65536)));
}

// The file descriptor that SNOOP_READY_FD names, for telling a script that tracing
// began; -1 if there is none. The command of `-- CMD` does not inherit it.
int ready_fd()
{
    const char *text = std::getenv("SNOOP_READY_FD");
    if (!text)
        return -1;
    const std::string_view number{text};
    int fd = -1;
    const auto [stop, err] = std::from_chars(number.data(), number.data() + number.size(), fd);
    if (err != std::errc{} || stop != number.data() + number.size() || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        throw Error{exit_usage, "SNOOP_READY_FD: '{}' is no open file descriptor", number};
    return fd;
}

void tell_ready(int fd)
{
    if (fd >= 0 && write(fd, "\n", 1) != 1)
        throw Error{exit_usage, "SNOOP_READY_FD: cannot write to {}: {}", fd, describe_errno(errno)};
}

// Waits until no CPU runs a program any more that was called before the detach.
void wait_for_running_programs() { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0); }

} // namespace

Session::Session(const ToolInfo &info, const CommonOptions &options)
    : options_(options),
      info_(info),
      log_(info.name, options.verbose),
      output_(STDOUT_FILENO),
      header_(make_header(info.name, info.record_format))
{}

bool Session::enough() const { return output_.closed() || (options_.count && books_.printed >= *options_.count); }

bool Session::take_row()
{
    books_.received++;
    if (enough())
        return false;
    books_.printed++;
    return true;
}

void Session::skip_row()
{
    books_.received++;
    books_.filtered_by_reader++;
}

void Session::flush()
{
    output_.flush();
    if (output_.closed())
        books_.printed = printed_and_written_; // the rest went nowhere
    else
        printed_and_written_ = books_.printed;
}

bool Session::wants(const snoop_task &task) const { return options_.replay.empty() || matches(options_, task); }

void Session::prepare()
{
    kernel::require_bpf(std::string{info_.name}, options_.btf);
    ready_fd_ = ready_fd();
    if (!options_.record.empty())
        recorder_ = std::make_unique<Recorder>(options_.record);
    if (!options_.command.empty())
        child_.emplace(options_.command);
}

void Session::set_up(bpf_object *object, snoop_config &config)
{
    const bool has_ring = kernel::has_ring_buffer();
    const auto page = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE));

    if (options_.transport == Transport::ring && !has_ring)
        throw Error{exit_lacks, "this kernel has no ring buffer (it came with 5.8): leave out --transport ring"};
    use_ring_ = has_ring && options_.transport != Transport::perf;
    // The boot clock's helper is as old as the ring buffer.
    clock_ = has_ring ? CLOCK_BOOTTIME : CLOCK_MONOTONIC;
    ring_bytes_ = std::max(options_.ring_bytes.value_or(default_ring_bytes()), page);

    bpf_map *events = bpf_object__find_map_by_name(object, "events");
    if (use_ring_) {
        bpf_map__set_max_entries(events, ring_bytes_);
    } else {
        bpf_map__set_type(events, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
        bpf_map__set_key_size(events, sizeof(std::uint32_t));
        bpf_map__set_value_size(events, sizeof(std::uint32_t));
        bpf_map__set_max_entries(events, 0); // one a CPU
    }
    log_.detail("transport: {}, {} KiB{}", use_ring_ ? "ring buffer" : "perf buffers", ring_bytes_ / 1024,
                use_ring_  ? ""
                : has_ring ? " in all, as --transport asks"
                           : " in all, since this kernel has no ring buffer");

    config.use_ring = use_ring_;
    config.hold_wakeups = use_ring_;
    config.boot_clock = has_ring;
    config.ring_bytes = ring_bytes_;
    enable_filters(options_, config);
    for (const char *name : {"tree_fork", "tree_exit"})
        bpf_program__set_autoload(bpf_object__find_program_by_name(object, name), child_.has_value());
}

void Session::loaded(bpf_object *object, snoop_wake *wake)
{
    fill_filters(object);
    const int events = bpf_object__find_map_fd_by_name(object, "events");
    if (use_ring_) {
        wake_ = wake;
        source_ = ring_source(events, wake);
    } else {
        const auto cpus = static_cast<std::size_t>(std::max(1, libbpf_num_possible_cpus()));
        source_ = perf_source(events, ring_bytes_ / cpus, clock_);
    }
    header_.start_ns = static_cast<std::uint64_t>(kernel::clock_ns(clock_));
    header_.wall_offset_ns = kernel::clock_ns(CLOCK_REALTIME) - kernel::clock_ns(clock_);
}

void Session::turn_from(const std::string &way, const Error &error)
{
    log_.detail("{}: not on this system: {}", way, error.what());
    log_.forget_libbpf_warning();
    source_.reset();
    wake_ = nullptr;
}

void Session::fill_filters(bpf_object *object)
{
    snoop::fill_filters(options_, object);
    if (child_)
        add_to_set(object, "tree", static_cast<std::uint32_t>(child_->pid()));
}

void Session::trace(Sink &sink)
{
    const RecordHandler handler = [&](const snoop_record &rec, std::span<const std::byte> whole) {
        if (recorder_)
            recorder_->add(whole);
        sink.record(rec, whole);
    };

    if (recorder_)
        recorder_->begin(header_);
    loop_.watch_source(source_->fd());
    loop_.watch_reader(output_.fd());
    if (child_)
        loop_.watch_child(child_->ended_fd());
    if (options_.duration_s)
        loop_.end_at(Loop::Clock::now() +
                     std::chrono::ceil<milliseconds>(std::chrono::duration<double>(*options_.duration_s)));
    flush();
    log_.line("tracing, {}", child_ ? fmt::format("until {} ends", options_.command.front()) : "Ctrl-C ends");
    tell_ready(ready_fd_);
    if (child_)
        child_->go();

    // Like a network driver: woken by the first event of a burst, the reader polls
    // until it finds nothing, says that it will sleep, looks once more, and blocks.
    bool will_sleep = false;
    while (!loop_.stopped() && !enough()) {
        const bool found = source_->drain(handler) > 0;
        const bool waiting = sink.drained();
        flush();
        if (recorder_)
            recorder_->flush();
        if (!found && !will_sleep) {
            source_->sleeps(will_sleep = true);
            continue;
        }
        if (found)
            loop_.wait(coalescing);
        else
            loop_.wait(waiting ? std::optional{patience} : std::nullopt);
        if (will_sleep)
            source_->sleeps(will_sleep = false);
    }
}

int Session::finish(Sink &sink, bpf_object *object)
{
    const RecordHandler handler = [&](const snoop_record &rec, std::span<const std::byte> whole) {
        if (recorder_)
            recorder_->add(whole);
        sink.record(rec, whole);
    };

    wait_for_running_programs();
    while (source_->drain(handler) > 0 && use_ring_)
        sink.drained();
    source_->drain_rest(handler);
    sink.finish();
    flush();
    books_.read_kernel(object);
    if (recorder_)
        recorder_->finish(books_);
    if (child_)
        if (const auto how = child_->how_it_ended())
            log_.line("{} {}", options_.command.front(), *how);
    if (wake_)
        log_.detail("{} wake-ups", wake_->forced);
    return close_books();
}

int Session::replay(Sink &sink)
{
    Recording recording{options_.replay, info_.name, info_.record_format};
    std::optional<Error> damage;

    if (header_.host != recording.header().host)
        users_.turn_off();
    header_ = recording.header();
    if (options_.duration_s)
        loop_.end_at(Loop::Clock::now() +
                     std::chrono::ceil<milliseconds>(std::chrono::duration<double>(*options_.duration_s)));
    loop_.watch_reader(output_.fd());
    const RecordHandler handler = [&](const snoop_record &rec, std::span<const std::byte> whole) {
        sink.record(rec, whole);
    };
    try {
        while (!recording.ended() && !loop_.stopped() && !enough()) {
            recording.drain(handler);
            flush();
            loop_.wait(milliseconds{0});
        }
    } catch (const Error &error) {
        damage = error; // what came before it is shown
    }
    sink.finish();
    flush();
    if (recording.end()) {
        books_.kernel = recording.end()->books;
        books_.not_run = recording.end()->not_run;
    } else {
        books_.kernel.count[SNOOP_SEEN] = books_.received; // all that is known
    }
    const int code = close_books();
    if (damage)
        throw *damage;
    return code;
}

int Session::close_books()
{
    if (options_.format == Format::json) {
        Buffer line;
        books_.put_json(line, info_.name);
        [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, line.data(), line.size());
    } else {
        log_.line("{}", books_.as_text());
    }
    return options_.strict && books_.lost() > 0 ? exit_runtime : exit_ok;
}

} // namespace snoop
