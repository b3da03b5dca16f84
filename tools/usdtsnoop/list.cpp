// SPDX-License-Identifier: BSD-2-Clause
#include "usdtsnoop/list.hpp"
#include "base/error.hpp"
#include "base/glob.hpp"
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
#include <vector>

namespace snoop::usdtsnoop {
namespace {

Types types_of(const UsdtProbe &probe)
{
    Types all;
    for (const auto &arg : probe.args)
        all.types.push_back(arg.type);
    return all;
}

Columns<UsdtSite> make_columns()
{
    using F = UsdtSite;
    return Columns<F>{
        {json_only<F>("event", "Kind of the line.", [](const F &) { return "probe"; }),
         json_only<F>("binary", "File that holds the probe.", [](const F &f) { return std::string_view{f.binary}; }),
         {"PROVIDER", 16, Align::left, "provider", "Provider of the probe.",
          [](const F &f) { return std::string_view{f.probe.provider}; }},
         {"NAME", 28, Align::left, "name", "Name of the probe.",
          [](const F &f) { return std::string_view{f.probe.name}; }},
         {"SEMAPHORE", 9, Align::left, "semaphore",
          "Whether the probe has a semaphore, which is incremented while it is traced.",
          [](const F &f) { return f.probe.semaphore_offset > 0; }},
         {"LOCATION", 10, Align::left, "location",
          "Address of the probe in the file, in hexadecimal, as readelf prints it.",
          [](const F &f) { return hex(f.probe.location); }},
         {"ARGS", 0, Align::left, "types", "Types of the arguments, such as s32 or u64.",
          [](const F &f) { return types_of(f.probe); }},
         json_only<F>("arguments", "Locations of the arguments, in the notation of the ELF note.",
                      [](const F &f) { return std::string_view{f.probe.arguments}; })}};
}

} // namespace

std::vector<JsonKey> list_keys() { return make_columns().keys(); }

int list_probes(const ToolInfo &info, const std::string &binary, const CommonOptions &common)
{
    const Columns<UsdtSite> all = make_columns();
    const Columns<UsdtSite> columns =
        common.fields.empty() ? all : all.select(common.fields, common.format == Format::text);
    Output output{STDOUT_FILENO};
    std::size_t count = 0;

    const auto show = [&](const std::string &path, const std::string &file) {
        std::vector<UsdtProbe> without_code;
        for (UsdtProbe &probe : read_usdt_probes(file, &without_code, path)) {
            if (count++ == 0 && common.format == Format::text)
                columns.put_header(output.buffer());
            else if (count == 1 && common.format == Format::csv)
                columns.put_csv_header(output.buffer());
            const UsdtSite found{path, std::move(probe)};
            if (common.format == Format::json)
                columns.put_json_row(output.buffer(), found);
            else if (common.format == Format::csv)
                columns.put_csv_row(output.buffer(), found);
            else
                columns.put_row(output.buffer(), found);
        }
        if (!without_code.empty())
            print_line(info.name, describe_without_code(path, without_code));
    };
    if (common.numbers("--pid").empty())
        show(find_binary(binary), find_binary(binary));
    for (const std::uint32_t pid : common.numbers("--pid"))
        for (const auto &[path, file, handle] : find_binaries_of(pid, binary))
            try {
                show(path, file);
            } catch (const Error &) {
                if (!has_wildcard(binary))
                    throw; // a wildcard may match other files than ELF files
            }
    output.flush();
    if (count == 0)
        print_line(info.name, fmt::format("'{}' has no probes", binary));
    return exit_ok;
}

} // namespace snoop::usdtsnoop
