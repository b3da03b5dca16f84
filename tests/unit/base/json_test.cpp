// SPDX-License-Identifier: BSD-2-Clause
// The JSON writer, compared with nlohmann::json.
#include "base/json.hpp"

#include "unit/random.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <string>

namespace {

using namespace snoop;
using namespace std::string_literals;
using nlohmann::ordered_json;

// Both write \b \f \n \r \t by letter, other controls below U+0020 as \u00xx in lower case,
// one U+FFFD for each maximal ill-formed part, and the rest raw. Only JsonWriter escapes DEL
// and every other unprintable character. So every comparison here is byte by byte.
std::string dumped(const ordered_json &json)
{
    const std::string raw = json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    std::string out;

    for (std::string_view left = raw; !left.empty();) {
        const Utf8Step step = utf8_step(left);
        const auto c = static_cast<unsigned>(step.code_point);
        if (is_printable(step.code_point))
            out += left.substr(0, step.size);
        else if (c < 0x10000)
            out += fmt::format("\\u{:04x}", c);
        else
            out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (c - 0x10000) / 0x400, 0xdc00 + (c - 0x10000) % 0x400);
        left.remove_prefix(step.size);
    }
    return out;
}

template <class Write> std::string written(Write write)
{
    Buffer out;
    JsonWriter json{out};
    write(json);
    return {out.data(), out.size()};
}

std::string written_value(const auto &value)
{
    return written([&](JsonWriter &json) { json.value(value); });
}

TEST(JsonString, EveryByteAlone)
{
    for (int i = 0; i < 256; i++) {
        const std::string bytes(1, static_cast<char>(i));
        EXPECT_EQ(written_value(bytes), dumped(bytes)) << i;
    }
}

