// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/list.hpp"
#include "base/error.hpp"
#include "symbols/binaries.hpp"
#include "table/columns.hpp"
#include "table/output.hpp"
#include "usdtsnoop/row.hpp"
#include "usdtsnoop/usdt_targets.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace snoop::usdtsnoop {
namespace {

Types types_of(const UsdtProbe &probe)
{
    Types all;
    for (const auto &arg : probe.args)
        all.types.push_back(arg.type);
    return all;
}

} // namespace

int list_probes(const ToolInfo &info, const std::string &binary, const CommonOptions &common)
{
    using F = UsdtSite;
    const Columns<F> columns{
        {json_only<F>("event", [](const F &) { return "probe"; }),
         json_only<F>("binary", [](const F &f) { return std::string_view{f.binary}; }),
         {"PROVIDER", 16, Align::left, "provider", [](const F &f) { return std::string_view{f.probe.provider}; }},
         {"NAME", 28, Align::left, "name", [](const F &f) { return std::string_view{f.probe.name}; }},
         {"SEMAPHORE", 9, Align::left, "semaphore", [](const F &f) { return f.probe.semaphore_offset > 0; }},
         {"LOCATION", 10, Align::left, "location", [](const F &f) { return hex(f.probe.location); }},
         {"ARGS", 0, Align::left, "types", [](const F &f) { return types_of(f.probe); }},
         json_only<F>("arguments", [](const F &f) { return std::string_view{f.probe.arguments}; })}};
    Output output{STDOUT_FILENO};
    std::size_t count = 0;

    const auto show = [&](const std::string &path, const std::string &file) {
        for (UsdtProbe &probe : read_usdt_probes(file)) {
            if (count++ == 0 && common.format == Format::text)
                columns.put_header(output.buffer());
            const F found{path, std::move(probe)};
            if (common.format == Format::json)
                columns.put_json_row(output.buffer(), found);
            else
                columns.put_row(output.buffer(), found);
        }
    };
    if (common.pids.empty())
        show(find_binary(binary), find_binary(binary));
    for (const std::uint32_t pid : common.pids)
        for (const auto &[path, file] : find_binaries_of(pid, binary))
            show(path, file);
    output.flush();
    if (count == 0)
        print_line(info.name, fmt::format("'{}' has no probes", binary));
    return exit_ok;
}

} // namespace snoop::usdtsnoop
