// SPDX-License-Identifier: BSD-2-Clause
// Lines become a forest, and that a report and a comparison. Input: rows of one job; after an empty line, those of
// another one.
#include "fuzz.hpp"

#include "forest/forest.hpp"
#include "forest/line_splitter.hpp"
#include "snoop-diff/compare.hpp"
#include "snoop-diff/report.hpp"
#include "snoop-report/data.hpp"
#include "snoop-report/formats.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace snoop;
using fuzz::require;
using nlohmann::json;

void add_lines(Forest &to, std::string_view text)
{
    RowParser parser;
    LineSplitter lines{1 << 16};
    const auto take = [&](std::string_view line, bool) {
        try {
            to.add(parser.parse(line));
        } catch (const InvalidRow &) { // as most lines are
        }
    };

    lines.feed(text, take);
    lines.finish(take);
}

template <class Kind> void check_events(const Forest &forest, const std::vector<Kind> &events)
{
    require(std::ranges::is_sorted(events, {}, &Kind::ts_ns), "events are not in the order of time");
    for (const Kind &event : events)
        require(!event.program || forest.programs().at(*event.program).id == event.exec_id,
                "an event is of another program");
}

void check_forest(const Forest &forest)
{
    const std::vector<Program> &all = forest.programs();

    require(std::ranges::is_sorted(all, {}, &Program::start_ns), "programs are not in the order of time");
    for (std::size_t i = 0; i < all.size(); i++) {
        require(!all[i].parent || *all[i].parent < i, "a program comes before its parent");
        require(!all[i].parent || all[*all[i].parent].id == all[i].parent_id, "a program has another parent");
        require(!all[i].next || (*all[i].next > i && all[*all[i].next].pid == all[i].pid),
                "a process goes on as another one");
        require(all[i].start_ns <= all[i].end_ns() && all[i].end_ns() <= forest.last_ns(), "a program ends too late");
    }
    check_events(forest, forest.failed_execs());
    check_events(forest, forest.opens());
    check_events(forest, forest.decisions());
}

json parsed(const Buffer &text)
{
    json value = json::parse(std::string_view{text.data(), text.size()}, nullptr, false);

    require(!value.is_discarded(), "what is written is not JSON");
    return value;
}

// All columns of a table have the same length, and numbers of texts are those of texts.
void check_table(const json &table, std::size_t strings)
{
    for (const auto &[name, column] : table.items()) {
        require(column.size() == table.begin()->size(), "a column is shorter than others");
        if (name != "comm" && name != "file" && name != "path" && name != "errno" && name != "signal")
            continue;
        for (const json &cell : column)
            require(cell.is_null() || cell.get<std::size_t>() < strings, "a text is missing");
    }
}

void check_report(const Forest &forest)
{
    Buffer data, chrome, folded, dot;

    snoop_report::write_data(forest, "title", data);
    const json page = parsed(data);
    for (const char *table : {"processes", "execs", "opens", "guards"})
        check_table(page[table], page["strings"].size());
    snoop_report::write_chrome(forest, "title", chrome);
    const json trace = parsed(chrome);
    for (const json &event : trace["traceEvents"])
        require(event["ph"] != "X" || event["dur"].is_number_unsigned(), "an event ends before it begins");
    snoop_report::write_folded(forest, "title", folded);
    snoop_report::write_folded_cpu(forest, "title", folded);
    const std::string_view lines{folded.data(), folded.size()};
    require(lines.empty() || lines.back() == '\n', "the last stack has no end");
    if (forest.programs().size() + forest.failed_execs().size() < snoop_report::most_in_dot)
        snoop_report::write_dot(forest, "title", dot);
}

std::size_t count_differences(const Forest &a, const Forest &b)
{
    using namespace snoop_diff;
    Vocabulary words_a = vocabulary_of(a), words_b = vocabulary_of(b);
    Numbers numbers;
    Job job_a{a, words_a, words_b, numbers}, job_b{b, words_b, words_a, numbers};
    const std::vector<Difference> all = compare(job_a, job_b, {});
    const Report report{job_a, job_b, "a", "b", all, all.empty()};

    for (const Difference &each : all) {
        require(each.a.program || each.b.program, "a difference is of no program");
        const Shown text = shown(report, each);
        require(text.place.find('\n') == text.place.npos && text.in_a.find('\n') == text.in_a.npos,
                "a difference is not one line");
    }
    return all.size();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char *>(data), size};
    const std::size_t gap = text.find("\n\n");
    Forest a, again, b;

    add_lines(a, text.substr(0, gap));
    add_lines(again, text.substr(0, gap));
    add_lines(again, text.substr(0, gap));
    add_lines(b, gap == text.npos ? std::string_view{} : text.substr(gap));
    for (Forest *each : {&a, &again, &b}) {
        each->complete();
        check_forest(*each);
    }
    require(a.programs().size() == again.programs().size(), "a program that comes twice counts twice");
    check_report(a);
    require(count_differences(a, a) == 0, "a job differs from itself");
    require((count_differences(a, b) == 0) == (count_differences(b, a) == 0), "only one side differs from the other");
    return 0;
}
