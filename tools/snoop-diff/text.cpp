// SPDX-License-Identifier: BSD-2-Clause
#include "base/escape.hpp"
#include "base/terminal.hpp"
#include "run/row_style.hpp"
#include "snoop-diff/report.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <string>

namespace snoop::snoop_diff {
namespace {

void put_text_job(Buffer &out, std::string_view side, std::string_view name, const Forest &forest)
{
    append(out, side);
    append_escaped(out, name);
    fmt::format_to(std::back_inserter(out), ": {}\n", size_of(forest));
}

class TextDifferences {
public:
    TextDifferences(Output &out, const Report &report, const RowStyle &style)
        : out_(out.buffer()), report_(report), style_(style), columns_(terminal_columns(out.fd()))
    {}

    void put(const Difference &difference)
    {
        const Shown text = shown(report_, difference);
        const std::size_t from = out_.size();

        if (text.place != place_) {
            fmt::format_to(std::back_inserter(out_), "{}{}\n", difference.is_first ? "first: " : "", text.place);
            wrap(from, 4);
        }
        place_ = text.place;
        if (difference.is_first)
            style_.apply(out_, from, Tone::failure);
        const std::size_t second = out_.size();
        fmt::format_to(std::back_inserter(out_), "    {}: {} in A, {} in B{}\n", text.what, text.in_a, text.in_b,
                       difference.is_consequence ? " (a consequence)" : "");
        wrap(second, 8);
    }

private:
    // On a terminal, what is cut would be missing, and what the terminal wraps is not indented.
    void wrap(std::size_t from, std::size_t indent)
    {
        if (columns_)
            wrap_row(out_, from, *columns_, indent);
    }

    Buffer &out_;
    const Report &report_;
    const RowStyle &style_;
    std::optional<std::size_t> columns_;
    std::string place_; // of the last one
};

} // namespace

void put_text(Output &out, const Report &report, const TextStyle &style)
{
    const RowStyle rows{out.fd(), style.color, false};
    Buffer &buffer = out.buffer();
    TextDifferences differences{out, report, rows};
    std::size_t put = 0;

    put_text_job(buffer, "A: ", report.name_a, report.a.forest());
    put_text_job(buffer, "B: ", report.name_b, report.b.forest());
    for (const Difference &difference : report.differences) {
        if (put++ == style.most)
            break;
        differences.put(difference);
    }
    if (report.differences.size() > style.most)
        fmt::format_to(std::back_inserter(buffer), "{} more: --all shows them\n",
                       report.differences.size() - style.most);
    if (report.is_same)
        append(buffer, report.differences.empty() ? "no difference\n" : "no difference but in time\n");
    out.flush();
}

} // namespace snoop::snoop_diff
