// SPDX-License-Identifier: BSD-2-Clause
#include "openguard/hooks.hpp"
#include "base/error.hpp"
#include "cli/task_filters.hpp"
#include "kernel/lsm.hpp"
#include "libbpf/maps.hpp"
#include "libbpf/task_filters.hpp"
#include "openguard/enforce.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <unistd.h>

namespace snoop::openguard {

std::vector<AttachMethod<openguard_bpf>> Guarding::attach_methods()
{
    for (const std::string &name : options_.except_comms)
        detail::parse_comm_key("--except-comm", name); // throws Error (exit 2)
    guarded_ = find_guarded(options_);
    exes_ = find_excepted(options_);
    const auto active = lsm::active();
    if (active && !lsm::has_bpf(*active))
        throw Error{exit_lacks, "this kernel does not call LSM programs: {}", lsm::how_to_enable(active)};
    // truncate(2) has a hook only in kernels with CONFIG_SECURITY_PATH.
    return {method("lsm", true), method("lsm, without truncate", false)};
}

namespace {

// ftruncate(2) has a hook of its own since 6.2; before, it calls that of truncate(2).
bool has_file_truncate() { return libbpf_find_vmlinux_btf_id("file_truncate", BPF_LSM_MAC) > 0; }

} // namespace

AttachMethod<openguard_bpf> Guarding::method(const char *name, bool with_truncate)
{
    return {.name = name,
            .configure =
                [this, with_truncate](openguard_bpf &skel) {
                    configure(skel);
                    bpf_program__set_autoload(skel.progs.guard_truncate, with_truncate);
                },
            .attach_more =
                [this](openguard_bpf &skel) {
                    place(skel);
                    return std::vector<Link>{};
                },
            .fill = [this](openguard_bpf &skel) { fill(skel); }};
}

// Loads the programs that not all runs need. Returns their hooks, for -v.
std::string Guarding::load_more(openguard_bpf &skel) const
{
    std::string hooks;
    const auto load = [&](guard_op op, bpf_program *program, bool exists = true) {
        const bool is_used = (options_.also & 1u << op) != 0 && exists;
        bpf_program__set_autoload(program, is_used);
        if (is_used)
            hooks += std::string{", "} + (std::strchr(bpf_program__section_name(program), '/') + 1);
    };

    const auto walks_up = skel.rodata->walk_up != 0;
    bpf_program__set_autoload(skel.progs.follow_late_link, walks_up);
    if (walks_up)
        hooks += ", d_instantiate";
    skel.rodata->also = options_.also;
    load(GUARD_WRITE, skel.progs.guard_write);
    load(GUARD_WRITE, skel.progs.guard_ftruncate, (options_.also & 1u << GUARD_WRITE) != 0 && has_file_truncate());
    load(GUARD_MMAP, skel.progs.guard_mmap);
    load(GUARD_UNLINK, skel.progs.guard_unlink);
    load(GUARD_UNLINK, skel.progs.guard_rmdir);
    return hooks;
}

void Guarding::configure(openguard_bpf &skel)
{
    const auto active = lsm::active();
    const auto cpus = static_cast<__u32>(std::max(1, libbpf_num_possible_cpus()));

    skel.rodata->own_pid = static_cast<__u32>(getpid());
    skel.rodata->enforce = options_.enforce;
    skel.rodata->walk_up = std::ranges::any_of(guarded_, &Guarded::is_dir);
    bpf_program__set_autoattach(skel.progs.learn_inode, false);
    const auto count = static_cast<__u32>(guarded_.size());
    const __u32 entries = std::min<__u32>(GUARD_ENTRIES_MOST / GUARD_ENTRIES, count) * GUARD_ENTRIES;
    bpf_map__set_max_entries(skel.maps.guards, options_.entries.value_or(entries));
    bpf_map__set_max_entries(skel.maps.guard_names, count);
    skel.rodata->on_write = options_.on_write;
    skel.rodata->excepts_comms = !options_.except_comms.empty();
    skel.rodata->excepts_exes = !options_.except_exes.empty();
    bpf_map__set_max_entries(skel.maps.excepted_comms, std::max(1u, static_cast<__u32>(options_.except_comms.size())));
    bpf_map__set_max_entries(skel.maps.excepted_exes, std::max(1u, static_cast<__u32>(options_.except_exes.size())));
    bpf_map__set_max_entries(skel.maps.guard_devices, count);
    bpf_map__set_max_entries(skel.maps.guard_texts, count);
    bpf_map__set_max_entries(skel.maps.scratches, std::max(16u, 4 * cpus));
    needs_ = fmt::format("LSM programs need CONFIG_BPF_LSM=y and, on arm64, Linux 6.4 or later{}",
                         active ? "" : ", and bpf among the LSMs: " + lsm::how_to_enable(active));
    session_.log().detail("probe: lsm/file_open, inode_link, inode_rename, inode_free_security{}", load_more(skel));
}

void Guarding::fill(openguard_bpf &skel) const
{
    for (std::uint32_t i = 0; i < guarded_.size(); i++) {
        const std::string &given = guarded_[i].text;
        auto text = std::make_unique<guard_text>();
        text->len = static_cast<__u32>(given.copy(text->text, sizeof(text->text)));
        put(skel.maps.guard_texts, &i, text.get());
    }
    for (const std::string &name : options_.except_comms)
        add_to_set(skel.maps.excepted_comms, "--except-comm", detail::parse_comm_key("--except-comm", name).data());
}

// Runs once the programs are attached, so that they follow files that are renamed or linked meanwhile.
void Guarding::place(openguard_bpf &skel)
{
    needs_.clear();
    session_.log().detail("guards: room for {} inodes", bpf_map__max_entries(skel.maps.guards));
    if (watch_)
        watch_(skel.bss->state);
    const auto &common = session_.options();
    GuardPlacer placer{skel, session_.log()};

    for (std::uint32_t i = 0; i < guarded_.size(); i++)
        placer.place(guarded_[i], i);
    for (const Guarded &exe : exes_)
        placer.except(exe);
    if (!placer.place_links(guarded_)) {
        session_.log().line("stopped before all guards were in place");
        return;
    }
    if (options_.enforce && !common.duration_s && !excludes_root(common))
        refuse_lockout(skel, guarded_);
    if (options_.enforce) {
        start_denying(skel, common.duration_s);
        session_.log().line("enforcing: opens of guarded files fail with EPERM");
    }
}

} // namespace snoop::openguard
