// SPDX-License-Identifier: BSD-2-Clause
#include "run/session.hpp"
#include "base/stop.hpp"
#include "kernel/privileges.hpp"
#include "kernel/system.hpp"
#include "run/event_wait.hpp"
#include "run/quiet_start.hpp"
#include "run/redacted_names.hpp"

#include <linux/capability.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>
#include <unistd.h>

namespace snoop {
namespace {

using std::chrono::milliseconds;

// An event of which records are missing is printed without them after two of these.
constexpr milliseconds patience{100};

} // namespace

Session::Session(const ToolInfo &info, const CommonOptions &options)
    : tracer_(info, options),
      transport_(options, tracer_.log()),
      rows_(STDOUT_FILENO, options.count),
      verdicts_(options, cgroups_, containers_),
      shows_cgroup_(options.shows_cgroup()),
      shows_container_(options.shows_container()),
      header_(make_header(info.name, info.record_format))
{
    places_.ask(&containers_);
    if (is_by_helper(options.format))
        helper_output_.emplace(options, log());
    if (!options.otlp.url.empty())
        rows_.send_to(export_.emplace(options, log()));
    if (options.keep.is_on)
        rows_.keep(options.keep.limits);
    if (options.shows("user") || options.shows("auid_user"))
        tracer_.sandbox().calls = SandboxCalls::user_names;
    // The files of runtimes are root's.
    if (geteuid() != 0 && (shows_container_ || !options.containers.empty() || !options.record.empty()))
        tracer_.sandbox().keep(CAP_DAC_READ_SEARCH);
}

void Session::prepare_output()
{
    verdicts_.check();
    start_export(Feed::live);
    if (shows_cgroup_ && (options().verbose || options().show_container || !options().fields.empty()))
        tracer_.show_cgroups();
    if (options().keep.is_on)
        dump_.emplace();
    if (options().record.empty())
        return;
    recorder_ = std::make_unique<Recorder>(options().record, options().keep.given());
    if (recorder_->has_replaced())
        log().line("--record: '{}' is replaced", options().record);
}

void Session::after_load(bpf_object *object, snoop_wake *wake)
{
    transport_.after_load(object, wake);
    header_.start_ns = static_cast<std::uint64_t>(kernel::clock_ns(transport_.clock()));
    header_.wall_offset_ns = kernel::wall_offset_ns(transport_.clock());
}

RecordHandler Session::handler_for(Sink &sink)
{
    return [this, &sink](const snoop_record &rec, std::span<const std::byte> whole) {
        if (dump_ && dump_->take_before(rec.ts_ns, transport_.clock()))
            write_kept();
        if (rec.kind == RECORDING_CGROUP) {
            add_cgroup(whole);
            return;
        }
        if (rec.kind == RECORDING_CONTAINER) {
            const auto [id, info] = recorded_container(whole);
            containers_.add(id, info);
            return;
        }
        write_recording([&](Recorder &recorder) {
            cgroups_.see_new([&](std::uint64_t id, std::string_view path) { record_cgroup(recorder, id, path); });
            if (!young_.empty())
                record_new_containers(recorder);
            if (!redactor())
                recorder.add(whole);
        });
        if (rec.kind == SNOOP_LINEAGE_RECORD)
            add_lineage(whole);
        else
            sink.record(rec, whole);
    };
}

void Session::record(std::span<const std::byte> redacted)
{
    write_recording([&](Recorder &recorder) { recorder.add(redacted); });
}

void Session::add_lineage(std::span<const std::byte> whole)
{
    snoop_lineage lineage{};

    if (!redactor() || whole.size() != sizeof(lineage)) {
        ancestors_.add(whole);
        return;
    }
    std::memcpy(&lineage, whole.data(), sizeof(lineage));
    redact(*redactor(), lineage);
    const auto bytes = std::as_bytes(std::span{&lineage, 1});
    record(bytes);
    ancestors_.add(bytes);
}

void Session::record_cgroup(Recorder &recorder, std::uint64_t id, std::string_view path)
{
    recorder.add_cgroup(id, redactor() ? redactor()->text(path) : path);
    if (!record_container(recorder, path))
        young_.push_back({std::string{path}, std::chrono::steady_clock::now()});
}

// Records what is known of the container that the cgroup is in. Returns false if it is in none.
bool Session::record_container(Recorder &recorder, std::string_view path)
{
    const CgroupPlace place = find_place(path, &containers_);

    if (!place.container_id)
        return false;
    ContainerInfo info = containers_.of(place);
    if (place.runtime && !parse_cgroup_path(path).container_id)
        info.runtime = *place.runtime;
    if (info == ContainerInfo{})
        return true;
    if (redactor())
        redact(*redactor(), info);
    recorder.add_container(redactor() ? redactor()->text(*place.container_id) : *place.container_id, info);
    return true;
}

void Session::record_new_containers(Recorder &recorder)
{
    constexpr milliseconds interval{2}; // a look opens files
    const auto now = std::chrono::steady_clock::now();

    if (now - young_checked_ < interval)
        return;
    young_checked_ = now;
    std::erase_if(young_, [&](const YoungCgroup &cgroup) {
        return record_container(recorder, cgroup.path) || now - cgroup.seen > container_starts_within;
    });
}

void Session::add_cgroup(std::span<const std::byte> record)
{
    RecordedCgroup head{};

    if (record.size() < sizeof(head))
        return;
    std::memcpy(&head, record.data(), sizeof(head));
    const auto path = record.subspan(sizeof(head));
    cgroups_.add(head.id, {reinterpret_cast<const char *>(path.data()), path.size()});
}

// A recording that cannot be written ends the run, which the accounting summary still follows.
template <class Write> void Session::write_recording(Write write)
{
    if (!recorder_)
        return;
    try {
        write(*recorder_);
    } catch (const Error &error) {
        record_failure_ = error;
    }
}

void Session::write_kept()
{
    rows_.write_kept();
    write_recording([](Recorder &recorder) { recorder.write_kept(); });
}

// An error here does not end the run: the line then counts only what user space filtered.
void Session::report_quiet_start(bpf_object *object) const
{
    std::uint64_t filtered = rows_.counts().filtered;

    try {
        filtered += read_counters(object).filtered();
    } catch (const Error &error) {
        log().detail("cannot count the filtered events: {}", error.what());
    }
    log().line("{}", QuietStart::text(options(), filtered));
}

RecordingHeader Session::recorded_header() const
{
    RecordingHeader header = header_;

    if (redactor()) {
        const std::string host =
            redactor()->text({header.host.data(), strnlen(header.host.data(), header.host.size())});
        header.host = {};
        std::ranges::copy(std::string_view{host}.substr(0, header.host.size() - 1), header.host.begin());
    }
    return header;
}

void Session::trace(Sink &sink, bpf_object *object)
{
    const RecordHandler handler = handler_for(sink);
    EventSource &source = transport_.source();
    Loop &loop = tracer_.loop();

    if (recorder_)
        recorder_->begin(recorded_header()); // before COMMAND runs
    loop.watch_source(source.fd());
    loop.watch_stdout(rows_.fd());
    if (dump_)
        loop.watch_input(dump_->fd());
    rows_.flush();
    tracer_.serve_metrics(object, [this, &sink, object](MetricSet &to) {
        add_metrics(to, object);
        sink.add_metrics(to);
    });
    tracer_.begin();

    EventWait wait{source, loop};
    QuietStart start{dump_ ? -1 : rows_.fd()};
    while (!loop.stopped() && !rows_.is_full() && !record_failure_) {
        if (dump_)
            dump_->look(transport_.clock());
        const bool found = source.drain(handler) > 0;
        const bool waiting = sink.drained();
        rows_.flush();
        write_recording([](Recorder &recorder) { recorder.flush(); });
        if (dump_ && !found && dump_->take())
            write_kept();
        if (helper_output_)
            helper_output_->read_messages();
        if (start.is_over(rows_.counts().printed))
            report_quiet_start(object);
        wait.after_drain(found, start.at_most(rows_.is_behind() ? std::optional{RowExport::give_interval}
                                              : waiting         ? std::optional{patience}
                                                                : std::nullopt));
    }
}

int Session::finish(Sink &sink, bpf_object *object, const bpf_map *events_in_flight)
{
    const RecordHandler handler = handler_for(sink);
    EventSource &source = transport_.source();

    while (source.drain(handler) > 0 && transport_.is_ring())
        sink.drained();
    source.drain_rest(handler);
    sink.finish();
    rows_.flush();
    if (dump_) {
        dump_->look(transport_.clock());
        if (dump_->take())
            write_kept();
    }
    finish_output();
    const EventCounters counters = read_counters(object, events_in_flight);
    if (!record_failure_)
        write_recording([&](Recorder &recorder) { recorder.finish(counters); });
    transport_.report_wakeups();
    tracer_.end();
    return tracer_.exit_code(finish_export(print_accounting(counters)));
}

int Session::print_accounting(const EventCounters &counters) const
{
    RowCounts counts = rows_.counts();
    counts.unrecorded = recorder_ ? recorder_->unrecorded() : 0;
    const Accounting sum = event_accounting(tracer_.info().name, counters, counts);

    for (const auto &failure : {rows_.failure(), record_failure_})
        if (failure)
            log().line("{}", failure->what());
    sum.print(options().format);
    const bool failed = rows_.failure() || record_failure_ || (helper_output_ && helper_output_->has_failed()) ||
                        (options().strict && sum.lost() > 0);
    return failed ? exit_runtime : exit_ok;
}

} // namespace snoop
