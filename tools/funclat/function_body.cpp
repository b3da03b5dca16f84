// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/function_body.hpp"
#include "funclat/disassembler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <set>

namespace snoop::funclat {
namespace {

bool is_emulated(Execution execution) { return execution != Execution::stepped; }

class Body {
public:
    Body(std::span<const CodeRange> ranges, const std::function<bool(std::uint64_t)> &is_function, bool is_go)
        : ranges_(ranges), is_function_(is_function), is_go_(is_go)
    {}

    FunctionBody examine(Machine machine)
    {
        FunctionBody body;

        if (!read(machine, body.doubt))
            return body;
        for (const Instruction &one : instructions_)
            if (!add_exit(one, body))
                return body;
        fill_entry(body);
        return body;
    }

private:
    bool read(Machine machine, std::string &doubt)
    {
        const Disassembler disassembler{machine};

        if (!read_range(disassembler, ranges_.front(), doubt))
            return false;
        for (const CodeRange &part : ranges_.subspan(1))
            if (std::ranges::any_of(targets_, [&](std::uint64_t to) { return contains(part, to); }) &&
                !read_range(disassembler, part, doubt))
                return false;
        if (body_.size() > most_ranges) {
            doubt = "it is split into more than two parts";
            return false;
        }
        return true;
    }

    bool read_range(const Disassembler &disassembler, const CodeRange &range, std::string &doubt)
    {
        const std::size_t first = instructions_.size();

        body_.push_back(range);
        if (range.bytes.empty()) {
            doubt = "its code cannot be read";
            return false;
        }
        if (!disassembler.read(range, instructions_)) {
            doubt = fmt::format("the code at 0x{:x} is unknown to the disassembler",
                                first < instructions_.size() ? instructions_.back().next() : range.address);
            return false;
        }
        if (const Flow last = last_of(first); last == Flow::on || last == Flow::jump_if) {
            doubt = "it runs into the code behind it";
            return false;
        }
        for (std::size_t i = first; i < instructions_.size(); i++) {
            starts_.insert(instructions_[i].address);
            if (instructions_[i].target)
                targets_.insert(*instructions_[i].target);
        }
        return true;
    }

    // How the program goes on after the last instruction that is not padding.
    [[nodiscard]] Flow last_of(std::size_t first) const
    {
        for (std::size_t i = instructions_.size(); i > first; i--)
            if (const Instruction &one = instructions_[i - 1]; !one.is_padding)
                return one.flow;
        return Flow::unknown;
    }

    static bool contains(const CodeRange &range, std::uint64_t address)
    {
        return address >= range.address && address - range.address < range.bytes.size();
    }

    [[nodiscard]] bool is_inside(std::uint64_t address) const
    {
        return std::ranges::any_of(body_, [address](const CodeRange &range) { return contains(range, address); });
    }

    bool add_exit(const Instruction &one, FunctionBody &body) const
    {
        const auto doubt = [&](std::string_view why) {
            body.doubt = fmt::format("0x{:x} {}", one.address, why);
            return false;
        };
        switch (one.flow) {
        case Flow::on:
        case Flow::call:
        case Flow::stop: return true;
        case Flow::unknown: return doubt("leads to an unknown place");
        case Flow::ret:
        case Flow::jump_indirect: break;
        case Flow::jump:
        case Flow::jump_if:
            if (!one.target)
                return doubt("leads to an unknown place");
            if (is_inside(*one.target))
                return starts_.contains(*one.target) || doubt("jumps into an instruction");
            if (!is_function_(*one.target))
                return doubt("jumps to code of no known function");
            break;
        }
        if (!one.takes_probe || !one.is_evaluable)
            return doubt("ends a call, and takes no probe");
        body.exits.push_back({one.address, with_ranges(one), one.execution});
        return true;
    }

    [[nodiscard]] funclat_site with_ranges(const Instruction &one) const
    {
        funclat_site exit = one.exit;

        for (std::size_t i = 0; i < body_.size(); i++) {
            const auto start = static_cast<std::int64_t>(body_[i].address - one.address);
            exit.ranges[2 * i] = start;
            exit.ranges[2 * i + 1] = start + static_cast<std::int64_t>(body_[i].bytes.size());
        }
        return exit;
    }

    // A Go function that may need a larger stack begins with a comparison and a conditional jump to code that
    // enlarges it and jumps back. A call begins behind that jump. False if the function does not begin so.
    bool fill_go_entry(FunctionBody &body) const
    {
        constexpr std::size_t few = 8;

        if (!targets_.contains(instructions_.front().address))
            return false;
        for (std::size_t i = 0; i + 1 < std::min(few, instructions_.size()); i++) {
            const Instruction &one = instructions_[i], &next = instructions_[i + 1];
            if (one.flow == Flow::jump_if) {
                body.entry = {next.address, 0, next.execution};
                return next.takes_probe && !targets_.contains(next.address);
            }
            if (one.flow != Flow::on || one.pushes != 0u)
                return false;
        }
        return false;
    }

    // Chooses, among the first few instructions that every call executes once, one that the kernel emulates, or
    // the first that takes a probe.
    void fill_entry(FunctionBody &body) const
    {
        constexpr std::size_t few = 4;
        constexpr std::uint64_t most_pushed = std::numeric_limits<decltype(funclat_site::pushed)>::max();
        std::optional<FunctionEntry> best;
        std::uint64_t pushed = 0;

        const auto is_exit = [&body](std::uint64_t address) {
            return std::ranges::find(body.exits, address, &FunctionExit::address) != body.exits.end();
        };
        if (is_exit(instructions_.front().address)) {
            body.doubt = "it is a single instruction";
            return;
        }
        if (is_go_ && fill_go_entry(body))
            return;
        if (targets_.contains(instructions_.front().address)) {
            body.doubt = "its first instruction is also that of a loop";
            return;
        }
        for (std::size_t i = 0; i < std::min(few, instructions_.size()); i++) {
            const Instruction &one = instructions_[i];
            if (is_exit(one.address) || (i > 0 && targets_.contains(one.address)))
                break;
            if (one.takes_probe && (!best || (is_emulated(one.execution) && !is_emulated(best->execution))))
                best = FunctionEntry{one.address, pushed, one.execution};
            if (one.flow != Flow::on || !one.pushes)
                break;
            pushed += *one.pushes;
            if (pushed > most_pushed)
                break;
        }
        if (!best) {
            body.doubt = "its first instruction takes no probe";
            return;
        }
        body.entry = *best;
    }

    static constexpr std::size_t most_ranges = std::size(decltype(funclat_site::ranges){}) / 2;

    std::span<const CodeRange> ranges_;
    std::vector<CodeRange> body_; // those that belong to the function
    const std::function<bool(std::uint64_t)> &is_function_;
    bool is_go_;
    std::vector<Instruction> instructions_;
    std::set<std::uint64_t> starts_, targets_;
};

} // namespace

FunctionBody disassemble(Machine machine, std::span<const CodeRange> ranges,
                         const std::function<bool(std::uint64_t)> &is_function, bool is_go)
{
    return Body{ranges, is_function, is_go}.examine(machine);
}

} // namespace snoop::funclat
