// SPDX-License-Identifier: BSD-2-Clause
#include "base/escape.hpp"
#include "snoop-diff/report.hpp"

#include <fmt/format.h>

#include <iterator>

namespace snoop::snoop_diff {
namespace {

constexpr std::size_t html_chunk = std::size_t{1} << 20;

// It loads nothing and runs nothing, whatever a name may hold.
constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width">
<title>snoop-diff</title>
<style>
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 1rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .5rem 0; }
th, td { border: 1px solid #8888; padding: .3rem .5rem; text-align: left; vertical-align: top; }
td { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
tr.first { background: #f442; }
tr.consequence { opacity: .7; }
</style>
</head>
<body>
<h1>snoop-diff</h1>
)";

void put(Buffer &out, std::string_view text)
{
    for (const char c : text)
        switch (c) {
        case '&': append(out, "&amp;"); break;
        case '<': append(out, "&lt;"); break;
        case '>': append(out, "&gt;"); break;
        case '"': append(out, "&quot;"); break;
        case '\'': append(out, "&#39;"); break;
        default: out.push_back(c);
        }
}

void put_html_job(Buffer &out, std::string_view side, std::string_view name, const Forest &forest)
{
    Buffer escaped;

    append_escaped(escaped, name);
    fmt::format_to(std::back_inserter(out), "<p>{}: ", side);
    put(out, {escaped.data(), escaped.size()});
    fmt::format_to(std::back_inserter(out), ": {}</p>\n", size_of(forest));
}

void put_row(Buffer &out, const Report &report, const Difference &difference)
{
    const Shown text = shown(report, difference);

    append(out, difference.is_first         ? "<tr class=\"first\">"
                : difference.is_consequence ? "<tr class=\"consequence\">"
                                            : "<tr>");
    for (const std::string_view cell : {text.place, text.what, text.in_a, text.in_b}) {
        append(out, "<td>");
        put(out, cell);
        append(out, "</td>");
    }
    append(out, "</tr>\n");
}

} // namespace

void put_html(Output &out, const Report &report)
{
    Buffer &buffer = out.buffer();

    append(buffer, head);
    put_html_job(buffer, "A", report.name_a, report.a.forest());
    put_html_job(buffer, "B", report.name_b, report.b.forest());
    if (report.is_same)
        append(buffer, report.differences.empty() ? "<p>No difference.</p>\n" : "<p>No difference but in time.</p>\n");
    if (!report.differences.empty()) {
        fmt::format_to(std::back_inserter(buffer),
                       "<table>\n<caption>Differences: {}. The first one that matters is at the top; those that "
                       "follow from another one are pale.</caption>\n"
                       "<thead><tr><th scope=\"col\">Place</th><th scope=\"col\">What</th>"
                       "<th scope=\"col\">In A</th><th scope=\"col\">In B</th></tr></thead>\n<tbody>\n",
                       report.differences.size());
        for (const Difference &difference : report.differences) {
            put_row(buffer, report, difference);
            if (buffer.size() > html_chunk)
                out.flush();
        }
        append(buffer, "</tbody>\n</table>\n");
    }
    append(buffer, "</body>\n</html>\n");
    out.flush();
}

} // namespace snoop::snoop_diff
