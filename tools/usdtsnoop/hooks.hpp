// SPDX-License-Identifier: BSD-2-Clause
// Attaches uprobes to the sites of the probes, in one link or one by one.
//     const Hooks hooks{session, options, targets};
//     session.run<usdtsnoop_bpf>(sink, [&] { return hooks.attach_methods(); });
#pragma once

#include "attach/uprobe_groups.hpp"
#include "kernel/features.hpp"
#include "run/session.hpp"
#include "run/tracer.hpp"
#include "usdtsnoop/options.hpp"
#include "usdtsnoop/usdt_targets.hpp"
#include <snoop/usdtsnoop.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "usdtsnoop.skel.h"

namespace snoop::usdtsnoop {

class Hooks {
public:
    // Keeps references to all three. Throws Error (exit 2) if --string names an argument that is not an address.
    Hooks(const Session &session, const Options &options, const UsdtTargets &targets);

    // In order of preference. Throws Error (exit 3) if the kernel has no uprobes.
    [[nodiscard]] std::vector<AttachMethod<usdtsnoop_bpf>> attach_methods() const;

private:
    struct Method {
        bool multi;     // uprobe.multi
        bool faults_in; // with the sleepable program
    };

    [[nodiscard]] bool may_fault_in() const;
    [[nodiscard]] std::string describe(const Method &method) const;
    [[nodiscard]] bpf_program *program(const usdtsnoop_bpf &skel) const;
    void configure(usdtsnoop_bpf &skel, const Method &method) const;
    void fill(usdtsnoop_bpf &skel, const Method &method) const;
    [[nodiscard]] std::vector<Link> attach(usdtsnoop_bpf &skel, const Method &method) const;
    [[nodiscard]] UprobeTarget uprobe_target(std::size_t site) const;
    [[nodiscard]] std::vector<UprobePoint> points_of(const std::vector<UsdtAttachment> &hooks) const;
    // Says of these sites that they are not shown. Throws Error (exit 3) if there are no others.
    void report_refused(const std::map<std::uint32_t, std::string> &sites, bool are_all) const;

    const Session &session_;
    const Options &options_;
    const UsdtTargets &targets_;
    std::vector<usdt_site> sites_;
    std::vector<UsdtAttachment> hooks_;           // to attach
    std::vector<UsdtAttachment> hooks_of_memory_; // those with an argument in memory
    bool has_cookies_ = kernel::has_cookies();
    bool preempts_ = kernel::may_preempt_programs();
};

} // namespace snoop::usdtsnoop
