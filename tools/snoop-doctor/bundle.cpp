// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/bundle.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/private_file.hpp"
#include "base/write.hpp"
#include "libbpf/log.hpp"
#include "snoop-doctor/bundle_system.hpp"
#include "snoop-doctor/bundle_text.hpp"
#include "snoop-doctor/hooks.hpp"
#include "snoop-doctor/loaded_programs.hpp"
#include "snoop-doctor/rows.hpp"
#include "snoop-doctor/scrub.hpp"
#include "snoop-doctor/system_checks.hpp"
#include "snoop-doctor/tools.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace snoop {
namespace {

constexpr const char *bundle_option = "--bundle";

// This user's files are there. Tools name their own path in messages.
std::vector<std::string> private_paths()
{
    std::vector<std::string> paths;
    std::error_code err;
    const char *home = std::getenv("HOME");

    paths.push_back(std::filesystem::read_symlink("/proc/self/exe", err).parent_path());
    paths.push_back(std::filesystem::current_path(err));
    paths.emplace_back(home ? home : "");
    return paths;
}

class Bundle {
public:
    Bundle() { json_.begin_object().key("format").value("snoop-doctor bundle 1"); }

    // Without the check "user", which has a name, and "programs", which has those of processes.
    void put_checks()
    {
        std::vector<Check> checks = check_system();

        for (Check &check : check_user())
            if (check.check != "user")
                checks.push_back(std::move(check));
        for (const std::string &hook : hook_checks())
            checks.push_back(try_hook(hook));
        json_.key("checks").begin_array();
        for (const Check &check : checks)
            put(check);
        json_.end_array();
    }

    void put_tools()
    {
        json_.key("tools").begin_array();
        for (const std::string &name : tool_names()) {
            const Trial trial = try_tool(name, "-vv");
            json_.begin_object().key("version").value(version_of(name)).key("result");
            put(trial.check);
            json_.key("exit_code").value(trial.exit_code).key("log").begin_array();
            for (const std::string &line : condensed_log(trial.lines))
                json_.value(scrub(line, private_paths_));
            json_.end_array().end_object();
        }
        json_.end_array();
    }

    // The names of processes are a user's; those of programs are an author's.
    void put_programs(std::chrono::milliseconds time)
    {
        json_.key("programs");
        try {
            std::vector<LoadedProgram> programs = loaded_programs("--bundle");
            measure(programs, time);
            json_.begin_array();
            for (const LoadedProgram &program : programs)
                put(program);
            json_.end_array();
        } catch (const Error &) { // this user may not list them
            json_.value(nullptr);
        }
    }

    JsonWriter &json() noexcept { return json_; }

    std::string text()
    {
        json_.end_object();
        return indented({out_.data(), out_.size()}) + "\n";
    }

private:
    void put(const LoadedProgram &program)
    {
        json_.begin_object();
        json_.key("id").value(program.id).key("type").value(program.type).key("program").value(program.name);
        json_.key("held_by").value(name_of(program.held_by)).key("holders").value(program.holders);
        json_.key("skipped").value(program.skipped);
        if (program.cost) {
            json_.key("runs").value(program.cost->runs).key("run_ns").value(program.cost->run_ns);
            json_.key("seconds").value(program.cost->seconds);
        }
        json_.end_object();
    }

    void put(const Check &check)
    {
        json_.begin_object();
        json_.key("check").value(check.check).key("state").value(name_of(check.state));
        json_.key("found").value(scrub(check.found, private_paths_)).key("fix").value(scrub(check.fix, private_paths_));
        json_.end_object();
    }

    Buffer out_;
    JsonWriter json_{out_};
    std::vector<std::string> private_paths_ = private_paths();
};

} // namespace

void write_bundle(const std::string &path, std::chrono::milliseconds time, const Log &log)
{
    const bool is_stdout = path == "-";
    const PrivateFile file = is_stdout ? PrivateFile{} : create_private_file(bundle_option, path);
    Bundle bundle;

    if (file.has_replaced)
        log.line("{}: '{}' is replaced", bundle_option, path);
    put_system(bundle.json());
    bundle.put_checks();
    bundle.put_tools();
    bundle.put_programs(time);
    const std::string text = bundle.text();
    if (write_all(is_stdout ? STDOUT_FILENO : file.fd.get(), text.data(), text.size()) < text.size())
        throw Error{exit_runtime, "{}: cannot write '{}': {}", bundle_option, path, describe_errno(errno)};
    if (!is_stdout)
        log.line("{}: wrote '{}': read it before you send it", bundle_option, path);
}

} // namespace snoop
