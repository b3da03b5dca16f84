// SPDX-License-Identifier: BSD-2-Clause
#include "libbpf/lineage.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "kernel/features.hpp"
#include "libbpf/maps.hpp"
#include <snoop/record.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <unistd.h>

namespace snoop {
namespace {

constexpr const char *pass = "lineage_pass";

} // namespace

void load_lineage(bpf_object *object, const snoop_config &config)
{
    bpf_program *program = nullptr;

    bpf_object__for_each_program(program, object)
    {
        const std::string_view name = bpf_program__name(program);
        if (name.starts_with("lineage_"))
            bpf_program__set_autoload(program, config.want_lineage && (name != pass || kernel::has_task_iterator()));
    }
    for (const char *name : {"lineages", "lineage_walks", "no_lineage_walk"})
        create_map(bpf_object__find_map_by_name(object, name), config.want_lineage != 0);
    for (const char *name : {"under_pids", "under_comms"})
        create_map(bpf_object__find_map_by_name(object, name), config.filter_under != 0);
}

void run_lineage_pass(bpf_object *object, const Log &log)
{
    const bpf_program *program = bpf_object__find_program_by_name(object, pass);

    if (!program || bpf_program__fd(program) < 0)
        return;
    const std::unique_ptr<bpf_link, int (*)(bpf_link *)> link{bpf_program__attach_iter(program, nullptr),
                                                              bpf_link__destroy};
    const Fd fd{link ? bpf_iter_create(bpf_link__fd(link.get())) : -1};
    std::array<char, 64> nothing{};
    ssize_t n = fd ? 1 : -1;

    while (n > 0 || (n < 0 && fd && (errno == EAGAIN || errno == EINTR)))
        n = read(fd.get(), nothing.data(), nothing.size());
    if (n < 0)
        log.detail("ancestors of processes that are older: no iterator: {}", describe_errno(errno));
}

} // namespace snoop
