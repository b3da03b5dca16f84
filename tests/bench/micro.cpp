// SPDX-License-Identifier: BSD-2-Clause
// The consumer's work on a record, piece by piece: columns, escaping, JSON, drains.
//     ./dev bench micro --benchmark_filter=Row
#include "records.hpp"
#include "unit/ring.hpp"

#include "events/event_source.hpp"
#include "table/columns.hpp"
#include "table/open_flags.hpp"
#include "table/times.hpp"
#include "table/values.hpp"

#include <benchmark/benchmark.h>

#include <sys/mman.h>

namespace {

using namespace snoop;

// ---- rows ------------------------------------------------------------------------------

// opensnoop's, but for what a Session has to look up.
struct Row {
    const open_event *event;
    std::string_view path, resolved;

    explicit Row(const bench::Record &record) : event(reinterpret_cast<const open_event *>(record.bytes().data()))
    {
        path = {reinterpret_cast<const char *>(event + 1), event->path_len - 1u};
        resolved = {path.data() + event->path_len, event->resolved_len};
    }
};

Columns<Row> open_columns()
{
    return Columns<Row>{{
        json_only<Row>("time", "When it happened.",
                       [](const Row &r) { return WallTime{static_cast<std::int64_t>(r.event->rec.ts_ns)}; }),
        {"PID", 7, Align::left, "pid", "Process id.", [](const Row &r) { return r.event->task.pid; }},
        {"COMM", 16, Align::left, "comm", "Name of the thread.",
         [](const Row &r) { return text_of(r.event->task.comm); }},
        json_only<Row>("pcomm", "Thread name of the parent.",
                       [](const Row &r) { return text_of(r.event->task.pcomm); }),
        {"FD", 4, Align::left, "fd", "File descriptor.", [](const Row &r) { return r.event->ret; }},
        {"ERR", 4, Align::left, "err", "Error number.",
         [](const Row &r) { return r.event->ret < 0 ? -r.event->ret : 0; }},
        json_only<Row>("flags", "Flags of the open.", [](const Row &r) { return OpenFlags{r.event->flags}; }),
        {"PATH", 0, Align::left, "path", "Path as given.", [](const Row &r) { return r.path; }},
        json_only<Row>("resolved", "Path of the file.",
                       [](const Row &r) {
                           return ResolvedPath{{r.resolved, false}, {}};
                       }),
        json_only<Row>("faulted", "Whether it could not be read.", [](const Row &) { return false; }),
    }};
}

template <class Put> void put_rows(benchmark::State &state, Put put)
{
    const std::vector<bench::Record> records = bench::opens();
    const std::vector<Row> rows{records.begin(), records.end()};
    const Columns<Row> columns = open_columns();
    Buffer out;
    std::size_t i = 0;

    for (auto _ : state) {
        out.clear();
        put(columns, out, rows[i++ % rows.size()]);
        benchmark::DoNotOptimize(out.data());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations());
}

void TextRow(benchmark::State &state)
{
    put_rows(state, [](const Columns<Row> &columns, Buffer &out, const Row &row) { columns.put_row(out, row); });
}
BENCHMARK(TextRow);

void JsonRow(benchmark::State &state)
{
    put_rows(state, [](const Columns<Row> &columns, Buffer &out, const Row &row) { columns.put_json_row(out, row); });
}
BENCHMARK(JsonRow);

// ---- strings ---------------------------------------------------------------------------

constexpr std::string_view plain = "/usr/include/c++/12/bits/stl_algobase.h";
constexpr std::string_view words = "/srv/\xc3\xa4nne/\xe6\x96\x87\xe6\x9b\xb8/r\xc3\xa9sum\xc3\xa9 2026.pdf";
constexpr std::string_view nasty = "\x1b[2J\n\"\\\xff\xc3\x28\t\xe2\x80\xae\x7f\x01\x02\xf0\x9f\xff\r\xed\xa0\x80\xf5";

template <class Put> void put_strings(benchmark::State &state, std::string_view text, Put put)
{
    Buffer out;

    for (auto _ : state) {
        out.clear();
        put(out, text);
        benchmark::DoNotOptimize(out.data());
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void Escape(benchmark::State &state, std::string_view text)
{
    put_strings(state, text, [](Buffer &out, std::string_view t) { append_escaped(out, t, Spaces::escape); });
}
BENCHMARK_CAPTURE(Escape, plain, plain);
BENCHMARK_CAPTURE(Escape, utf8, words);
BENCHMARK_CAPTURE(Escape, nasty, nasty);

void Quote(benchmark::State &state, std::string_view text) { put_strings(state, text, append_quoted); }
BENCHMARK_CAPTURE(Quote, plain, plain);
BENCHMARK_CAPTURE(Quote, nasty, nasty);

void JsonString(benchmark::State &state, std::string_view text)
{
    put_strings(state, text, [](Buffer &out, std::string_view t) { JsonWriter{out}.value(t); });
}
BENCHMARK_CAPTURE(JsonString, plain, plain);
BENCHMARK_CAPTURE(JsonString, utf8, words);
BENCHMARK_CAPTURE(JsonString, nasty, nasty);

// ---- drains ----------------------------------------------------------------------------

const RecordHandler look_at = [](const snoop_record &rec, std::span<const std::byte>) {
    benchmark::DoNotOptimize(rec.ts_ns);
};

void RingDrain(benchmark::State &state)
{
    MemoryRing ring{1 << 20};
    const auto source = ring_source(ring.fd(), ring.bytes(), nullptr);
    const open_event event{};
    const bench::Record record{event, std::string(128 - BPF_RINGBUF_HDR_SZ - sizeof(event), '\0')}; // fill the ring
    std::int64_t records = 0;

    while (ring.put(record.bytes()))
        records++;
    for (auto _ : state) {
        while (source->drain(look_at) > 0) {}
        ring.put_all_again();
    }
    state.SetItemsProcessed(state.iterations() * records);
}
BENCHMARK(RingDrain);

void RecordingDrain(benchmark::State &state)
{
    constexpr std::int64_t records = 100'000;
    const Fd file{memfd_create("recording", MFD_CLOEXEC)};
    const std::string path = fmt::format("/proc/self/fd/{}", file.get());

    bench::write_recording(path.c_str(), "opensnoop", OPEN_FORMAT, bench::opens(), records);
    for (auto _ : state) {
        Recording recording{path, "opensnoop", OPEN_FORMAT};
        while (!recording.ended())
            recording.drain(look_at);
    }
    state.SetItemsProcessed(state.iterations() * records);
}
BENCHMARK(RecordingDrain);

} // namespace

BENCHMARK_MAIN();
