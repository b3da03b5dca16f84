// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-report/data.hpp"
#include "base/json.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace snoop::snoop_report {
namespace {

using Index = std::optional<std::size_t>; // into `strings` or the processes
using Number = std::optional<std::uint64_t>;

std::uint64_t us(std::uint64_t ns) { return ns / 1000 + (ns % 1000 >= 500 ? 1 : 0); }

Number us(Number ns)
{
    if (ns)
        ns = us(*ns);
    return ns;
}

Number if_true(bool is) { return is ? Number{1} : std::nullopt; }

// The opens by one process of one path with one error.
struct Opens {
    Index process;
    std::uint64_t time = 0; // of the first
    std::size_t path = 0;
    Index error;
    std::uint64_t count = 0;

    bool operator==(const Opens &other) const
    {
        return process == other.process && path == other.path && error == other.error;
    }
};

struct HashOfOpens {
    std::size_t operator()(const Opens &opens) const noexcept
    {
        constexpr std::size_t none = ~std::size_t{0}, prime = 0x100000001b3;
        return (opens.process.value_or(none) * prime + opens.path) * prime + opens.error.value_or(none);
    }
};

class DataWriter {
public:
    DataWriter(const Forest &forest, Buffer &out) : forest_(forest), json_(out) {}

    void write(std::string_view title)
    {
        json_.begin_object().key("snoop_report").value(1).key("title").value(title);
        json_.key("start").value(forest_.first_time());
        write_processes();
        write_execs();
        write_opens();
        write_guards();
        write_strings();
        json_.end_object();
    }

private:
    // Texts that are empty are not known.
    Index text(std::string_view text) { return text.empty() ? Index{} : number_of(text); }

    std::size_t number_of(std::string_view text)
    {
        const auto [it, is_new] = numbers_.try_emplace(text, strings_.size());
        if (is_new)
            strings_.push_back(text);
        return it->second;
    }

    // A row without a time counts as the first.
    [[nodiscard]] std::uint64_t time_of(std::uint64_t ts_ns) const
    {
        return us(ts_ns - std::min(ts_ns, forest_.first_ns()));
    }

    template <class Row, class Cell> void fill(const char *name, const std::vector<Row> &rows, Cell cell)
    {
        json_.key(name).begin_array();
        for (const Row &row : rows)
            json_.value(cell(row));
        json_.end_array();
    }

    // One without a value is left out.
    template <class Row, class Cell> void column(const char *name, const std::vector<Row> &rows, Cell cell)
    {
        if (std::any_of(rows.begin(), rows.end(), [&](const Row &row) { return cell(row).has_value(); }))
            fill(name, rows, cell);
    }

    template <class Row, class Member> void texts(const char *name, const std::vector<Row> &rows, Member member)
    {
        column(name, rows, [&](const Row &row) { return text(std::invoke(member, row)); });
    }

    template <class Row, class Known> void args(const std::vector<Row> &rows, Known is_known)
    {
        json_.key("args").begin_array();
        for (const Row &row : rows) {
            if (!is_known(row)) {
                json_.value(nullptr);
                continue;
            }
            json_.begin_array();
            for (const std::string_view arg : row.args)
                json_.value(number_of(arg));
            json_.end_array();
        }
        json_.end_array();
    }

    template <class Row> void begin_events(const char *name, const std::vector<Row> &rows)
    {
        json_.key(name).begin_object();
        fill("process", rows, [](const Row &row) { return row.program; });
        fill("time", rows, [this](const Row &row) { return time_of(row.ts_ns); });
    }

    void write_processes()
    {
        const std::vector<Program> &rows = forest_.programs();

        json_.key("processes").begin_object();
        fill("id", rows, [](const Program &row) { return fmt::format("{:016x}", row.id); });
        column("parent", rows, [](const Program &row) { return row.parent; });
        fill("pid", rows, [](const Program &row) { return row.pid; });
        texts("comm", rows, &Program::comm);
        texts("file", rows, &Program::file);
        texts("cwd", rows, &Program::cwd);
        texts("user", rows, &Program::user);
        texts("container", rows, &Program::container);
        args(rows, [](const Program &row) { return row.is_seen; });
        column("cut", rows, [](const Program &row) { return if_true(row.is_truncated); });
        fill("start", rows, [this](const Program &row) { return time_of(row.start_ns); });
        column("end", rows, [this](const Program &row) {
            return row.duration_ns ? Number{time_of(row.start_ns) + us(*row.duration_ns)} : std::nullopt;
        });
        column("code", rows, [](const Program &row) { return row.exit_code; });
        texts("signal", rows, &Program::signal);
        texts("killer", rows, &Program::killed_by);
        column("oom", rows, [](const Program &row) { return if_true(row.is_oom); });
        column("utime", rows, [](const Program &row) { return us(row.utime_ns); });
        column("stime", rows, [](const Program &row) { return us(row.stime_ns); });
        column("rss", rows, [](const Program &row) { return row.maxrss_kb; });
        column("read", rows, [](const Program &row) { return row.read_bytes; });
        column("write", rows, [](const Program &row) { return row.write_bytes; });
        json_.end_object();
    }

    void write_execs()
    {
        const std::vector<FailedExec> &rows = forest_.failed_execs();

        begin_events("execs", rows);
        args(rows, [](const FailedExec &) { return true; });
        texts("file", rows, &FailedExec::file);
        texts("errno", rows, &FailedExec::error);
        column("found", rows, [](const FailedExec &row) { return if_true(row.is_found_later); });
        json_.end_object();
    }

    std::vector<Opens> sum_opens()
    {
        std::vector<Opens> sums;
        std::unordered_map<Opens, std::size_t, HashOfOpens> known; // indexes into sums

        for (const Open &open : forest_.opens()) {
            const std::string_view path = open.resolved.empty() ? open.path : open.resolved;
            const Opens opens{open.program, time_of(open.ts_ns), number_of(path), text(open.error), 0};
            const auto [it, is_new] = known.try_emplace(opens, sums.size());
            if (is_new)
                sums.push_back(opens);
            sums[it->second].count++;
        }
        return sums;
    }

    void write_opens()
    {
        const std::vector<Opens> rows = sum_opens();

        json_.key("opens").begin_object();
        fill("process", rows, [](const Opens &row) { return row.process; });
        fill("time", rows, [](const Opens &row) { return row.time; });
        fill("path", rows, [](const Opens &row) { return row.path; });
        column("errno", rows, [](const Opens &row) { return row.error; });
        fill("count", rows, [](const Opens &row) { return row.count; });
        json_.end_object();
    }

    void write_guards()
    {
        const std::vector<Decision> &rows = forest_.decisions();

        begin_events("guards", rows);
        texts("path", rows, &Decision::path);
        texts("action", rows, &Decision::action);
        texts("guard", rows, &Decision::guard);
        texts("op", rows, &Decision::op);
        json_.end_object();
    }

    void write_strings()
    {
        json_.key("strings").begin_array();
        for (const std::string_view text : strings_)
            json_.value(text);
        json_.end_array();
    }

    const Forest &forest_;
    JsonWriter json_;
    std::vector<std::string_view> strings_;
    std::unordered_map<std::string_view, std::size_t> numbers_; // indexes into strings_
};

} // namespace

void write_data(const Forest &forest, std::string_view title, Buffer &out) { DataWriter{forest, out}.write(title); }

} // namespace snoop::snoop_report
