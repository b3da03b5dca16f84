// SPDX-License-Identifier: BSD-2-Clause
#include "forest/row.hpp"
#include "base/utf8.hpp"

namespace snoop {
namespace {

std::string valid_utf8(std::string_view text)
{
    std::string valid;

    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        valid += step.valid ? text.substr(0, step.size) : "\uFFFD";
        text.remove_prefix(step.size);
    }
    return valid;
}

} // namespace

RowParser::RowParser() : parser_(std::make_unique<simdjson::dom::parser>()) {}

RowParser::~RowParser() = default;

RowParser::RowParser(RowParser &&) noexcept = default;

Row RowParser::parse(std::string_view line)
{
    const auto parsed = [this](std::string_view text) {
        line_.reserve(text.size() + simdjson::SIMDJSON_PADDING);
        line_ = text;
        return parser_->parse(line_.data(), line_.size(), false);
    };
    Value value;
    Row row;
    simdjson::error_code error = parsed(line).get(value);

    // The tools print valid UTF-8; other programs may not.
    if (error == simdjson::UTF8_ERROR)
        error = parsed(valid_utf8(line)).get(value);
    if (error)
        throw InvalidRow{"not valid JSON"};
    if (value.get(row))
        throw InvalidRow{"not a JSON object"};
    return row;
}

std::optional<Value> value_at(const Row &row, std::string_view key)
{
    Value value;

    return row[key].get(value) ? std::nullopt : std::optional{value};
}

std::string_view text_at(const Row &row, std::string_view key)
{
    std::string_view text;

    return row[key].get(text) ? std::string_view{} : text;
}

std::optional<std::uint64_t> number_at(const Row &row, std::string_view key)
{
    std::uint64_t number = 0;

    return row[key].get(number) ? std::nullopt : std::optional{number};
}

} // namespace snoop
