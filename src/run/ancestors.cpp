// SPDX-License-Identifier: BSD-2-Clause
#include "run/ancestors.hpp"
#include "table/values.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace snoop {
namespace {

std::optional<std::uint32_t> pid_of(const Ancestor &a) { return a.pid ? std::optional{a.pid} : std::nullopt; }

} // namespace

const Columns<Ancestor> &Ancestor::columns()
{
    static const Columns<Ancestor> list{
        {json_only<Ancestor>("pid",
                             "Process id when it called exec; null if that is outside of the tool's pid namespace.",
                             [](const Ancestor &a) { return pid_of(a); }),
         json_only<Ancestor>("comm", "Name after the exec, at most 15 bytes.",
                             [](const Ancestor &a) { return text_of(a.comm); }),
         json_only<Ancestor>("exec_id", "Id of that exec.", [](const Ancestor &a) { return ExecId{a.exec_id}; })}};
    return list;
}

// A name cannot look like two: its own < is escaped.
void put_text(Buffer &out, const std::vector<Ancestor> &ancestors, Spaces spaces)
{
    if (ancestors.empty())
        out.push_back('-');
    for (const Ancestor &ancestor : ancestors) {
        if (&ancestor != &ancestors.front())
            out.push_back('<');
        for (std::string_view name = text_of(ancestor.comm); !name.empty();) {
            const std::size_t end = name.find('<');
            put_text(out, name.substr(0, end), spaces);
            if (end == name.npos)
                break;
            append(out, "\\x3c");
            name.remove_prefix(end + 1);
        }
    }
}

void Ancestors::add(std::span<const std::byte> record)
{
    snoop_lineage lineage{};

    if (record.size() != sizeof(lineage))
        return;
    std::memcpy(&lineage, record.data(), sizeof(lineage));
    const std::uint32_t count = std::min<std::uint32_t>(lineage.count, SNOOP_ANCESTORS);
    const auto ancestor = [&](std::uint32_t i) -> const snoop_program & {
        return lineage.ancestors[(lineage.next - 1 - i) % SNOOP_ANCESTORS];
    };
    const auto id_of = [&](std::uint32_t i) { return i < count ? ancestor(i).exec_id : 0; };

    put(lineage.self, id_of(0));
    for (std::uint32_t i = 0; i < count; i++)
        put(ancestor(i), id_of(i + 1));
}

void Ancestors::put(const snoop_program &program, std::uint64_t parent)
{
    if (program.exec_id == 0)
        return;
    if (recent_.size() >= most_) {
        older_ = std::exchange(recent_, {});
        if (epoch_)
            __atomic_fetch_add(epoch_, 1, __ATOMIC_RELAXED);
    }
    // The farthest ancestor of one record may have a parent in another.
    if (const Program *known = find(program.exec_id); known && parent == 0)
        parent = known->parent;
    recent_.insert_or_assign(program.exec_id, Program{program, parent});
}

const Ancestors::Program *Ancestors::find(std::uint64_t exec_id)
{
    if (const auto at = recent_.find(exec_id); at != recent_.end())
        return &at->second;
    const auto at = older_.find(exec_id);
    return at == older_.end() ? nullptr : &at->second;
}

std::optional<std::vector<Ancestor>> Ancestors::of(std::uint64_t exec_id)
{
    const Program *program = find(exec_id);
    std::vector<Ancestor> all;

    if (!program)
        return std::nullopt;
    while (all.size() < SNOOP_ANCESTORS && program->parent && (program = find(program->parent)))
        all.push_back({program->program});
    return all;
}

} // namespace snoop
