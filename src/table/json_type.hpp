// SPDX-License-Identifier: BSD-2-Clause
// The JSON type of a value, derived from its C++ type at compile time. A type that declares its
// own put_json() declares beside it what that writes:
//     constexpr JsonType json_type_of(std::type_identity<DeviceNumber>) { return json_string; }
//     static_assert(json_type<std::optional<int>>.names[1] == "null");
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace snoop {

struct JsonKey;

struct JsonType {
    std::array<std::string_view, 4> names;       // of JSON Schema: any of them; unused ones are empty
    std::string_view format{};                   // of a string: "date-time"
    const JsonType *items = nullptr;             // of an array
    std::vector<JsonKey> (*members)() = nullptr; // of an object
};

// A member of a JSON object.
struct JsonKey {
    std::string_view name, meaning;
    const JsonType *type;
    std::string only{};             // when it is printed: "with --exit"; empty: always
    std::vector<JsonKey> members{}; // of an object whose type does not name them
};

inline constexpr JsonType json_boolean{{"boolean"}}, json_integer{{"integer"}}, json_number{{"number"}},
    json_string{{"string"}}, json_object{{"object"}};

constexpr JsonType json_or_null(JsonType type)
{
    for (std::string_view &name : type.names)
        if (name.empty()) {
            name = "null";
            break;
        }
    return type;
}

template <class T>
concept JsonText = std::convertible_to<T, std::string_view>;

template <std::integral T> constexpr JsonType json_type_of(std::type_identity<T>)
{
    return std::same_as<T, bool> ? json_boolean : json_integer;
}
template <std::floating_point T> constexpr JsonType json_type_of(std::type_identity<T>) { return json_number; }
template <JsonText T> constexpr JsonType json_type_of(std::type_identity<T>) { return json_string; }
template <class T> constexpr JsonType json_type_of(std::type_identity<std::optional<T>>)
{
    return json_or_null(json_type_of(std::type_identity<T>{}));
}
template <class T> constexpr JsonType json_type_of(std::type_identity<std::vector<T>>);

// An object inside a row: a type with the columns of its members.
//     struct Slot { std::uint64_t lo, hi, count; static const Columns<Slot> &columns(); };
template <class Row> class Columns;
template <class T>
concept HasColumns = requires
{
    {
        T::columns()
        } -> std::same_as<const Columns<T> &>;
};
template <HasColumns T> constexpr JsonType json_type_of(std::type_identity<T>)
{
    return {.names = {"object"}, .members = [] { return T::columns().keys(); }};
}

template <class T> inline constexpr JsonType json_type = json_type_of(std::type_identity<T>{});

template <class T> constexpr JsonType json_type_of(std::type_identity<std::vector<T>>)
{
    return {.names = {"array"}, .items = &json_type<T>};
}

} // namespace snoop
