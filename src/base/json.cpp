// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace snoop {
namespace {

// ASCII that a JSON string holds as it is. RFC 8259 allows DEL and every character above it,
// but JSON is read on terminals too: what is not printable is escaped here as in text.
constexpr ByteSet unescaped{[](unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }};

// Above U+FFFF as a surrogate pair.
void append_code_point(Buffer &out, char32_t c)
{
    const fmt::appender to{out};

    if (c > 0xffff)
        fmt::format_to(to, "\\u{:04x}\\u{:04x}", 0xd7c0u + static_cast<unsigned>(c >> 10),
                       0xdc00u + static_cast<unsigned>(c & 0x3ff));
    else
        fmt::format_to(to, "\\u{:04x}", static_cast<unsigned>(c));
}

void append_special(Buffer &out, char32_t c)
{
    switch (c) {
    case '"': append(out, "\\\""); break;
    case '\\': append(out, "\\\\"); break;
    case '\b': append(out, "\\b"); break;
    case '\f': append(out, "\\f"); break;
    case '\n': append(out, "\\n"); break;
    case '\r': append(out, "\\r"); break;
    case '\t': append(out, "\\t"); break;
    default: append_code_point(out, c);
    }
}

} // namespace

JsonWriter &JsonWriter::value(double number)
{
    if (!std::isfinite(number))
        return literal("null");
    separate();
    fmt::format_to(std::back_inserter(out_), "{:.3f}", number);
    return *this;
}

JsonWriter &JsonWriter::string_part(std::string_view bytes)
{
    while (!bytes.empty()) {
        const std::size_t run = unescaped.run(bytes);
        append(out_, bytes.substr(0, run));
        bytes.remove_prefix(run);
        if (bytes.empty())
            break;

        const Utf8Step step = utf8_step(bytes);
        if (!step.valid)
            append(out_, "\xef\xbf\xbd"); // U+FFFD
        else if (step.code_point < 0x80 || !is_printable(step.code_point))
            append_special(out_, step.code_point);
        else
            append(out_, bytes.substr(0, step.size));
        bytes.remove_prefix(step.size);
    }
    return *this;
}

} // namespace snoop
