// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.hpp"

#include <cmath>
#include <iterator>

namespace snoop {
namespace {

// What may stand in a JSON string as it is, and is a whole character. DEL may, too, but
// is written as \u007f, like the C1 controls: JSON is looked at on terminals.
constexpr ByteSet unescaped{[](unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }};

void append_special(Buffer &out, char32_t c)
{
    constexpr char digits[] = "0123456789abcdef";

    switch (c) {
    case '"': append(out, "\\\""); break;
    case '\\': append(out, "\\\\"); break;
    case '\b': append(out, "\\b"); break;
    case '\f': append(out, "\\f"); break;
    case '\n': append(out, "\\n"); break;
    case '\r': append(out, "\\r"); break;
    case '\t': append(out, "\\t"); break;
    default: {
        const char hex[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        append(out, {hex, sizeof(hex)});
    }
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
        else if (step.code_point < 0xa0)
            append_special(out_, step.code_point);
        else
            append(out_, bytes.substr(0, step.size));
        bytes.remove_prefix(step.size);
    }
    return *this;
}

} // namespace snoop
