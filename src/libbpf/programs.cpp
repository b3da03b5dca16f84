// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/programs.hpp"
#include "kernel/features.hpp"
#include "libbpf/maps.hpp"
#include <snoop/record.h>

#include <bpf/libbpf.h>

#include <string>
#include <string_view>

namespace snoop {
namespace {

constexpr std::string_view cleanup = "cleanup_";

bpf_program *find_program(bpf_object *object, const std::string &name)
{
    return bpf_object__find_program_by_name(object, name.c_str());
}

std::string_view name_of(const bpf_program *program) { return bpf_program__name(program); }

} // namespace

void load_descendant_programs(bpf_object *object, bool has_command)
{
    bpf_program *program = nullptr;

    bpf_object__for_each_program(program, object) if (name_of(program).starts_with("descendants_"))
        bpf_program__set_autoload(program, has_command);
}

void load_backups(bpf_object *object, snoop_config &config)
{
    bpf_program *program = nullptr;
    bpf_map *map = nullptr;

    config.has_backups = kernel::may_preempt_programs();
    bpf_object__for_each_map(map, object) if (std::string_view{bpf_map__name(map)}.ends_with("_claimed"))
        create_map(map, config.has_backups);
    bpf_object__for_each_program(
        program, object) if (bpf_program *backup = find_program(object, std::string{name_of(program)} + "_backup"))
        bpf_program__set_autoload(backup, config.has_backups && bpf_program__autoload(program));
    bpf_object__for_each_program(program, object) if (name_of(program).starts_with(cleanup))
    {
        const std::string backup = "on_" + std::string{name_of(program).substr(cleanup.size())} + "_backup";
        if (const bpf_program *found = find_program(object, backup))
            bpf_program__set_autoload(program, bpf_program__autoload(found));
    }
}

} // namespace snoop
