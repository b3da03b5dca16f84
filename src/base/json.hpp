// SPDX-License-Identifier: BSD-2-Clause
// Writes JSON (RFC 8259) straight into a buffer. Strings may hold any bytes: each maximal
// ill-formed part becomes U+FFFD, so that every parser accepts every line, and characters
// that are not printable become \uXXXX.
//     JsonWriter json{out};
//     json.begin_object().key("pid").value(42).end_object();
#pragma once

#include "base/buffer.hpp"
#include "base/utf8.hpp"

#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>

namespace snoop {

class JsonWriter {
public:
    explicit JsonWriter(Buffer &out) noexcept : out_(out) {}

    JsonWriter &begin_object() { return open('{'); }
    JsonWriter &end_object() { return close('}'); }
    JsonWriter &begin_array() { return open('['); }
    JsonWriter &end_array() { return close(']'); }

    // The name of the value that follows; plain ASCII without quotes.
    JsonWriter &key(std::string_view name)
    {
        begin_string();
        append(out_, name);
        append(out_, "\":");
        comma_ = false;
        return *this;
    }

    JsonWriter &value(std::string_view bytes) { return begin_string().string_part(bytes).end_string(); }
    JsonWriter &value(const char *text) { return value(std::string_view{text}); }
    JsonWriter &value(bool b) { return literal(b ? "true" : "false"); }
    JsonWriter &value(std::nullptr_t) { return literal("null"); }
    JsonWriter &value(std::nullopt_t) { return literal("null"); }
    // With three digits after the point; null for NaN and infinity.
    JsonWriter &value(double number);
    // With as many digits as it takes to read the same number back.
    template <std::floating_point T> JsonWriter &exact(T number)
    {
        return literal(std::isfinite(number) ? fmt::format("{}", number) : "null");
    }
    template <std::integral T> JsonWriter &value(T number)
    {
        separate();
        const fmt::format_int digits{number};
        append(out_, {digits.data(), digits.size()});
        return *this;
    }
    template <class T> JsonWriter &value(const std::optional<T> &v) { return v ? value(*v) : literal("null"); }

    // One string in several parts; no character may be split between two of them.
    JsonWriter &begin_string()
    {
        separate();
        out_.push_back('"');
        return *this;
    }
    JsonWriter &string_part(std::string_view bytes);
    JsonWriter &end_string()
    {
        out_.push_back('"');
        return *this;
    }

private:
    JsonWriter &open(char bracket)
    {
        separate();
        out_.push_back(bracket);
        comma_ = false;
        return *this;
    }
    JsonWriter &close(char bracket)
    {
        out_.push_back(bracket);
        comma_ = true;
        return *this;
    }
    JsonWriter &literal(std::string_view text)
    {
        separate();
        append(out_, text);
        return *this;
    }
    void separate()
    {
        if (comma_)
            out_.push_back(',');
        comma_ = true;
    }

    Buffer &out_;
    bool comma_ = false; // the next key or value follows a value
};

} // namespace snoop
