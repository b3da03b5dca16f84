// SPDX-License-Identifier: BSD-2-Clause
#include "base/escape.hpp"
#include "snoop-report/formats.hpp"
#include "snoop-report/program_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace snoop::snoop_report {
namespace {

// No picture shows more frames above one another. Programs below them count with the last one.
constexpr std::size_t most_frames = 1000;

// A frame cannot hold a ";", which separates frames.
void append_frame(Buffer &out, std::string_view name)
{
    Buffer escaped;

    append_escaped(escaped, name);
    for (const char c : std::string_view{escaped.data(), escaped.size()})
        append(out, c == ';' ? "\\x3b" : std::string_view{&c, 1});
}

// Programs come after their parents, in the order of their starts: so do the children of each.
class OwnTimes {
public:
    explicit OwnTimes(const Forest &forest) : forest_(forest), covered_until_(forest.programs().size())
    {
        const std::vector<Program> &programs = forest.programs();

        for (const Program &program : programs)
            own_ns_.push_back(end_of(forest, program) - program.start_ns);
        for (const Program &program : programs)
            if (program.parent)
                cover(*program.parent, program.start_ns, end_of(forest, program));
    }

    [[nodiscard]] const std::vector<std::uint64_t> &all() const { return own_ns_; }

private:
    void cover(std::size_t parent, std::uint64_t start, std::uint64_t end)
    {
        const Program &program = forest_.programs()[parent];

        start = std::max({start, program.start_ns, covered_until_[parent]});
        end = std::min(end, end_of(forest_, program));
        if (start < end) {
            own_ns_[parent] -= end - start;
            covered_until_[parent] = end;
        }
    }

    const Forest &forest_;
    std::vector<std::uint64_t> own_ns_, covered_until_;
};

// own_ns: of each program.
void write_stacks(const Forest &forest, const std::vector<std::uint64_t> &own_ns, Buffer &out)
{
    const std::vector<Program> &programs = forest.programs();

    // Each stack once: its number is that of the parent's stack and the name.
    std::map<std::pair<std::size_t, std::string_view>, std::size_t> stacks;
    std::vector<std::string> texts{""};
    std::vector<std::uint64_t> sums_ns{0};
    std::vector<std::size_t> frames{0}; // how many each stack has
    std::vector<std::size_t> stack_of;

    for (std::size_t i = 0; i < programs.size(); i++) {
        const Program &program = programs[i];
        const std::size_t parent = program.parent ? stack_of[*program.parent] : 0;
        if (frames[parent] == most_frames) {
            stack_of.push_back(parent);
            sums_ns[parent] += own_ns[i];
            continue;
        }
        const auto [it, is_new] = stacks.try_emplace({parent, program.name()}, texts.size());
        if (is_new) {
            Buffer text;
            append(text, texts[parent]);
            append(text, parent == 0 ? "" : ";");
            append_frame(text, program.name());
            texts.emplace_back(text.data(), text.size());
            sums_ns.push_back(0);
            frames.push_back(frames[parent] + 1);
        }
        stack_of.push_back(it->second);
        sums_ns[it->second] += own_ns[i];
    }

    std::vector<std::size_t> order;
    for (std::size_t i = 1; i < texts.size(); i++)
        if (sums_ns[i] >= 1000)
            order.push_back(i);
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return texts[a] < texts[b]; });
    for (const std::size_t i : order)
        fmt::format_to(fmt::appender(out), "{} {}\n", texts[i], sums_ns[i] / 1000);
}

} // namespace

void write_folded(const Forest &forest, std::string_view, Buffer &out)
{
    write_stacks(forest, OwnTimes{forest}.all(), out);
}

void write_folded_cpu(const Forest &forest, std::string_view, Buffer &out)
{
    std::vector<std::uint64_t> cpu_ns;

    for (const Program &program : forest.programs())
        cpu_ns.push_back(program.utime_ns.value_or(0) + program.stime_ns.value_or(0));
    write_stacks(forest, cpu_ns, out);
}

} // namespace snoop::snoop_report
