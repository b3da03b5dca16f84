// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/return_probes.hpp"
#include "base/error.hpp"
#include "funclat/go_functions.hpp"
#include "symbols/elf_file.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace snoop::funclat {
namespace {

// They store the return address, to return once more later, or return on another stack.
constexpr std::string_view returning_twice[] = {"setjmp",      "_setjmp",      "sigsetjmp",  "__sigsetjmp",
                                                "vfork",       "__vfork",      "getcontext", "__getcontext",
                                                "swapcontext", "__swapcontext"};

bool returns_twice(std::string_view name)
{
    return std::ranges::find(returning_twice, name) != std::end(returning_twice);
}

} // namespace

FunctionTarget without_fatal_returns(const FunctionTarget &target, const Log &log)
{
    FunctionTarget safe = target;
    std::set<std::string> files;

    for (const auto &point : target.points)
        files.insert(point.file);
    for (const std::string &file : files)
        if (is_go_program(ElfFile{file}))
            throw Error{exit_usage, "'{}' is a Go program, which return probes crash: use --probe uprobe",
                        target.binary};
    std::erase_if(safe.points, [&](const auto &point) { return returns_twice(target.names[point.function]); });
    if (safe.points.empty())
        throw Error{exit_usage, "'{}' returns twice, so that a return probe crashes the program: use --probe uprobe",
                    target.text};
    for (const std::string &name : target.names)
        if (returns_twice(name))
            log.line("'{}' is left out: it returns twice, so that a return probe crashes the program", name);
    log.line("return probes can crash programs that unwind or switch stacks, in every process that maps '{}'",
             target.binary);
    return safe;
}

} // namespace snoop::funclat