TEST(JsonString, Known)
{
    EXPECT_EQ(written_value(""), "\"\"");
    EXPECT_EQ(written_value("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    EXPECT_EQ(written_value("\b\f\n\r\t\x1b"), "\"\\b\\f\\n\\r\\t\\u001b\"");
    EXPECT_EQ(written_value("a\0b"s), "\"a\\u0000b\"");
    EXPECT_EQ(written_value("\u20ac\U0001f600"), "\"\u20ac\U0001f600\"");
    EXPECT_EQ(written_value("x\xe2\x82y\xff\xffz\xc3"), "\"x\ufffdy\ufffd\ufffdz\ufffd\"");
    EXPECT_EQ(written_value("\xed\xa0\x80"), "\"\ufffd\ufffd\ufffd\"");
}

// On a terminal, a bidirectional override misleads in JSON as it does in text.
TEST(JsonString, EscapesUnprintableCharacters)
{
    EXPECT_EQ(written_value("a\u202eb"), R"("a\u202eb")");
    EXPECT_EQ(written_value("\u007f\u009b\u2028"), R"("\u007f\u009b\u2028")");
    EXPECT_EQ(written_value("\u115f\u3164\u2800"), R"("\u115f\u3164\u2800")");
    EXPECT_EQ(written_value("\U0001d173\U000e0041"), R"("\ud834\udd73\udb40\udc41")");
    EXPECT_EQ(ordered_json::parse(written_value("\U0001d173\u202e\U0010ffff")), "\U0001d173\u202e\U0010ffff");
}

TEST(JsonString, RandomBytes)
{
    RandomBytes random{815};

    for (int i = 0; i < 3000; i++) {
        const std::string bytes = random.string(50);
        const std::string text = written_value(bytes);
        ASSERT_EQ(text, dumped(bytes)) << testing::PrintToString(bytes);
        ASSERT_TRUE(ordered_json::accept(text)) << text;
        ASSERT_EQ(text.find('\n'), std::string::npos);
    }
}

TEST(JsonString, InParts)
{
    EXPECT_EQ(written([](JsonWriter &json) {
                  json.begin_array().begin_string().end_string();
                  json.begin_string().string_part("/").string_part("a\n").string_part("").string_part("\xff");
                  json.end_string().value(1).end_array();
              }),
              "[\"\",\"/a\\n\ufffd\",1]");
}

template <class T> void expect_extremes()
{
    EXPECT_EQ(written_value(std::numeric_limits<T>::min()), std::to_string(std::numeric_limits<T>::min()));
    EXPECT_EQ(written_value(std::numeric_limits<T>::max()), std::to_string(std::numeric_limits<T>::max()));
    EXPECT_EQ(written_value(T{0}), "0");
}

TEST(JsonNumber, Extremes)
{
    expect_extremes<std::int8_t>();
    expect_extremes<std::uint8_t>();
    expect_extremes<std::int16_t>();
    expect_extremes<std::uint16_t>();
    expect_extremes<std::int32_t>();
    expect_extremes<std::uint32_t>();
    expect_extremes<std::int64_t>();
    expect_extremes<std::uint64_t>();
    expect_extremes<long long>();
    EXPECT_EQ(written_value(-1), "-1");
}

TEST(JsonValue, Literals)
{
    EXPECT_EQ(written_value(true), "true");
    EXPECT_EQ(written_value(false), "false");
    EXPECT_EQ(written_value(nullptr), "null");
    EXPECT_EQ(written_value(std::nullopt), "null");
}

TEST(JsonValue, Optional)
{
    EXPECT_EQ(written_value(std::optional<int>{}), "null");
    EXPECT_EQ(written_value(std::optional<int>{-7}), "-7");
    EXPECT_EQ(written_value(std::optional<std::string>{}), "null");
    EXPECT_EQ(written_value(std::optional<std::string>{"x\n"}), "\"x\\n\"");
    EXPECT_EQ(written_value(std::optional<std::string_view>{""}), "\"\"");
    EXPECT_EQ(written_value(std::optional<bool>{false}), "false");
}

TEST(JsonPlacement, KeysAndCommas)
{
    EXPECT_EQ(written([](JsonWriter &json) { json.begin_object().end_object(); }), "{}");
    EXPECT_EQ(written([](JsonWriter &json) { json.begin_array().end_array(); }), "[]");
    EXPECT_EQ(written([](JsonWriter &json) {
                  json.begin_object().key("a").value(1).key("b").value("x").key("c").value(nullptr).end_object();
              }),
              R"({"a":1,"b":"x","c":null})");
    EXPECT_EQ(written([](JsonWriter &json) {
                  json.begin_object().key("a").begin_array().end_array().key("b").begin_object().end_object();
                  json.key("c").begin_array().value(1).begin_array().value(2).end_array().begin_object().end_object();
                  json.value(true).end_array().key("d").value(std::optional<int>{}).end_object();
              }),
              R"({"a":[],"b":{},"c":[1,[2],{},true],"d":null})");
}

// A writer for each row starts without a comma, whatever is in the buffer.
TEST(JsonPlacement, RowAfterRow)
{
    Buffer out;
    for (int i = 0; i < 2; i++) {
        JsonWriter{out}.begin_object().key("i").value(i).end_object();
        out.push_back('\n');
    }
    EXPECT_EQ(std::string_view(out.data(), out.size()), "{\"i\":0}\n{\"i\":1}\n");
}

// Builds the same document with both.
class RandomDocument {
public:
    explicit RandomDocument(unsigned seed) : random_(seed) {}

    ordered_json value(JsonWriter &json, int depth)
    {
        switch (random_.below(depth > 0 ? 9 : 7)) {
        case 0: return add(json, random_.number<std::uint64_t>());
        case 1: return add(json, random_.number<std::int64_t>());
        case 2: return add(json, static_cast<int>(random_.below(10)));
        case 3: return add(json, random_.below(2) == 0);
        case 4: json.value(nullptr); return nullptr;
        case 5: return add(json, random_.string(20));
        case 6: return parts(json);
        case 7: return array(json, depth - 1);
        default: return object(json, depth - 1);
        }
    }

private:
    ordered_json add(JsonWriter &json, const auto &value)
    {
        json.value(value);
        return value;
    }
    ordered_json parts(JsonWriter &json)
    {
        std::string whole;
        json.begin_string();
        for (std::size_t left = random_.below(4); left > 0; left--) {
            // A full stop keeps an ill-formed part from going on in the next one.
            const std::string part = random_.string(5) + ".";
            json.string_part(part);
            whole += part;
        }
        json.end_string();
        return whole;
    }
    ordered_json array(JsonWriter &json, int depth)
    {
        ordered_json all = ordered_json::array();
        json.begin_array();
        for (std::size_t left = random_.below(6); left > 0; left--)
            all.push_back(value(json, depth));
        json.end_array();
        return all;
    }
    ordered_json object(JsonWriter &json, int depth)
    {
        ordered_json all = ordered_json::object();
        json.begin_object();
        for (std::size_t left = random_.below(6); left > 0; left--) {
            const std::string key = "key_" + std::to_string(left);
            json.key(key);
            all[key] = value(json, depth);
        }
        json.end_object();
        return all;
    }

    RandomBytes random_;
};

TEST(JsonDocument, RandomDocumentsEqualTheOracle)
{
    for (unsigned seed = 0; seed < 3000; seed++) {
        Buffer out;
        JsonWriter json{out};
        const ordered_json expected = RandomDocument{seed}.value(json, 5);
        const std::string text{out.data(), out.size()};
        ASSERT_EQ(text, dumped(expected)) << "seed " << seed;
        ASSERT_TRUE(ordered_json::accept(text)) << text;
    }
}

TEST(JsonNumber, WithAFraction)
{
    const auto text = [](double number) {
        snoop::Buffer out;
        snoop::JsonWriter{out}.value(number);
        return fmt::to_string(out);
    };
    EXPECT_EQ(text(0.5), "0.500");
    EXPECT_EQ(text(1e9), "1000000000.000");
    EXPECT_EQ(text(1.0 / 0.0), "null");
    EXPECT_EQ(text(0.0 / 0.0), "null");
}

} // namespace
