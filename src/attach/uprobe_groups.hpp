// SPDX-License-Identifier: BSD-2-Clause
// Attaches programs to instructions of user programs, and leaves out those at which the kernel refuses a
// probe, such as one with a lock prefix.
//     UprobeGroups functions{log, points};
//     std::vector<Link> links = functions.attach(program, {.at_once = has_uprobe_multi()});
//     for (const auto &[group, why] : functions.refused()) …
#pragma once

#include "attach/uprobe.hpp"
#include "libbpf/link.hpp"
#include "libbpf/log.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace snoop {

// An instruction in a file, in one process or, with pid -1, in all. Of a group, such as those of a function,
// all instructions get a probe or none.
struct UprobePoint {
    std::string file;
    pid_t pid;
    UprobeTarget target;
    std::uint32_t group;
};

struct UprobeAttach {
    bool at_once = false; // one link for each file and process; see attach_uprobes()
    bool at_return = false;
};

class UprobeGroups {
public:
    // Maps the files as long as the object lives, so that the kernel looks at the instructions now, and not only
    // when a process maps a file later: then it would refuse them in silence. Files that cannot be mapped get
    // probes all the same.
    UprobeGroups(const Log &log, std::vector<UprobePoint> points);
    ~UprobeGroups();
    UprobeGroups(const UprobeGroups &) = delete;
    UprobeGroups &operator=(const UprobeGroups &) = delete;

    // Attaches to all groups that have not been refused. The links are in the order of the groups' numbers. Throws
    // Error (exit 2) if a process does not exist.
    std::vector<Link> attach(bpf_program *program, const UprobeAttach &how);

    // The groups at which the kernel has refused a probe, and why.
    [[nodiscard]] const std::map<std::uint32_t, std::string> &refused() const noexcept { return refused_; }

private:
    class MappedCode;

    void attach_at_once(bpf_program *program, std::span<const std::uint32_t> groups, bool at_return,
                        std::vector<Link> &all);
    void attach_singly(bpf_program *program, std::uint32_t group, bool at_return, std::vector<Link> &all);

    const Log &log_;
    std::vector<UprobePoint> points_;
    std::map<std::uint32_t, std::vector<std::size_t>> by_group_; // numbers of points
    std::map<std::uint32_t, std::string> refused_;
    std::vector<std::unique_ptr<MappedCode>> mapped_;
};

} // namespace snoop
