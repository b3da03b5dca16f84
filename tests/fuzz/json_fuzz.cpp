// SPDX-License-Identifier: BSD-2-Clause
// Writes a document with JsonWriter and with nlohmann::json: both texts must mean the same.
#include "fuzz.hpp"

#include "base/json.hpp"

#include <nlohmann/json.hpp>

#include <cstring>

namespace {

using namespace snoop;
using nlohmann::ordered_json;

template <class T> T number(fuzz::Input &input)
{
    T value{};
    const std::string_view bytes = input.take(sizeof(value));
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
}

ordered_json add(JsonWriter &json, const auto &value)
{
    json.value(value);
    return value;
}

// One string in pieces: a full stop ends each, so that no character is split.
ordered_json parts(JsonWriter &json, fuzz::Input &input)
{
    std::string whole;
    json.begin_string();
    for (unsigned left = input.byte() % 4; left > 0; left--) {
        const std::string part = std::string{input.take(input.byte())} + ".";
        json.string_part(part);
        whole += part;
    }
    json.end_string();
    return whole;
}

ordered_json value(JsonWriter &json, fuzz::Input &input, int depth)
{
    switch (input.byte() % (depth > 0 ? 10 : 8)) {
    case 0: return add(json, number<std::uint64_t>(input));
    case 1: return add(json, number<std::int64_t>(input));
    case 2: return add(json, number<std::int32_t>(input));
    case 3: return add(json, input.byte() % 2 == 0);
    case 4: json.value(nullptr); return nullptr;
    case 5: return add(json, std::string{input.take(input.byte())});
    case 6: return parts(json, input);
    case 7: {
        const auto exact = number<double>(input);
        json.exact(exact);
        return exact; // nlohmann writes null for infinities, too
    }
    case 8: {
        ordered_json all = ordered_json::array();
        json.begin_array();
        for (unsigned left = input.byte() % 6; left > 0; left--)
            all.push_back(value(json, input, depth - 1));
        json.end_array();
        return all;
    }
    default: {
        ordered_json all = ordered_json::object();
        json.begin_object();
        for (unsigned left = input.byte() % 6; left > 0; left--) {
            const std::string key = "key_" + std::to_string(left);
            json.key(key);
            all[key] = value(json, input, depth - 1);
        }
        json.end_object();
        return all;
    }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Input input{data, size};
    Buffer out;
    JsonWriter json{out};
    const ordered_json expected = value(json, input, 5);

    const ordered_json ours = ordered_json::parse(out.begin(), out.end(), nullptr, false);
    fuzz::require(!ours.is_discarded(), "the text is not JSON");
    const ordered_json theirs =
        ordered_json::parse(expected.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    fuzz::require(ours == theirs, "the text means something else than nlohmann's");
    for (const char c : out)
        fuzz::require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "the text has a control character");
    return 0;
}
