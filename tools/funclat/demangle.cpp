// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/demangle.hpp"

// Otherwise it declares another basename() than <string.h>.
#define HAVE_DECL_BASENAME 1
#include <libiberty/demangle.h>

#include <csetjmp>

namespace snoop::funclat {
namespace {

constexpr std::size_t most_characters = 4096;

struct Text {
    char characters[most_characters];
    std::size_t size = 0;
    std::jmp_buf too_long;
};

// A symbol of a hundred characters can stand for gigabytes. libiberty has no way to end early; it
// holds no memory but its stack while it calls this, so a jump leaves nothing behind.
void append_to_text(const char *characters, std::size_t count, void *to)
{
    Text &text = *static_cast<Text *>(to);

    if (count > most_characters - text.size)
        std::longjmp(text.too_long, 1); // NOLINT(cert-err52-cpp)
    for (std::size_t i = 0; i < count; i++)
        text.characters[text.size++] = characters[i];
}

bool is_thunk(std::string_view symbol) { return symbol.starts_with("_ZT") || symbol.starts_with("_ZG"); }

// The symbols of Rust that are mangled as those of C++ end with a hash: "17h0123456789abcdefE".
bool is_rust(std::string_view symbol) { return symbol.starts_with("_R") || symbol.find("17h") != symbol.npos; }

std::string demangle_with(int options, const std::string &symbol)
{
    Text text;

    if (!is_mangled(symbol) || setjmp(text.too_long) != 0) // NOLINT(cert-err52-cpp)
        return {};
    if (is_rust(symbol) && rust_demangle_callback(symbol.c_str(), 0, append_to_text, &text))
        return {text.characters, text.size};
    text.size = 0;
    if (!cplus_demangle_v3_callback(symbol.c_str(), options, append_to_text, &text))
        return {};
    return {text.characters, text.size};
}

// True for a part of a function that the compiler has moved away, so that it is not the function.
bool is_split_part(std::string_view symbol)
{
    for (const std::string_view suffix : {".cold", ".part."})
        if (const auto at = symbol.find(suffix); at != symbol.npos && at > 0)
            return true;
    return false;
}

// Without "[abi:cxx11]" and spaces.
std::string simplify(std::string_view name)
{
    std::string simple;

    while (!name.empty()) {
        if (name.starts_with("[abi:") && name.find(']') != name.npos) {
            name.remove_prefix(name.find(']') + 1);
            continue;
        }
        if (name.front() != ' ')
            simple += name.front();
        name.remove_prefix(1);
    }
    return simple;
}

// "app::V::push" for "app::V<int>::push". Operators are left as they are.
std::string without_template_arguments(std::string_view name)
{
    std::string rest;
    int depth = 0;

    if (name.find("operator") != name.npos)
        return std::string{name};
    for (const char c : name) {
        depth += c == '<';
        if (depth == 0)
            rest += c;
        depth -= c == '>' && depth > 0;
    }
    return rest;
}

bool has_parameter_list(std::string_view name)
{
    const auto at = name.rfind('(');

    return name.ends_with(')') && !name.ends_with("operator()") && !name.substr(at).starts_with("(anonymousnamespace)");
}

// The last identifier of a name, which is in its symbol as it is. That of a constructor is not.
std::string last_identifier(std::string_view name)
{
    if (name.find_first_of("(<{~") != name.npos || name.find("operator") != name.npos)
        return {};
    const auto colon = name.rfind(':');
    const std::string_view last = colon == name.npos ? name : name.substr(colon + 1);
    const std::string_view before = colon == name.npos || colon == 0 ? std::string_view{} : name.substr(0, colon - 1);
    return before.ends_with(last) ? std::string{} : std::string{last};
}

} // namespace

bool is_mangled(std::string_view symbol) { return symbol.starts_with("_Z") || symbol.starts_with("_R"); }

std::string demangle(const std::string &symbol) { return demangle_with(DMGL_PARAMS | DMGL_ANSI, symbol); }

std::string demangle_briefly(const std::string &symbol) { return demangle_with(DMGL_NO_OPTS, symbol); }

WrittenName::WrittenName(std::string_view text) : name_(simplify(text))
{
    if (name_.starts_with("::"))
        name_.erase(0, 2);
    std::string_view bare = name_;
    if (bare.ends_with("const"))
        bare.remove_suffix(5);
    has_parameters_ = has_parameter_list(bare);
    has_template_ = name_.find('<') != name_.npos;
    part_ = last_identifier(name_);
}

bool WrittenName::matches(const std::string &symbol) const
{
    if (!is_mangled(symbol) || symbol.find(part_) == symbol.npos || is_split_part(symbol) ||
        (is_thunk(symbol) && !has_parameters_))
        return false;
    if (has_parameters_)
        return simplify(demangle_with(DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP, symbol)) == name_ ||
               simplify(demangle(symbol)) == name_;
    const std::string brief = simplify(demangle_briefly(symbol));
    return brief == name_ || (!has_template_ && without_template_arguments(brief) == name_);
}

} // namespace snoop::funclat
