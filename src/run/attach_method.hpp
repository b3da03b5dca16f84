// SPDX-License-Identifier: BSD-2-Clause
// The ways in which a tool can attach its programs; Tracer::attach_first() takes the first that works.
//     AttachMethod<mytool_bpf> fentry{.name = "fentry", .configure = [](mytool_bpf &skel) { … }};
//     Attached<mytool_bpf> attached = tracer.attach_first<mytool_bpf>({fentry, kprobe});
#pragma once

#include "attach/detach.hpp"
#include "libbpf/link.hpp"
#include "libbpf/skeleton.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace snoop {

template <class S> struct AttachMethod {
    std::string name;                                       // for -v: "fentry"
    std::function<void(S &)> configure;                     // sets rodata, and which programs and maps load
    std::function<std::vector<Link>(S &)> attach_more{};    // attaches what the sections do not name
    std::function<void(S &)> fill{};                        // fills maps, before the first event
    std::function<const bpf_map *(S &)> events_in_flight{}; // holds an entry for each event that has not ended
};

// The steps that one kind of tool adds to the method, for each skeleton that is tried.
template <class S> struct AttachObserver {
    std::function<void(S &)> before_load{};
    std::function<void(S &)> after_load{}; // before the first event
    std::function<void()> on_failure{};    // the method did not work, and the next one is tried
};

// Waits until no CPU still runs a program that was called before its detach.
void wait_for_running_programs();

// Programs that are attached, until this is destroyed.
template <class S> struct Attached {
    std::unique_ptr<Skeleton<S>> skel;
    std::vector<Link> links;
    const bpf_map *events_in_flight = nullptr;
    const Log &log;

    // Afterwards no program runs, unless detaching was left to a process in the background; maps can be read.
    void detach()
    {
        detach_until_overdue(log, links);
        skel->detach();
        wait_for_running_programs();
    }
};

} // namespace snoop
