// SPDX-License-Identifier: BSD-2-Clause
#include "base/row_condition.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace snoop {
namespace {

using Word = std::pair<std::string_view, std::string_view>;
constexpr std::array<Word, 3> words{{{"exit", "exit_code"}, {"killed", "signal"}, {"failed", "errno"}}};

std::string_view key_of(std::string_view word)
{
    const auto found = std::ranges::find(words, word, &Word::first);

    return found == words.end() ? word : found->second;
}

} // namespace

RowCondition parse_row_condition(std::string_view option, std::string_view text)
{
    const std::size_t equals = std::min(text.find('='), text.size());
    const bool differs = equals > 0 && equals < text.size() && text[equals - 1] == '!';
    const std::string_view word = text.substr(0, differs ? equals - 1 : equals);

    if (word.empty())
        throw Error{exit_usage, "{}: invalid condition '{}': give KEY, KEY=VALUE or KEY!=VALUE, such as exit!=0",
                    option, text};
    RowCondition condition{std::string{key_of(word)}};
    if (equals < text.size()) {
        condition.kind = differs ? RowCondition::Kind::differs : RowCondition::Kind::equals;
        condition.value = text.substr(equals + 1);
    }
    return condition;
}

bool RowCondition::holds(std::string_view json) const
{
    if (json == "null" || json == "false")
        return false;
    if (json.starts_with('"'))
        json = json.substr(1, json.size() - 2);
    return kind == Kind::is_set || (json == value) == (kind == Kind::equals);
}

} // namespace snoop
