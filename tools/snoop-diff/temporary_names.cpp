// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/temporary_names.hpp"

#include <algorithm>

namespace snoop::snoop_diff {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

std::size_t count(std::string_view word, bool (*is)(char))
{
    return static_cast<std::size_t>(std::count_if(word.begin(), word.end(), is));
}

bool is_hexadecimal(std::string_view word)
{
    const bool all = word.find_first_not_of("0123456789abcdef") == word.npos ||
                     word.find_first_not_of("0123456789ABCDEF") == word.npos;

    return all && count(word, is_digit) > 0;
}

// Words as people write them: lower, UPPER, Capital and camelCase, with digits before or after.
bool is_written_by_hand(std::string_view word)
{
    const auto is_no_digit = [](char c) { return !is_digit(c); };
    const auto first = std::find_if(word.begin(), word.end(), is_no_digit);
    const auto last = std::find_if(word.rbegin(), word.rend(), is_no_digit).base();
    if (first >= last)
        return true;
    const std::string_view letters =
        word.substr(static_cast<std::size_t>(first - word.begin()), static_cast<std::size_t>(last - first));
    if (count(letters, is_digit) > 0)
        return false;
    if (count(letters, is_upper) == letters.size())
        return true;
    for (std::size_t i = 0; i < letters.size(); i++)
        if (is_upper(letters[i]) && !(i + 2 < letters.size() && is_lower(letters[i + 1]) && is_lower(letters[i + 2])))
            return false;
    return true;
}

// A name by mkstemp(3): a beginning that the program chose, and six characters at random. After the longer beginnings,
// few words that people write have a digit or a capital.
bool is_of_mkstemp(std::string_view word)
{
    constexpr std::size_t random = 6;
    constexpr std::string_view beginnings[] = {"cc", "conf", "sed", "rustc", "rmeta", "tmp", "refs_", "packs_"};
    if (word.size() <= random)
        return false;
    const std::string_view beginning = word.substr(0, word.size() - random), end = word.substr(beginning.size());

    if (std::find(std::begin(beginnings), std::end(beginnings), beginning) != std::end(beginnings))
        return count(end, is_lower) < random;
    return (beginning == "st" || beginning.ends_with('_')) && !is_written_by_hand(end);
}

bool is_of_python(std::string_view word) { return word.starts_with("tmp") && word.size() == 11; }

bool is_of_git(std::string_view before, std::string_view word)
{
    if (before.ends_with(".git/") && word.starts_with('t') && word.size() == 7)
        return true;
    return word.starts_with("tmp_obj_") || word.starts_with("tmp_pack_") || word.starts_with("tmp_idx_");
}

// cmTC_90311_loc.tmp0783d in TryCompile-OtLXxZ: five hexadecimal digits, and six characters.
bool is_of_cmake(std::string_view before, std::string_view word)
{
    const auto has_digits = [&](std::size_t at) {
        return word.size() >= at + 5 && word.substr(at, 5).find_first_not_of("0123456789abcdef") == word.npos;
    };

    return (word.starts_with("cmTC_") && has_digits(5)) ||
           (word.starts_with("tmp") && word.size() == 8 && has_digits(3)) || before.ends_with("TryCompile-");
}

// Whether the word is in a name that is directly below a directory of temporary files.
bool is_in_temporary_folder(std::string_view before)
{
    // A long text without a slash is not searched for each of its words.
    constexpr std::size_t most_before = 300;
    const bool is_cut = before.size() > most_before;
    before.remove_prefix(is_cut ? before.size() - most_before : 0);
    const std::size_t slash = before.rfind('/');
    if (slash == before.npos)
        return false;
    const std::string_view folder = before.substr(0, slash);

    return std::ranges::any_of(std::initializer_list<std::string_view>{"/tmp", "/temp", "/dev/shm"},
                               [&](std::string_view end) { return folder.ends_with(end); }) ||
           (folder == "tmp" && !is_cut);
}

} // namespace

bool looks_random(std::string_view word)
{
    const bool is_of_sort = word.starts_with("sort") && word.size() == 10; // by sort(1)

    return is_of_sort || !is_written_by_hand(word);
}

bool looks_temporary(std::string_view text, std::size_t at, std::size_t size)
{
    const std::string_view before = text.substr(0, at), word = text.substr(at, size);
    const bool is_whole_part = !before.empty() && (before.back() == '.' || before.back() == '-');

    if (is_in_temporary_folder(before) || before.ends_with("tmp."))
        return true;
    if (size >= 8 && (is_hexadecimal(word) || count(word, is_digit) >= 8))
        return true;
    if (is_of_python(word) || is_of_git(before, word) || is_of_cmake(before, word))
        return true;
    return is_of_mkstemp(word) ||
           (is_whole_part && (size == 6 || size == 8 || size == 10) && !is_written_by_hand(word));
}

} // namespace snoop::snoop_diff
