// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/slow_calls.hpp"
#include "kernel/system.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace snoop::funclat {
namespace {

// A time in the unit of the rows.
struct Duration {
    std::uint64_t ns;
    TimeUnit unit;

    [[nodiscard]] double in_unit() const { return static_cast<double>(ns) / static_cast<double>(unit.ns); }
};

constexpr JsonType json_type_of(std::type_identity<Duration>) { return json_number; }

void put_json(JsonWriter &json, Duration duration)
{
    if (duration.unit.ns == 1)
        json.value(duration.ns);
    else
        json.value(duration.in_unit());
}

void put_text(Buffer &out, Duration duration, Spaces)
{
    append(out, duration.unit.ns == 1 ? fmt::format("{}", duration.ns) : fmt::format("{:.3f}", duration.in_unit()));
}

std::string_view title_of(TimeUnit unit)
{
    return unit.ns == 1 ? "DURATION(ns)" : unit.ns == microseconds.ns ? "DURATION(us)" : "DURATION(ms)";
}

Columns<SlowCallRow> make_columns(const CommonOptions &common, TimeUnit unit)
{
    using R = SlowCallRow;
    std::vector<Column<R>> columns{json_only<R>("event", "Kind of the line.", [](const R &) { return "slow_call"; })};

    add_time_columns(columns, {});
    columns.push_back(text_only<R>("TIME", 8, Align::left, [](const R &r) { return r.wall_time(); }));
    columns.push_back({"PID", 7, Align::left, "pid", "Process id.", [](const R &r) { return r.task->pid; }});
    columns.push_back(text_only<R>("TID", 7, Align::left, [](const R &r) { return r.task->tid; }));
    columns.push_back({"COMM", 15, Align::left, "comm", "Name of the thread, at most 15 bytes.",
                       [](const R &r) { return text_of(r.task->comm); }});
    columns.push_back(json_only<R>("ppid", "Process id of the parent.", [](const R &r) { return r.task->ppid; }));
    add_task_columns(columns, common);
    columns.push_back({title_of(unit), 12, Align::right, "duration", "How long the call took.", [](const R &r) {
                           return Duration{r.call->ns, r.unit};
                       }});
    columns.push_back(json_only<R>("unit", "Unit of duration: ns, us or ms.", [](const R &r) { return r.unit.name; }));
    columns.push_back(
        {"FUNCTION", 0, Align::left, "function", "Name of the function.", [](const R &r) { return r.function; }});
    columns.push_back(json_only<R>("binary", "File that has the function; null for the kernel.", [](const R &r) {
        return r.binary.empty() ? std::nullopt : std::optional{r.binary};
    }));
    return Columns<R>{std::move(columns)};
}

} // namespace

std::vector<JsonKey> slow_call_keys() { return make_columns(options_with_all_columns(), nanoseconds).keys(); }

SlowCalls::SlowCalls(Tracer &tracer, std::vector<std::string> functions, std::vector<std::string> binaries,
                     TimeUnit unit)
    : tracer_(tracer),
      functions_(std::move(functions)),
      binaries_(std::move(binaries)),
      unit_(unit),
      transport_(tracer.options(), tracer.log()),
      columns_(make_columns(tracer.options(), unit))
{
    if (!tracer.options().otlp.url.empty())
        export_.emplace(tracer.options(), tracer.log());
}

void SlowCalls::start_export()
{
    if (!export_)
        return;
    export_->start(Feed::live);
    tracer_.leave_out(export_->pid());
}

AttachObserver<funclat_bpf> SlowCalls::observer()
{
    return {.before_load = [this](funclat_bpf &skel) { transport_.before_load(skel.obj, skel.rodata->config); },
            .after_load =
                [this](funclat_bpf &skel) {
                    transport_.after_load(skel.obj, skel.bss ? &skel.bss->wake : nullptr);
                    cgroups_.read_from(skel.obj);
                    ancestors_.tell(skel.bss ? &skel.bss->lineage_epoch : nullptr);
                    wall_offset_ns_ = kernel::wall_offset_ns(transport_.clock());
                },
            .on_failure = [this] { transport_.reset(); }};
}

void SlowCalls::watch(Loop &loop)
{
    loop.watch_source(transport_.source().fd());
    wait_.emplace(transport_.source(), loop);
}

void SlowCalls::drain(Buffer &out)
{
    const auto handler = [&](const snoop_record &rec, std::span<const std::byte> whole) { put(out, rec, whole); };

    found_ = transport_.source().drain(handler) > 0;
    if (export_)
        export_->commit(0);
}

void SlowCalls::finish(Buffer &out)
{
    do
        drain(out);
    while (found_ && transport_.is_ring());
    transport_.source().drain_rest(
        [&](const snoop_record &rec, std::span<const std::byte> whole) { put(out, rec, whole); });
    if (export_)
        export_->commit(0);
}

int SlowCalls::finish_export(int code) { return export_ ? export_->finish(tracer_.info().name, code) : code; }

void SlowCalls::wait(std::optional<std::chrono::milliseconds> limit)
{
    if (export_ && export_->is_behind())
        limit = std::min(limit.value_or(RowExport::give_interval), RowExport::give_interval);
    wait_->after_drain(found_, limit);
}

void SlowCalls::put(Buffer &out, const snoop_record &rec, std::span<const std::byte> whole)
{
    if (rec.kind == SNOOP_LINEAGE_RECORD)
        ancestors_.add(whole);
    if (rec.kind != FUNCLAT_SLOW_CALL || whole.size() < sizeof(funclat_slow_call))
        return;
    funclat_slow_call call = *reinterpret_cast<const funclat_slow_call *>(whole.data());
    const Redactor *redactor = tracer_.options().redactor.get();
    const bool is_json = tracer_.options().format == Format::json, shows_names = is_json || export_;
    if (call.function >= functions_.size())
        return;
    SlowCallRow row{TaskRow{rec, call.task, shows_names ? users_.find(call.task.uid) : std::nullopt,
                            shows_names ? cgroups_.find(call.task.cgroup_id) : std::nullopt, wall_offset_ns_},
                    &call, functions_[call.function], binaries_[call.function], unit_};

    if (tracer_.options().shows_ancestors())
        row.ancestors = ancestors_.of(call.task.exec_id);
    if (redactor) {
        redact(*redactor, call.task);
        row.redacted = redact_names(*redactor, row);
        if (row.ancestors)
            for (Ancestor &ancestor : *row.ancestors)
                redactor->name(ancestor.comm);
    }
    printed_++;
    if (export_)
        columns_.put_json_row(export_->staged(), row);
    if (is_json) {
        columns_.put_json_row(out, row);
        return;
    }
    if (!has_titles_)
        columns_.put_header(out);
    has_titles_ = true;
    columns_.put_row(out, row);
}

} // namespace snoop::funclat
