// SPDX-License-Identifier: BSD-2-Clause
// Parses the locations of a probe's arguments, which are in assembler syntax: SIZE@OPERAND.
#include "usdtsnoop/usdt_notes.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace snoop::usdtsnoop {
namespace {

// A register: its offset in the program's context (struct pt_regs), and its first bit there.
struct Register {
    std::uint16_t at;
    std::uint8_t shift = 0;
};

// Removes `what` from the front.
bool take(std::string_view &text, std::string_view what)
{
    if (!text.starts_with(what))
        return false;
    text.remove_prefix(what.size());
    return true;
}

// Removes a number from the front: "-16", "0x10".
std::optional<std::int64_t> take_number(std::string_view &text)
{
    std::string_view rest = text;
    const bool negative = take(rest, "-");
    if (!negative)
        take(rest, "+");
    const int base = take(rest, "0x") ? 16 : 10;
    std::uint64_t number = 0; // a large one is an address
    const auto [stop, err] = std::from_chars(rest.data(), rest.data() + rest.size(), number, base);
    if (err != std::errc{})
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return static_cast<std::int64_t>(negative ? 0 - number : number);
}

// Adds with wraparound, as addresses do.
std::int64_t wrapping_sum(std::int64_t a, std::uint64_t b)
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + b);
}

// Removes a possible symbol name from the front.
std::string take_word(std::string_view &text)
{
    const std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$";
    const std::size_t end = std::min(text.find_first_not_of(letters), text.size());
    std::string word{text.substr(0, end)};
    text.remove_prefix(end);
    return word;
}

// ---- x86 ----------------------------------------------------------------------------------

// In the order of the 64-bit struct pt_regs (arch/x86/include/uapi/asm/ptrace.h).
constexpr std::array<std::string_view, 16> x86_saved{"r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10",
                                                     "r9",  "r8",  "ax",  "cx",  "dx", "si", "di",  "orig_ax"};
constexpr std::uint16_t x86_ip = 16 * 8, x86_sp = 19 * 8;

std::optional<std::uint16_t> x86_saved_at(std::string_view name)
{
    if (name == "ip")
        return x86_ip;
    if (name == "sp")
        return x86_sp;
    for (std::size_t i = 0; i + 1 < x86_saved.size(); i++)
        if (x86_saved[i] == name)
            return static_cast<std::uint16_t>(i * 8);
    return std::nullopt;
}

// Parses "rax", "eax", "ax", "al", "ah", "sil", "r8", "r8d", "r8w" or "r8b". The size of the argument counts,
// not that of the register (<sys/sdt.h>, "Bottom line").
std::optional<Register> x86_register(std::string_view name)
{
    std::optional<std::uint16_t> at;

    if (name.size() > 1 && name[0] == 'r' && name[1] >= '1' && name[1] <= '9') {
        if (const char last = name.back(); last == 'd' || last == 'w' || last == 'b')
            name.remove_suffix(1);
        at = x86_saved_at(name);
    } else if (name.size() == 2 && name[1] == 'h') {
        if ((at = x86_saved_at(std::string{name[0], 'x'})))
            return Register{*at, 8};
    } else if (name.size() == 2 && name[1] == 'l') {
        at = x86_saved_at(std::string{name[0], 'x'});
    } else if (name.size() == 3 && name[2] == 'l') {
        at = x86_saved_at(name.substr(0, 2));
    } else {
        if (name.size() == 3 && (name[0] == 'r' || name[0] == 'e'))
            name.remove_prefix(1);
        at = x86_saved_at(name);
    }
    return at ? std::optional{Register{*at}} : std::nullopt;
}

std::optional<Register> take_x86_register(std::string_view &text)
{
    return take(text, "%") ? x86_register(take_word(text)) : std::nullopt;
}

// Removes a displacement from the front: numbers and at most one symbol, such as "16+table", "table-8" or "-16".
// Returns false if it is malformed.
bool take_displacement(std::string_view &text, __s64 &sum, std::string &symbol)
{
    sum = 0;
    while (!text.empty() && text.front() != '(') {
        if (const auto number = take_number(text)) {
            sum = wrapping_sum(sum, static_cast<std::uint64_t>(*number));
            continue;
        }
        take(text, "+");
        if (!symbol.empty() || (symbol = take_word(text)).empty())
            return false;
    }
    return true;
}

// Parses "(%rbx)", "(%rdx,%rax,8)" or "(,%rax,8)". Returns false if anything else is left.
bool take_x86_address(std::string_view text, usdt_arg_spec &spec)
{
    if (!take(text, "("))
        return false;
    if (!text.starts_with(",")) {
        const auto base = take_x86_register(text);
        if (!base)
            return false;
        spec.reg = base->at;
    }
    if (take(text, ",")) {
        const auto index = take_x86_register(text);
        const auto scale = take(text, ",") ? take_number(text) : 1;
        if (!index || !scale || (*scale != 1 && *scale != 2 && *scale != 4 && *scale != 8))
            return false;
        spec.index = index->at;
        spec.shift = static_cast<std::uint8_t>(*scale == 1 ? 0 : *scale == 2 ? 1 : *scale == 4 ? 2 : 3);
    }
    return text == ")";
}

