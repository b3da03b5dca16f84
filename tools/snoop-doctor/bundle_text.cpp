// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/bundle_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace snoop {
namespace {

constexpr std::size_t most_lines = 400; // of a tool

// Lines of libbpf about what it does in any case, before a program is loaded.
bool is_routine(std::string_view line)
{
    static constexpr std::array begins{"libbpf: sec '",       "libbpf: elf: ",        "libbpf: CO-RE ",
                                       "libbpf: collected ",  "libbpf: looking for ", "libbpf: license of ",
                                       "libbpf: loading obj", "libbpf: extern "};
    static constexpr std::array parts{": relo #",          ": found data map ", ": found map ", " relocated, ",
                                      ": skipped loading", ": found extern ",   ": added "};

    if (!line.starts_with("libbpf: "))
        return false;
    return std::ranges::any_of(begins, [&](std::string_view begin) { return line.starts_with(begin); }) ||
           std::ranges::any_of(parts, [&](std::string_view part) { return line.find(part) != line.npos; }) ||
           (line.starts_with("libbpf: map ") && line.find("fail") == line.npos);
}

} // namespace

std::vector<std::string> condensed_log(const std::vector<std::string> &lines)
{
    std::vector<std::string> kept;

    std::ranges::remove_copy_if(lines, std::back_inserter(kept), is_routine);
    if (kept.size() > most_lines) {
        const auto half = static_cast<std::ptrdiff_t>(most_lines / 2);
        const std::size_t left_out = kept.size() - most_lines;
        kept.erase(kept.begin() + half, kept.end() - half);
        kept.insert(kept.begin() + half, fmt::format("({} lines left out)", left_out));
    }
    return kept;
}

std::string indented(std::string_view json)
{
    std::string out;
    std::size_t depth = 0;
    bool in_string = false;
    const auto new_line = [&] { out.append(1, '\n').append(2 * depth, ' '); };

    for (std::size_t i = 0; i < json.size(); i++) {
        const char c = json[i];
        const char next = i + 1 < json.size() ? json[i + 1] : '\0';
        const bool opens = !in_string && (c == '{' || c == '[');
        if (!in_string && (c == '}' || c == ']') && !out.ends_with(c == '}' ? '{' : '[')) {
            depth--;
            new_line();
        }
        out += c;
        if (in_string && c == '\\')
            out += json[++i];
        else if (c == '"')
            in_string = !in_string;
        else if (opens && next != '}' && next != ']') {
            depth++;
            new_line();
        } else if (!in_string && c == ',')
            new_line();
        else if (!in_string && c == ':')
            out += ' ';
    }
    return out;
}

} // namespace snoop
