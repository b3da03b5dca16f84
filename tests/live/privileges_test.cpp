// SPDX-License-Identifier: BSD-2-Clause
// Measures which capabilities and settings each tool needs; `./dev privileges` makes docs/privileges.md of the notes.
// A tool that is refused must say what it lacks. With the label `privileges`, since it changes the machine's settings,
// some of them until the next boot.
#include "privileges/modes.hpp"

#include "fixtures.hpp"
#include "hooks.hpp"
#include "privileges.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <linux/capability.h>

#include <algorithm>
#include <iostream>
#include <unistd.h>

namespace snoop::test {
namespace {

// Those that could be of use to a tracer, the most powerful ones first.
const Capabilities candidates{CAP_SYS_ADMIN, CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SYSLOG, CAP_SYS_RESOURCE,
                              CAP_IPC_LOCK,  CAP_NET_ADMIN,       cap_perfmon,    cap_bpf};

struct Setting {
    std::string name;
    std::vector<std::string> values;
};
// The loosest and the strictest value; of perf_event_paranoid, also the strictest one of the kernel's own, since 3 is
// Debian's. What a setting has already is not tried again.
const std::vector<Setting> settings{{"kernel/unprivileged_bpf_disabled", {"0", "2"}},
                                    {"kernel/perf_event_paranoid", {"-1", "2", "3"}},
                                    {"kernel/kptr_restrict", {"0", "2"}},
                                    {"kernel/yama/ptrace_scope", {"0", "2"}},
                                    {"net/core/bpf_jit_harden", {"0", "2"}}};

void note(const std::string &text) { std::cout << "NOTE: " << text << std::endl; }

Capabilities without(Capabilities all, unsigned one)
{
    all.erase(std::remove(all.begin(), all.end(), one), all.end());
    return all;
}

// Leaves out one after the other, if the mode works without it. Starts from those of the manual, if they are enough,
// else from all candidates: without CAP_SYS_ADMIN, if it can be.
Capabilities least(const Mode &mode)
{
    Capabilities kept = attempt(mode, mode.capabilities) == "ok" ? mode.capabilities : candidates;
    for (const unsigned one : Capabilities{kept})
        if (attempt(mode, without(kept, one)) == "ok")
            kept = without(kept, one);
    return kept;
}

void expect_clear(const std::string &result)
{
    EXPECT_THAT(result, testing::AnyOf("ok", testing::ContainsRegex(
                                                 "^3 .*(root|CAP_|perf_event|locked down|tracefs|RLIMIT_MEMLOCK)")));
}

class Privileges : public testing::TestWithParam<Mode> {
protected:
    void SetUp() override
    {
        SNOOP_NEEDS(alone);
        for (const Hook hook : GetParam().hooks) {
            SNOOP_NEEDS_HOOK(hook);
        }
        note("mode=" + GetParam().name);
    }
};

// Sets a value for its lifetime. is_set() is false if the kernel does not have it.
class WithSetting {
public:
    WithSetting(const std::string &name, const std::string &value) : path_("/proc/sys/" + name)
    {
        if (access(path_.c_str(), F_OK) != 0)
            return;
        before_ = read_file(path_);
        try {
            tell_kernel(path_, value);
            is_set_ = true;
            is_usual_ = before_ == value + "\n";
        } catch (const std::exception &) {}
    }
    ~WithSetting()
    {
        if (is_set_)
            tell_kernel(path_, before_);
    }
    WithSetting(const WithSetting &) = delete;
    WithSetting &operator=(const WithSetting &) = delete;
    [[nodiscard]] bool is_set() const { return is_set_; }
    [[nodiscard]] bool is_usual() const { return is_usual_; }

private:
    std::string path_, before_;
    bool is_set_ = false, is_usual_ = false;
};

TEST_P(Privileges, Least)
{
    const Mode &mode = GetParam();
    const std::string all = attempt(mode, candidates);
    ASSERT_EQ(all, "ok") << "with all of " << names_of(candidates);
    note("least=" + names_of(least(mode)));
}

TEST_P(Privileges, Alone)
{
    std::vector<std::string> enough;
    for (const unsigned one : candidates) {
        const std::string result = attempt(GetParam(), {one});
        expect_clear(result);
        if (result == "ok")
            enough.push_back(names_of({one}));
    }
    const std::string none = attempt(GetParam(), {});
    expect_clear(none);
    EXPECT_NE(none, "ok");
    note("tried=" + names_of(candidates));
    note(fmt::format("alone={}", fmt::join(enough, ",")));
}

TEST_P(Privileges, Settings)
{
    const std::string usual = attempt(GetParam(), GetParam().capabilities);
    expect_clear(usual);
    note(fmt::format("{}={}", names_of(GetParam().capabilities), usual));
    for (const Setting &setting : settings)
        for (const std::string &value : setting.values) {
            const WithSetting with{setting.name, value};
            const std::string result = !with.is_set()    ? "not here"
                                       : with.is_usual() ? usual
                                                         : attempt(GetParam(), GetParam().capabilities);
            if (with.is_set())
                expect_clear(result);
            note(fmt::format("{} {}={}", setting.name, value, result));
        }
    // The limit of old kernels, with which the capabilities may not be enough; CAP_SYS_RESOURCE raises it.
    constexpr rlim_t locked_memory = 64 * 1024;
    Capabilities more = GetParam().capabilities;
    more.push_back(CAP_SYS_RESOURCE);
    const std::string limited = attempt(GetParam(), GetParam().capabilities, locked_memory);
    expect_clear(limited);
    note("ulimit -l 64=" + limited);
    note("ulimit -l 64, with CAP_SYS_RESOURCE=" + attempt(GetParam(), more, locked_memory));
}

std::string suite_of(const testing::TestParamInfo<Mode> &info)
{
    std::string name;
    for (const char c : info.param.name)
        if (std::isalnum(static_cast<unsigned char>(c)))
            name += c;
    return name;
}

INSTANTIATE_TEST_SUITE_P(, Privileges, testing::ValuesIn(every_mode()), suite_of);

// The kernel takes none of these back before the next boot, so they come last, the strictest one at the end.
struct OneWay {
    std::string path, value;
};
void PrintTo(const OneWay &step, std::ostream *out) { *out << step.path << ' ' << step.value; }

class PrivilegesOneWay : public testing::TestWithParam<OneWay> {};

TEST_P(PrivilegesOneWay, Settings)
{
    SNOOP_NEEDS(alone);
    const auto &[path, value] = GetParam();
    tell_kernel(path, value);
    for (const Mode &mode : every_mode()) {
        if (std::any_of(mode.hooks.begin(), mode.hooks.end(), [](Hook hook) { return lacks(hook).has_value(); }))
            continue;
        const std::string result = attempt(mode, mode.capabilities);
        expect_clear(result);
        note(fmt::format("{}: {} {}={}", mode.name, path, value, result));
    }
}

INSTANTIATE_TEST_SUITE_P(, PrivilegesOneWay,
                         testing::Values(OneWay{"/proc/sys/kernel/unprivileged_bpf_disabled", "1"},
                                         OneWay{"/sys/kernel/security/lockdown", "integrity"},
                                         OneWay{"/sys/kernel/security/lockdown", "confidentiality"}),
                         [](const auto &step) { return step.param.value == "1" ? "bpf" : step.param.value; });

} // namespace
} // namespace snoop::test
