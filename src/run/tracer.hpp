// SPDX-License-Identifier: BSD-2-Clause
// Does what every tool that traces must do, to print events or to count them: checks privileges, holds
// the command of `-- CMD`, attaches by the first method that works, says that it traces, waits.
//     Tracer tracer{info, cli.common()};
//     tracer.prepare();
//     auto attached = tracer.attach_first<mytool_bpf>(methods);
//     tracer.begin();
//     while (!tracer.loop().stopped()) { … tracer.loop().wait(…); }
//     attached.detach();
//     tracer.end();
//     return tracer.exit_code(exit_ok);
#pragma once

#include "base/error.hpp"
#include "cli/options.hpp"
#include "export/metrics_service.hpp"
#include "kernel/kernel_btf.hpp"
#include "libbpf/editable_maps.hpp"
#include "libbpf/lineage.hpp"
#include "libbpf/log.hpp"
#include "run/attach_method.hpp"
#include "run/command.hpp"
#include "run/loop.hpp"
#include "run/sandbox.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct snoop_config;

namespace snoop {

class Tracer {
public:
    Tracer(const ToolInfo &info, const CommonOptions &options);

    [[nodiscard]] const ToolInfo &info() const noexcept { return info_; }
    [[nodiscard]] const CommonOptions &options() const noexcept { return options_; }
    [[nodiscard]] const Log &log() const noexcept { return log_; }
    [[nodiscard]] Loop &loop() noexcept { return loop_; }

    // Checks that this user may trace, and starts the command, held before its exec.
    // Throws Error (exit 3, 2; 126 or 127 if the command is not there).
    enum class What { tasks, packets };
    void prepare(What what = What::tasks);

    // Opens, loads and attaches by the first of the methods that works here; -v says why the others
    // do not. Throws the Error of the last method, and a usage Error of any.
    template <class S>
    Attached<S> attach_first(const std::vector<AttachMethod<S>> &methods, const AttachObserver<S> &observer = {})
    {
        for (const AttachMethod<S> &method : methods) {
            const bool is_last = &method == &methods.back();
            log_.expect_refusal(!is_last);
            try {
                auto attached = attach(method, observer);
                log_.detail("attach: {}", method.name);
                report_editable_maps(log_, attached.skel->object());
                return attached;
            } catch (const Error &error) {
                if (is_last || error.code() == exit_usage)
                    throw;
                report_failure(method.name, error);
                if (observer.on_failure)
                    observer.on_failure();
            }
        }
        throw std::logic_error{"no attach method"};
    }

    // Before prepare(): this process, which is the tool's own, is not traced.
    void leave_out(pid_t process) noexcept { left_out_ = process; }

    // Has begin() say which cgroups are not known on this system, as it does with --cgroup.
    void show_cgroups() noexcept { shows_cgroups_ = true; }

    // With --metrics or --metrics-file, serves those of the object's programs, and what `collect` adds at each scrape.
    // Before begin(). Both must live until the last wait of the loop.
    void serve_metrics(bpf_object *object, MetricsService::Collect collect);

    // A tool that needs more while it traces says so here before begin().
    [[nodiscard]] SandboxNeeds &sandbox() noexcept { return sandbox_; }
    // Unless the options say otherwise. begin() does it; a replay, which does not begin, once its file is open.
    void enter_sandbox();

    // Gives up what tracing does not need. Says on stderr and to SNOOP_READY_FD that it traces, lets the command run,
    // and has the loop end with the command or after the time that -d gives.
    void begin();
    // The time that -d gives, also where nothing is traced: a replay.
    void watch_duration();

    // Says how the command ended, or that it runs on.
    void end();
    // After the accounting summary: waits for the command, whose exit code is the tool's. `own` is the tool's
    // without a command.
    int exit_code(int own);

private:
    template <class S> Attached<S> attach(const AttachMethod<S> &method, const AttachObserver<S> &observer)
    {
        LIBBPF_OPTS(bpf_object_open_opts, open_options);
        open_options.btf_custom_path = options_.btf.empty() ? types_->path() : options_.btf.c_str();
        auto skel = std::make_unique<Skeleton<S>>(log_, open_options);
        before_configure(skel->object(), (*skel)->rodata->config);
        if (observer.before_load)
            observer.before_load(**skel);
        method.configure(**skel);
        before_load(skel->object(), (*skel)->rodata->config);
        skel->load();
        after_load(skel->object());
        if (observer.after_load)
            observer.after_load(**skel);
        if (method.fill)
            method.fill(**skel);
        skel->attach();
        Attached<S> attached{std::move(skel), {}, nullptr, log_};
        if (method.attach_more)
            attached.links = method.attach_more(**attached.skel);
        if (method.events_in_flight)
            attached.events_in_flight = method.events_in_flight(**attached.skel);
        run_lineage_pass(attached.skel->object(), log_);
        types_->release();
        return attached;
    }

    void before_configure(bpf_object *object, snoop_config &config) const;
    void before_load(bpf_object *object, snoop_config &config);
    void after_load(bpf_object *object) const;
    void report_failure(const std::string &method, const Error &error);

    const ToolInfo &info_;
    const CommonOptions &options_;
    pid_t left_out_ = 0;
    bool shows_cgroups_ = false;
    SandboxNeeds sandbox_;
    Log log_;
    Loop loop_;
    std::optional<MetricsService> metrics_;
    std::optional<Command> command_;
    std::optional<KernelBtf> types_;
    int ready_fd_ = -1;
};

} // namespace snoop