bool parse_x86(std::string_view text, const UsdtArgContext &place, usdt_arg_spec &spec)
{
    if (take(text, "$")) {
        const auto number = take_number(text);
        spec.where = USDT_CONSTANT;
        spec.value = number.value_or(0);
        return number && text.empty();
    }
    if (text.starts_with("%")) {
        const auto reg = take_x86_register(text);
        spec.where = USDT_REGISTER;
        spec.reg = reg.value_or(Register{SNOOP_NO_REGISTER}).at;
        spec.value = reg ? reg->shift : 0;
        return reg && text.empty();
    }
    std::string symbol;
    spec.where = USDT_MEMORY;
    if (!take_displacement(text, spec.value, symbol))
        return false;
    if (symbol.empty())
        return take_x86_address(text, spec);
    // "table(%rip)" is as far from the probe in memory as it is in the file, wherever the file is loaded. The same
    // holds for "table", which programs with fixed addresses may use.
    const auto found = place.symbol(symbol);
    if (!found || (!text.empty() && !take_x86_address(text, spec)))
        return false;
    spec.value = wrapping_sum(spec.value, *found - place.location);
    if (spec.reg == x86_ip)
        return true;
    std::uint16_t &free = spec.reg == SNOOP_NO_REGISTER ? spec.reg : spec.index;
    return std::exchange(free, x86_ip) == SNOOP_NO_REGISTER;
}

// ---- arm64 --------------------------------------------------------------------------------

// In the order of struct user_pt_regs (arch/arm64/include/uapi/asm/ptrace.h): x0 to x30, sp, pc.
std::optional<Register> arm64_register(std::string_view name)
{
    if (name == "sp")
        return Register{31 * 8};
    if (name == "pc")
        return Register{32 * 8};
    if (name.size() < 2 || (name[0] != 'x' && name[0] != 'w'))
        return std::nullopt;
    std::uint16_t number = 0;
    const char *end = name.data() + name.size();
    const auto [stop, err] = std::from_chars(name.data() + 1, end, number);
    if (err != std::errc{} || stop != end || number > 30)
        return std::nullopt;
    return Register{static_cast<std::uint16_t>(number * 8)};
}

// Parses "8", "x1", "[sp]", "[x29, 24]", "[x0, #-8]" or "[x0, x1, lsl 3]".
bool parse_arm64(std::string_view text, usdt_arg_spec &spec)
{
    const auto skip_blanks = [&] { text.remove_prefix(std::min(text.find_first_not_of(' '), text.size())); };

    if (!take(text, "[")) {
        std::string_view rest = text;
        if (const auto number = take_number(rest)) {
            spec.where = USDT_CONSTANT;
            spec.value = *number;
            return rest.empty();
        }
        const auto reg = arm64_register(take_word(text));
        spec.where = USDT_REGISTER;
        spec.reg = reg.value_or(Register{SNOOP_NO_REGISTER}).at;
        return reg && text.empty();
    }
    spec.where = USDT_MEMORY;
    const auto base = arm64_register(take_word(text));
    if (!base)
        return false;
    spec.reg = base->at;
    if (take(text, ",")) {
        skip_blanks();
        take(text, "#");
        if (const auto number = take_number(text)) {
            spec.value = *number;
        } else {
            const auto index = arm64_register(take_word(text));
            if (!index)
                return false;
            spec.index = index->at;
            if (take(text, ",")) {
                skip_blanks();
                if (!take(text, "lsl"))
                    return false;
                skip_blanks();
                take(text, "#");
                const auto shift = take_number(text);
                if (!shift || *shift < 0 || *shift > 3)
                    return false;
                spec.shift = static_cast<std::uint8_t>(*shift);
            }
        }
    }
    return text == "]";
}

// ---- both ---------------------------------------------------------------------------------

// Parses the size and type of an argument, "-4" or "8f". Returns 0 if they are invalid.
std::uint16_t take_type(std::string_view &text)
{
    const bool is_signed = text.starts_with("-");
    const auto size = take_number(text);
    const bool is_float = take(text, "f");

    if (!size || !take(text, "@"))
        return 0;
    // Unsigned, since INT64_MIN cannot be negated.
    const auto bytes = is_signed ? 0 - static_cast<std::uint64_t>(*size) : static_cast<std::uint64_t>(*size);
    if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
        return 0;
    if (is_float)
        return static_cast<std::uint16_t>(bytes >= 4 ? bytes | USDT_TYPE_FLOAT : 0);
    return static_cast<std::uint16_t>(bytes | (is_signed ? USDT_TYPE_SIGNED : 0));
}

} // namespace

usdt_arg_spec parse_usdt_argument(std::string_view text, const UsdtArgContext &place)
{
    const std::uint16_t type = take_type(text);
    usdt_arg_spec spec{0, SNOOP_NO_REGISTER, SNOOP_NO_REGISTER, type, 0, USDT_NOWHERE};

    if (type && (place.machine == Machine::x86 ? parse_x86(text, place, spec) : parse_arm64(text, spec)))
        return spec;
    return {0, SNOOP_NO_REGISTER, SNOOP_NO_REGISTER, static_cast<std::uint16_t>(type | USDT_TYPE_LOST),
            0, USDT_NOWHERE};
}

std::string_view usdt_type_name(std::uint16_t type)
{
    const unsigned size = type & USDT_TYPE_SIZE;
    const auto one_of = [size](std::string_view b1, std::string_view b2, std::string_view b4, std::string_view b8) {
        return size == 1 ? b1 : size == 2 ? b2 : size == 4 ? b4 : size == 8 ? b8 : "?";
    };

    if (type & USDT_TYPE_STRING)
        return "str";
    if (type & USDT_TYPE_FLOAT)
        return one_of("?", "?", "f32", "f64");
    return type & USDT_TYPE_SIGNED ? one_of("s8", "s16", "s32", "s64") : one_of("u8", "u16", "u32", "u64");
}

} // namespace snoop::usdtsnoop
