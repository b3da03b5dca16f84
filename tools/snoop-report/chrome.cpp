// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.hpp"
#include "base/utf8_cut.hpp"
#include "snoop-report/formats.hpp"
#include "snoop-report/lanes.hpp"
#include "snoop-report/program_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace snoop::snoop_report {
namespace {

// So much of a command line is in an event.
constexpr std::size_t most_in_event = 4096;
// All lanes are threads of one process of the trace. 0 is the idle task there.
constexpr std::uint64_t trace_pid = 1;

class ChromeWriter {
public:
    ChromeWriter(const Forest &forest, Buffer &out) : forest_(forest), out_(out), lanes_(lanes_of(forest)) {}

    void write(std::string_view title)
    {
        append(out_, "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"begin\":");
        JsonWriter{out_}.value(forest_.first_time());
        append(out_, "},\"traceEvents\":[\n");
        name("process_name", 0, title);
        const std::size_t lanes = lanes_.empty() ? 0 : *std::ranges::max_element(lanes_) + 1;
        for (std::size_t lane = 0; lane < lanes; lane++)
            name("thread_name", lane, fmt::format("lane {}", lane + 1));
        for (std::size_t i = 0; i < lanes_.size(); i++)
            add(forest_.programs()[i], lanes_[i]);
        for (const FailedExec &failed : forest_.failed_execs())
            if (!failed.is_found_later)
                add(failed);
        append(out_, "\n]}\n");
    }

private:
    // All events begin with this. Readers look into the first one for what the trace is; that has no "cat".
    JsonWriter begin(std::string_view kind, std::string_view its_name, std::size_t lane)
    {
        append(out_, is_first_ ? "" : ",\n");
        is_first_ = false;
        JsonWriter json{out_};
        json.begin_object().key("name").value(its_name).key("ph").value(kind);
        json.key("pid").value(trace_pid).key("tid").value(lane + 1);
        return json;
    }

    void name(std::string_view what, std::size_t lane, std::string_view text)
    {
        begin("M", what, lane).key("args").begin_object().key("name").value(text).end_object().end_object();
    }

    void add_command(JsonWriter &json, const std::vector<std::string_view> &args, std::string_view file)
    {
        Buffer command;

        append_command(command, args, file, most_in_event);
        json.key("command").value(std::string_view{command.data(), command.size()});
    }

    static void add_text(JsonWriter &json, std::string_view key, std::string_view text)
    {
        if (!text.empty())
            json.key(key).value(text);
    }

    template <class Number> static void add_number(JsonWriter &json, std::string_view key, std::optional<Number> number)
    {
        if (number)
            json.key(key).value(*number);
    }

    void add(const Program &program, std::size_t lane)
    {
        const std::uint64_t begin_us = trace_us(forest_, program.start_ns);
        JsonWriter json = begin("X", program.name(), lane);

        json.key("cat").value(program.has_failed() ? "exec,failed" : "exec").key("ts").value(begin_us);
        json.key("dur").value(trace_us(forest_, end_of(forest_, program)) - begin_us);
        json.key("args").begin_object();
        add_command(json, program.args, program.file.empty() ? program.name() : program.file);
        json.key("status").value(status_of(program)).key("pid").value(program.pid);
        if (program.parent)
            json.key("parent").value(forest_.programs()[*program.parent].name());
        add_text(json, "file", program.resolved.empty() ? program.file : program.resolved);
        add_text(json, "cwd", program.cwd);
        add_text(json, "user", program.user);
        add_text(json, "container", program.container);
        add_number(json, "utime_ns", program.utime_ns);
        add_number(json, "stime_ns", program.stime_ns);
        add_number(json, "maxrss_kb", program.maxrss_kb);
        add_number(json, "read_bytes", program.read_bytes);
        add_number(json, "write_bytes", program.write_bytes);
        json.end_object().end_object();
    }

    void add(const FailedExec &failed)
    {
        JsonWriter json = begin("i", fmt::format("{}: {}", failed.error, utf8_prefix(failed.file, most_in_event)),
                                failed.program ? lanes_[*failed.program] : 0);

        json.key("cat").value("exec,failed").key("ts").value(trace_us(forest_, failed.ts_ns));
        json.key("s").value(failed.program ? "t" : "p");
        json.key("args").begin_object();
        add_command(json, failed.args, failed.file);
        json.key("errno").value(failed.error).key("pid").value(failed.pid);
        add_text(json, "cwd", failed.cwd);
        json.end_object().end_object();
    }

    const Forest &forest_;
    Buffer &out_;
    std::vector<std::size_t> lanes_; // of each program
    bool is_first_ = true;
};

} // namespace

void write_chrome(const Forest &forest, std::string_view title, Buffer &out) { ChromeWriter{forest, out}.write(title); }

} // namespace snoop::snoop_report
