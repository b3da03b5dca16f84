// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-report/data.hpp"
#include "snoop-report/formats.hpp"

#include "report_page.h"

#include <cstddef>

namespace snoop::snoop_report {
namespace {

// Without `<`, no text can end the element that the data is in. Outside of texts, JSON has none.
void append_embeddable(Buffer &out, std::string_view json)
{
    std::size_t at = 0;

    for (std::size_t next = 0; (next = json.find('<', at)) != json.npos; at = next + 1) {
        append(out, json.substr(at, next - at));
        append(out, "\\u003c");
    }
    append(out, json.substr(at));
}

} // namespace

void write_html(const Forest &forest, std::string_view title, Buffer &out)
{
    constexpr std::string_view page{report_page, sizeof(report_page) - 1}, place = "@DATA@";
    constexpr std::size_t at = page.find(place);
    static_assert(at != page.npos);
    Buffer data;

    write_data(forest, title, data);
    append(out, page.substr(0, at));
    append_embeddable(out, {data.data(), data.size()});
    append(out, page.substr(at + place.size()));
}

} // namespace snoop::snoop_report
