// SPDX-License-Identifier: BSD-2-Clause
// What all tools that trace do alike, whatever they do with what they see: privileges,
// filters, the command of `-- CMD`, attaching by the first way that the system has, the
// line that says so, and waiting.
//     Tracer tracer{info, cli.common()};
//     auto attached = trace.attach_first<mytool_bpf>(ways);
//     trace.begin();
//     while (!trace.loop().stopped()) { … trace.loop().wait(…); }
//     attached.detach();
//     trace.end();
#pragma once

#include "base/error.hpp"
#include "cli/options.hpp"
#include "kernel/kernel_btf.hpp"
#include "libbpf/log.hpp"
#include "libbpf/skeleton.hpp"
#include "run/command.hpp"
#include "run/loop.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct snoop_config;

namespace snoop {

// How to trace: of a tool with several ways, one.
template <class S> struct AttachMethod {
    std::string name;                                    // for -v: "fentry"
    std::function<void(S &)> configure;                  // sets the tool's rodata, and which programs load
    std::function<std::vector<Link>(S &)> attach_more{}; // links beyond those that the sections name
    std::function<void(S &)> fill{};                     // maps, before the first event
};

// Waits until no processor runs a program any more that was called before its detach.
void wait_for_running_programs();

// What a kind of tool does to each skeleton that is tried, beside what all do.
template <class S> struct AttachObserver {
    std::function<void(S &)> before_load{}; // before the load
    std::function<void(S &)> after_load{};  // after it, before the first event
    std::function<void()> on_failure{};     // the way did not work
};

// Programs at work.
template <class S> struct Attached {
    std::unique_ptr<Skeleton<S>> skel;
    std::vector<Link> links;

    // From here on no program is called, and none runs any more; maps can be read.
    void detach()
    {
        links.clear();
        skel->detach();
        wait_for_running_programs();
    }
};

class Tracer {
public:
    Tracer(const ToolInfo &info, const CommonOptions &options);

    [[nodiscard]] const ToolInfo &info() const noexcept { return info_; }
    [[nodiscard]] const CommonOptions &options() const noexcept { return options_; }
    [[nodiscard]] const Log &log() const noexcept { return log_; }
    [[nodiscard]] Loop &loop() noexcept { return loop_; }

    // Checks that this user may trace, and starts the command, held before its exec.
    // Throws Error (exit 3, 2).
    enum class What { tasks, packets };
    void prepare(What what = What::tasks);

    // Opens, loads and attaches by the first of the methods that works here; -v says why one
    // does not. Throws what the last one throws, and every Error of usage at once.
    template <class S>
    Attached<S> attach_first(const std::vector<AttachMethod<S>> &methods, const AttachObserver<S> &observer = {})
    {
        for (const AttachMethod<S> &method : methods) {
            const bool is_last = &method == &methods.back();
            try {
                auto attached = attach(method, observer);
                log_.detail("attach: {}", method.name);
                return attached;
            } catch (const Error &error) {
                if (is_last || error.code() == exit_usage)
                    throw;
                turn_from(method.name, error);
                if (observer.on_failure)
                    observer.on_failure();
            }
        }
        throw std::logic_error{"no attach method"};
    }

    // Says that it traces, on stderr and to SNOOP_READY_FD, lets the command go, and has
    // the loop end with it, or with the time that -d gives.
    void begin();
    // Also where nothing is traced: a replay.
    void watch_duration();

    // Says what became of the command.
    void end();

private:
    template <class S> Attached<S> attach(const AttachMethod<S> &method, const AttachObserver<S> &observer)
    {
        LIBBPF_OPTS(bpf_object_open_opts, open_options);
        open_options.btf_custom_path = options_.btf.empty() ? types_->path() : options_.btf.c_str();
        auto skel = std::make_unique<Skeleton<S>>(log_, open_options);
        set_up(skel->object(), (*skel)->rodata->config);
        if (observer.before_load)
            observer.before_load(**skel);
        method.configure(**skel);
        choose_backups(skel->object(), (*skel)->rodata->config);
        choose_allocation(skel->object());
        if (options_.btf.empty())
            types_->reduce_for(skel->object());
        skel->load();
        fill(skel->object());
        if (observer.after_load)
            observer.after_load(**skel);
        if (method.fill)
            method.fill(**skel);
        skel->attach();
        std::vector<Link> links;
        if (method.attach_more)
            links = method.attach_more(**skel);
        types_->forget();
        return {std::move(skel), std::move(links)};
    }

    void set_up(bpf_object *object, snoop_config &config) const;
    // X_backup is loaded where X is and the kernel may skip that: bpf/lib/backup.bpf.h.
    void choose_backups(bpf_object *object, snoop_config &config) const;
    // Hashes take their memory as entries come, where the kernel can do that for programs.
    void choose_allocation(bpf_object *object) const;
    void fill(bpf_object *object) const;
    void turn_from(const std::string &method, const Error &error);

    const ToolInfo &info_;
    const CommonOptions &options_;
    Log log_;
    Loop loop_;
    std::optional<Command> command_;
    std::optional<KernelBtf> types_;
    int ready_fd_ = -1;
};

} // namespace snoop
