// SPDX-License-Identifier: BSD-2-Clause
#include "run/session.hpp"
#include "kernel/features.hpp"
#include "libbpf/task_filters.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <unistd.h>

namespace snoop {
namespace {

using std::chrono::milliseconds;

// While events flow, the reader looks for them this often, first more, then less, and is
// not woken.
constexpr milliseconds shortest_nap{2}, longest_nap{16};
// An event whose further records do not come is shown as it is after two of these.
constexpr milliseconds patience{100};

std::uint32_t page_bytes() { return static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE)); }

std::uint32_t online_cpus() { return static_cast<std::uint32_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN))); }

std::uint64_t memory_bytes() { return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page_bytes(); }

// 2 MiB a processor, 4 to 64 MiB, never more than 1/128 of the memory.
std::uint32_t default_ring_bytes()
{
    const std::uint64_t wanted = std::clamp<std::uint64_t>(std::uint64_t{online_cpus()} << 21, 4u << 20, 64u << 20);

    return static_cast<std::uint32_t>(
        std::bit_floor(std::max<std::uint64_t>(std::min(wanted, memory_bytes() / 128), 65536)));
}

std::string why_so_large(const CommonOptions &options)
{
    return options.ring_bytes
               ? "as --ring-size asks"
               : fmt::format("for {} processors and {} MiB of memory", online_cpus(), memory_bytes() >> 20);
}

} // namespace

Session::Session(const ToolInfo &info, const CommonOptions &options)
    : tracer_(info, options), output_(STDOUT_FILENO), header_(make_header(info.name, info.record_format))
{}

bool Session::enough() const { return output_.closed() || (options().count && counters_.printed >= *options().count); }

bool Session::take_row()
{
    counters_.received++;
    if (enough())
        return false;
    counters_.printed++;
    return true;
}

void Session::skip_row()
{
    counters_.received++;
    counters_.filtered_by_reader++;
}

void Session::flush()
{
    output_.flush();
    if (output_.closed())
        counters_.printed = printed_and_written_; // the rest went nowhere
    else
        printed_and_written_ = counters_.printed;
}

bool Session::task_passes(const snoop_task &task) const { return options().replay.empty() || matches(options(), task); }

void Session::prepare()
{
    tracer_.prepare();
    if (!options().record.empty())
        recorder_ = std::make_unique<Recorder>(options().record);
}

