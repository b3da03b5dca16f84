// SPDX-License-Identifier: BSD-2-Clause
// Lines become records of OTLP, or are rejected. Input: a kind of record, then text in lines.
#include "fuzz.hpp"

#include "forest/line_splitter.hpp"
#include "snoop-export/log_record.hpp"
#include "snoop-export/span.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace snoop;
using namespace snoop::snoop_export;
using nlohmann::json;

void check(const std::string &record)
{
    const json parsed = json::parse(record, nullptr, false);

    fuzz::require(!parsed.is_discarded(), "the record is not JSON");
    fuzz::require(record.find('\n') == record.npos, "the record is not one line");
    const json &attributes = parsed["attributes"];
    fuzz::require(attributes.is_array(), "there are no attributes");
    for (const json &attribute : attributes)
        fuzz::require(attribute["key"].is_string() && attribute["value"].is_object() && attribute["value"].size() == 1,
                      "an attribute is not a key and a value of one type");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input{data, size};
    const unsigned kind = input.byte();
    const RecordContext context{"1-1", 1, (kind & 2) != 0};
    Spans spans{std::nullopt};
    RowParser parser;
    LineSplitter lines{1 << 12};

    const auto take = [&](std::string_view line, bool) {
        try {
            const Row row = parser.parse(line);
            check((kind & 1) != 0 ? spans.span(row, context) : log_record(row, context));
        } catch (const InvalidRow &) { // as most lines are
        }
    };
    lines.feed(input.rest(), take);
    lines.finish(take);
    return 0;
}
