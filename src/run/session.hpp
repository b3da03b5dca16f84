// SPDX-License-Identifier: BSD-2-Clause
// One run of an event tool, up to the exit code: live or replayed, recorded or not. The tool has a
// Sink, which says what to do with a record.
//     Session session{info, cli.common()};
//     MySink sink{session, options};
//     return session.run<mytool_bpf>(sink, [&] { return attach_methods(options); });
#pragma once

#include "base/cgroup_places.hpp"
#include "base/error.hpp"
#include "base/users.hpp"
#include "containers/container_names.hpp"
#include "events/event_source.hpp"
#include "events/recorder.hpp"
#include "events/recording.hpp"
#include "export/helper_output.hpp"
#include "export/row_export.hpp"
#include "libbpf/cgroup_names.hpp"
#include "libbpf/cgroup_verdicts.hpp"
#include "run/ancestors.hpp"
#include "run/dump_signal.hpp"
#include "run/row_output.hpp"
#include "run/tracer.hpp"
#include "run/transport.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace snoop {

class Sink {
public:
    virtual ~Sink() = default;

    // A record, in the order in which they were sent.
    virtual void record(const snoop_record &rec, std::span<const std::byte> whole) = 0;

    // After each drain. Returns true while it waits for further records of an event.
    virtual bool drained() { return false; }

    // No record will follow: print what is still held back.
    virtual void finish() {}

    // With --metrics: adds those that only this tool has.
    virtual void add_metrics(MetricSet &) {}
};

class Session {
public:
    Session(const ToolInfo &info, const CommonOptions &options);

    [[nodiscard]] const CommonOptions &options() const noexcept { return tracer_.options(); }
    [[nodiscard]] const Log &log() const noexcept { return tracer_.log(); }
    RowOutput &rows() noexcept { return rows_; }
    UserNames &users() noexcept { return users_; }
    CgroupNames &cgroups() noexcept { return cgroups_; }
    [[nodiscard]] bool shows_cgroup() const noexcept { return shows_cgroup_; }
    [[nodiscard]] bool shows_container() const noexcept { return shows_container_; }
    CgroupPlaces &places() noexcept { return places_; }
    Ancestors &ancestors() noexcept { return ancestors_; }
    // Before run(): the tool needs exec_id and parent_exec_id, whether or not the options show them.
    void need_exec_ids() noexcept { transport_.need_exec_ids(); }
    // Before run(): events of snoop-export are shown. Otherwise it could go on for ever to send what sending causes.
    void show_exporter() noexcept { shows_exporter_ = true; }
    // Before run(): rows are sent as spans, not as logs.
    void send_spans() noexcept;
    ContainerNames &containers() noexcept { return containers_; }
    // --redact; null without it. A sink redacts each event after its filters have seen it, and gives its records to
    // record(), since no other ones are recorded then.
    [[nodiscard]] const Redactor *redactor() const noexcept { return options().redactor.get(); }
    void record(std::span<const std::byte> redacted);
    // With --keep: writes the rows and records that are held.
    void write_kept();
    // Whether a task passes --container and --unit.
    [[nodiscard]] bool admits_place(const snoop_task &task) { return verdicts_.admits(task.cgroup_id); }

    // When tracing began (in the clock of the records), and what to add to it for the time since 1970.
    // A replay has those of the recording.
    [[nodiscard]] std::uint64_t start_ns() const noexcept { return header_.start_ns; }
    [[nodiscard]] std::int64_t wall_offset_ns() const noexcept { return header_.wall_offset_ns; }

    // Traces, or replays, until something ends it. Returns the exit code.
    template <class S> int run(Sink &sink, const AttachMethod<S> &method)
    {
        return run<S>(sink, [&] { return std::vector{method}; });
    }

    // As above, with the first of several methods that works. They are asked for only if there is
    // something to trace and the user may trace it.
    template <class S> int run(Sink &sink, const std::function<std::vector<AttachMethod<S>>()> &methods)
    {
        if (!options().replay.empty())
            return replay(sink);
        tracer_.prepare();
        const std::vector<AttachMethod<S>> known = methods();
        prepare_output(); // only now: a tool that cannot run replaces no file
        Attached<S> attached = tracer_.attach_first<S>(
            known, {.before_load = [this](S &skel) { transport_.before_load(skel.obj, skel.rodata->config); },
                    .after_load =
                        [this](S &skel) {
                            after_load(skel.obj, skel.bss ? &skel.bss->wake : nullptr);
                            cgroups_.read_from(skel.obj, skel.bss ? &skel.bss->cgroups_named : nullptr);
                            verdicts_.read_from(skel.obj, log());
                            ancestors_.tell(skel.bss ? &skel.bss->lineage_epoch : nullptr);
                        },
                    .on_failure = [this] { transport_.reset(); }});
        trace(sink, attached.skel->object());
        transport_.settle();
        attached.detach();
        return finish(sink, attached.skel->object(), attached.events_in_flight);
    }

private:
    int replay(Sink &sink);
    void prepare_output();
    void after_load(bpf_object *object, snoop_wake *wake);
    void trace(Sink &sink, bpf_object *object);
    void report_quiet_start(bpf_object *object) const;
    int finish(Sink &sink, bpf_object *object, const bpf_map *events_in_flight);

    [[nodiscard]] RecordingHeader recorded_header() const;
    [[nodiscard]] RecordHandler handler_for(Sink &sink);
    void add_lineage(std::span<const std::byte> record);
    void add_cgroup(std::span<const std::byte> record);
    void record_cgroup(Recorder &recorder, std::uint64_t id, std::string_view path);
    bool record_container(Recorder &recorder, std::string_view path);
    void record_new_containers(Recorder &recorder);
    template <class Write> void write_recording(Write write);
    int print_accounting(const EventCounters &counters) const;
    void start_export(Feed feed);
    void finish_output();
    int finish_export(int code);
    void add_metrics(MetricSet &to, bpf_object *object);
    void add_export_metrics(MetricSet &to);

    Tracer tracer_;
    EventTransport transport_;
    std::optional<RowExport> export_;           // with --otlp
    std::optional<HelperOutput> helper_output_; // with -o otlp, and for reports
    bool shows_exporter_ = false;
    RowOutput rows_;
    UserNames users_;
    CgroupNames cgroups_;
    CgroupPlaces places_;
    ContainerNames containers_;
    CgroupVerdicts verdicts_;
    Ancestors ancestors_;
    bool shows_cgroup_, shows_container_;
    RecordingHeader header_;
    std::unique_ptr<Recorder> recorder_;
    std::optional<DumpSignal> dump_; // with --keep
    // Recorded cgroups that may become those of containers.
    struct YoungCgroup {
        std::string path;
        std::chrono::steady_clock::time_point seen;
    };
    std::vector<YoungCgroup> young_;
    std::chrono::steady_clock::time_point young_checked_;
    std::optional<Error> record_failure_;
};

} // namespace snoop