void Session::set_up(bpf_object *object, snoop_config &config)
{
    const bool has_ring = kernel::has_ring_buffer();

    if (options().transport == Transport::ring && !has_ring)
        throw Error{exit_lacks, "this kernel has no ring buffer (it came with 5.8): leave out --transport ring"};
    use_ring_ = has_ring && options().transport != Transport::perf;
    // The boot clock's helper is as old as the ring buffer.
    clock_ = has_ring ? CLOCK_BOOTTIME : CLOCK_MONOTONIC;
    const std::uint32_t all = std::max(options().ring_bytes.value_or(default_ring_bytes()), page_bytes());
    // A perf buffer of each processor that there is now: libbpf makes none for others.
    ring_bytes_ = use_ring_ ? all : std::bit_ceil(std::max(all / online_cpus(), page_bytes()));

    bpf_map *events = bpf_object__find_map_by_name(object, "events");
    if (use_ring_) {
        bpf_map__set_max_entries(events, ring_bytes_);
    } else {
        bpf_map__set_type(events, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
        bpf_map__set_key_size(events, sizeof(std::uint32_t));
        bpf_map__set_value_size(events, sizeof(std::uint32_t));
        bpf_map__set_max_entries(events, 0); // one a CPU
    }
    create_map(bpf_object__find_map_by_name(object, "wakeups"), !use_ring_);
    if (use_ring_)
        log().detail("transport: ring buffer, {} KiB, {}", ring_bytes_ / 1024, why_so_large(options()));
    else
        log().detail("transport: perf buffers, {}: {} KiB for each processor, {}",
                     has_ring ? "as --transport asks" : "since this kernel has no ring buffer", ring_bytes_ / 1024,
                     why_so_large(options()));

    config.use_ring = use_ring_;
    config.hold_wakeups = kernel::has_mmapable_arrays();
    config.boot_clock = has_ring;
    config.whole_task = options().format == Format::json || !options().record.empty();
    config.ring_bytes = ring_bytes_;
}

void Session::loaded(bpf_object *object, snoop_wake *wake)
{
    const int events = bpf_object__find_map_fd_by_name(object, "events");
    wake_ = wake;
    if (use_ring_) {
        source_ = ring_source(events, ring_bytes_, wake);
    } else {
        const int wakeups = bpf_object__find_map_fd_by_name(object, "wakeups");
        source_ = perf_source({.events = events, .wakeups = wakeups}, ring_bytes_, clock_, wake);
    }
    if (const bpf_map *spilled = bpf_object__find_map_by_name(object, "spilled"); spilled && bpf_map__fd(spilled) >= 0)
        source_ = spill_source(std::move(source_), {bpf_map__fd(spilled), bpf_map__value_size(spilled)}, wake);
    header_.start_ns = static_cast<std::uint64_t>(kernel::clock_ns(clock_));
    header_.wall_offset_ns = kernel::clock_ns(CLOCK_REALTIME) - kernel::clock_ns(clock_);
}

void Session::trace(Sink &sink)
{
    const RecordHandler handler = [&](const snoop_record &rec, std::span<const std::byte> whole) {
        if (recorder_)
            recorder_->add(whole);
        sink.record(rec, whole);
    };

    Loop &loop = tracer_.loop();

    if (recorder_)
        recorder_->begin(header_);
    loop.watch_source(source_->fd());
    loop.watch_reader(output_.fd());
    flush();
    tracer_.begin();

    // Like a network driver: woken by the first event of a burst, the reader polls
    // until it finds nothing, says that it will sleep, looks once more, and blocks.
    int looks = 0; // since it has said so
    milliseconds nap = shortest_nap;
    while (!loop.stopped() && !enough()) {
        const bool found = source_->drain(handler) > 0;
        const bool waiting = sink.drained();
        flush();
        if (recorder_)
            recorder_->flush();
        if (found) {
            looks = 0;
            source_->announce(SNOOP_CONSUMER_NAPS);
            loop.wait(nap);
            source_->announce(SNOOP_CONSUMER_WORKS);
            nap = std::min(nap * 2, longest_nap);
            continue;
        }
        nap = shortest_nap;
        if (looks < source_->looks()) {
            source_->announce(SNOOP_CONSUMER_SLEEPS);
            if (looks++ > 0)
                loop.wait(nap);
            continue;
        }
        looks = 0;
        // What woke it meanwhile may be lost, and there is nothing to be found.
        if (!source_->is_announced(SNOOP_CONSUMER_SLEEPS))
            continue;
        loop.wait(waiting ? std::optional{patience} : std::nullopt);
        source_->announce(SNOOP_CONSUMER_WORKS);
    }
}

int Session::finish(Sink &sink, bpf_object *object)
{
    const RecordHandler handler = [&](const snoop_record &rec, std::span<const std::byte> whole) {
        if (recorder_)
            recorder_->add(whole);
        sink.record(rec, whole);
    };

    while (source_->drain(handler) > 0 && use_ring_)
        sink.drained();
    source_->drain_rest(handler);
    sink.finish();
    flush();
    counters_.read_kernel(object);
    if (recorder_)
        recorder_->finish(counters_);
    tracer_.end();
    if (wake_)
        log().detail("{} wake-ups", wake_->forced);
    return print_accounting();
}

int Session::replay(Sink &sink)
{
    Recording recording{options().replay, tracer_.info().name, tracer_.info().record_format};
    std::optional<Error> damage;

    if (header_.host != recording.header().host)
        users_.turn_off();
    header_ = recording.header();
    tracer_.watch_duration();
    tracer_.loop().watch_reader(output_.fd());
    const RecordHandler handler = [&](const snoop_record &rec, std::span<const std::byte> whole) {
        sink.record(rec, whole);
    };
    try {
        while (!recording.ended() && !tracer_.loop().stopped() && !enough()) {
            recording.drain(handler);
            flush();
            tracer_.loop().wait(milliseconds{0});
        }
    } catch (const Error &error) {
        damage = error; // what came before it is shown
    }
    sink.finish();
    flush();
    if (recording.end()) {
        counters_.kernel = recording.end()->counters;
        counters_.not_run = recording.end()->not_run;
        counters_.under_way = recording.end()->under_way;
    } else {
        counters_.kernel.count[SNOOP_SEEN] = counters_.received; // all that is known
    }
    const int code = print_accounting();
    if (damage)
        throw *damage;
    return code;
}

int Session::print_accounting()
{
    if (options().format == Format::json) {
        Buffer line;
        counters_.put_json(line, tracer_.info().name);
        [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, line.data(), line.size());
    } else {
        log().line("{}", counters_.as_text());
    }
    return options().strict && counters_.lost() > 0 ? exit_runtime : exit_ok;
}

} // namespace snoop
