// SPDX-License-Identifier: BSD-2-Clause
#include "run/row_style.hpp"
#include "base/terminal.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <cwchar>
#include <string>
#include <string_view>

#include <unistd.h>

namespace snoop {
namespace {

constexpr std::string_view red = "\033[31m", magenta = "\033[35m", reset = "\033[0m";

bool is_terminal_with_colors(int fd)
{
    const char *no_color = std::getenv("NO_COLOR"), *term = std::getenv("TERM");

    return isatty(fd) && !(no_color && *no_color) && !(term && std::string_view{term} == "dumb");
}

// Columns of a character that has been escaped: 1, or 2 if it is wide, or 0 for a combining one.
std::size_t width_of(char32_t code_point)
{
    if (code_point < 0x80)
        return 1;
    // The widths are those of Unicode in every UTF-8 locale; the tool's own locale is "C".
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (!utf8)
        return 1;
    const locale_t before = uselocale(utf8);
    const int width = wcwidth(static_cast<wchar_t>(code_point));
    uselocale(before);
    return width < 0 ? 1 : static_cast<std::size_t>(width);
}

void insert(Buffer &out, std::size_t at, std::string_view text)
{
    const std::size_t end = out.size();

    out.resize(end + text.size());
    std::copy_backward(out.data() + at, out.data() + end, out.data() + out.size());
    std::copy(text.begin(), text.end(), out.data() + at);
}

} // namespace

RowStyle::RowStyle(int fd, Color color, bool fit)
    : fd_(fd),
      color_(color == Color::always || (color == Color::automatic && is_terminal_with_colors(fd))),
      fit_(fit && isatty(fd))
{}

void RowStyle::apply(Buffer &out, std::size_t from, Tone tone) const
{
    // The window may have another size than at the row before.
    if (const auto columns = fit_ ? terminal_columns(fd_) : std::nullopt)
        cut_row(out, from, *columns);
    if (!color_ || tone == Tone::plain)
        return;
    insert(out, out.size() - 1, reset);
    insert(out, from, tone == Tone::failure ? red : magenta);
}

void cut_row(Buffer &out, std::size_t from, std::size_t width)
{
    std::string_view row{out.data() + from, out.size() - from - 1};
    std::size_t used = 0, kept = 0; // columns of what has been looked at; bytes that leave room for the mark

    for (std::size_t at = 0; at < row.size();) {
        const Utf8Step step = utf8_step(row.substr(at));
        used += step.valid ? width_of(step.code_point) : 1;
        at += step.size;
        if (used < width)
            kept = at;
        if (used > width) {
            out.resize(from + kept);
            append(out, ">\n");
            return;
        }
    }
}

void wrap_row(Buffer &out, std::size_t from, std::size_t width, std::size_t indent)
{
    const std::string row{out.data() + from, out.size() - from - 1};
    const std::string_view text{row};
    const std::size_t margin = indent > width / 2 ? std::min<std::size_t>(4, width / 2) : indent;
    std::size_t begin = 0, used = 0;                // of the line: its first byte, and its columns
    std::size_t space = text.npos, after_space = 0; // the last one where it can end, and the columns up to behind it

    out.resize(from);
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Step step = utf8_step(text.substr(at));
        used += step.valid ? width_of(step.code_point) : 1;
        if (used > width && space != text.npos && text[at] != ' ') {
            append(out, text.substr(begin, space - begin));
            append(out, "\n" + std::string(margin, ' '));
            begin = space + 1;
            used = margin + used - after_space;
            space = text.npos;
        }
        // The spaces of the columns before are no place to end a line.
        if (text[at] == ' ' && (begin > 0 || used > indent)) {
            space = at;
            after_space = used;
        }
        at += step.size;
    }
    append(out, text.substr(begin));
    out.push_back('\n');
}

} // namespace snoop
