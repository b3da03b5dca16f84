// SPDX-License-Identifier: BSD-2-Clause
// The hooks of openguard: LSM programs, and the guards that they look up.
//     Guarding guarding{session, options, [&](const guard_state &state) { sink.watch(state); }};
//     session.run<openguard_bpf>(sink, [&] { return guarding.attach_methods(); });
#pragma once

#include "openguard/guards.hpp"
#include "openguard/options.hpp"
#include "run/session.hpp"
#include "run/tracer.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "openguard.skel.h"

namespace snoop::openguard {

class Guarding {
public:
    // `watch` is called with the state that the programs share, once they are attached.
    Guarding(const Session &session, const Options &options, std::function<void(const guard_state &)> watch)
        : session_(session), options_(options), watch_(std::move(watch))
    {}

    // Opens the files to guard. Throws Error: exit 2 if one does not exist, exit 3 if the kernel does not run LSM
    // programs.
    std::vector<AttachMethod<openguard_bpf>> attach_methods();

    // The requirements of LSM programs, to explain why the kernel rejected them; empty once they are attached.
    [[nodiscard]] const std::string &needs() const { return needs_; }

private:
    AttachMethod<openguard_bpf> method(const char *name, bool with_truncate);
    void configure(openguard_bpf &skel);
    std::string load_more(openguard_bpf &skel) const;
    void fill(openguard_bpf &skel) const;
    void place(openguard_bpf &skel);

    const Session &session_;
    const Options &options_;
    std::function<void(const guard_state &)> watch_;
    std::vector<Guarded> guarded_, exes_;
    std::string needs_;
};

} // namespace snoop::openguard
