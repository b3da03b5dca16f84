// SPDX-License-Identifier: BSD-2-Clause
// execcount: its options, its keys, and its table, in place or block by block.
#include "attach/failed_execs.hpp"
#include "base/error.hpp"
#include "base/users.hpp"
#include "cli/cli.hpp"
#include "count/count_table.hpp"
#include "count/count_view.hpp"
#include "count/counter_map.hpp"
#include "execcount/cgroups.hpp"
#include "run/run_main.hpp"
#include "run/tracer.hpp"
#include "table/columns.hpp"
#include "table/values.hpp"
#include <snoop/execcount.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "execcount.skel.h"

namespace {

using namespace snoop;

constexpr ToolInfo info{"execcount", "Counts the programs that are executed: by whom, of what, from where.",
                        "Examples:\n"
                        "  execcount                     by user, every two seconds\n"
                        "  execcount --uid 1000 -i 0.5   one user's, more often\n"
                        "  execcount --by path --top 10  which programs\n"
                        "  execcount -x --by ret         how many fail, and why\n"
                        "  execcount --once -- make      what a command needs\n"
                        "  execcount -o json | jq .rate\n"
                        "On a terminal: q ends, c clears, s sorts by another column."};

struct Options {
    count_by by = COUNT_BY_UID;
    bool failed = false;
    FailureProbe probe = FailureProbe::automatic;
    MapOptions map;
    CountViewOptions view;
};

void add_options(Cli &cli, Options &options)
{
    cli.choice<count_by>("--by", options.by,
                         {{"uid", COUNT_BY_UID},
                          {"comm", COUNT_BY_COMM},
                          {"path", COUNT_BY_PATH},
                          {"parent", COUNT_BY_PARENT},
                          {"cgroup", COUNT_BY_CGROUP},
                          {"ret", COUNT_BY_RET}},
                         "What is counted by (default: uid)");
    options.view.add_to(cli);
    add_failure_options(cli, options.failed, options.probe, "Count failed attempts too");
    options.map.add_to(cli);
}

void check_options(Options &options) { check_failure_options(options.failed, options.probe); }

// ---- keys -------------------------------------------------------------------------------

std::uint32_t key_bytes(count_by by)
{
    switch (by) {
    case COUNT_BY_COMM:
    case COUNT_BY_PARENT: return SNOOP_COMM_LEN;
    case COUNT_BY_PATH: return sizeof(count_key);
    default: return sizeof(count_key::id);
    }
}

// What a key shows as.
class Keys : public KeyFormatter {
public:
    explicit Keys(count_by by) : by_(by) {}

    [[nodiscard]] std::vector<std::string_view> titles() const override
    {
        static constexpr std::array<std::array<std::string_view, 2>, COUNT_BYS> all{
            {{"UID", "USER"}, {"COMM", ""}, {"PATH", ""}, {"PARENT", ""}, {"CGROUP", ""}, {"RET", "ERRNO"}}};
        const auto &titles = all[by_];
        return {titles.begin(), titles.begin() + (titles[1].empty() ? 1 : 2)};
    }

    std::vector<std::string> cells(std::string_view bytes) override
    {
        count_key key{};
        std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
        switch (by_) {
        case COUNT_BY_UID: return {std::to_string(key.id), std::string{user(key).value_or("-")}};
        case COUNT_BY_RET: return {std::to_string(ret(key)), errno_of(key).value_or("-")};
        case COUNT_BY_CGROUP: return {cgroups_.path_of(key.id)};
        case COUNT_BY_PATH:
            if (key.file.path[0] == '\0')
                return {"<fault>"};
            return {(key.file.is_cut ? "..." : "") + std::string{text_of(key.file.path)}};
        default: return {std::string{text_of(key.comm)}};
        }
    }

    void put_json(JsonWriter &json, std::string_view bytes) override
    {
        static constexpr std::array<std::string_view, COUNT_BYS> names{"uid",    "comm",   "path",
                                                                       "parent", "cgroup", "ret"};
        count_key key{};
        std::memcpy(&key, bytes.data(), std::min(bytes.size(), sizeof(key)));
        const bool is_key = !bytes.empty(); // and not the row of all others
        const bool is_user = by_ == COUNT_BY_UID && is_key;
        json.key("by").value(names[by_]).key("key");
        json.value(is_key ? std::string_view{cells(bytes)[0]} : "other");
        json.key("uid").value(is_user ? std::optional{key.id} : std::nullopt);
        json.key("user").value(is_user ? user(key) : std::nullopt);
        json.key("errno").value(by_ == COUNT_BY_RET && is_key ? errno_of(key) : std::nullopt);
        json.key("cgroup_id").value(by_ == COUNT_BY_CGROUP && is_key ? std::optional{key.id} : std::nullopt);
    }

private:
    static int ret(const count_key &key) { return static_cast<int>(static_cast<std::int64_t>(key.id)); }
    static std::optional<std::string> errno_of(const count_key &key)
    {
        return ret(key) < 0 ? std::optional{errno_name(-ret(key))} : std::nullopt;
    }
    std::optional<std::string_view> user(const count_key &key)
    {
        return users_.find(static_cast<std::uint32_t>(key.id));
    }

    count_by by_;
    UserNames users_;
    Cgroups cgroups_;
};

int run(Cli &cli)
{
    Options options;

    cli.add_counting();
    add_options(cli, options);
    cli.parse();
    check_options(options);

    Tracer tracer{info, cli.common()};
    Keys keys{options.by};
    CountView view{tracer, keys, options.view};

    tracer.prepare();
    const FailureHooks failures = options.failed ? choose_failure_hooks(tracer.log(), options.probe) : FailureHooks{};
    const auto configure = [&](execcount_bpf &skel) {
        skel.rodata->count_by = options.by;
        bpf_map__set_key_size(skel.maps.counts, key_bytes(options.by));
        bpf_map__set_max_entries(skel.maps.counts, options.map.max_keys);
        skel.rodata->only_32bit = failures.only_32bit();
        bpf_program__set_autoload(skel.progs.on_failed_call, failures.calls);
        bpf_program__set_autoload(skel.progs.on_failed_any, failures.any);
        bpf_program__set_autoload(skel.progs.on_failed_any_perf, failures.any_perf);
        tracer.log().detail("probe: successes by raw_tp/sched_process_exec");
    };
    auto attached = tracer.attach_first<execcount_bpf>(
        {AttachMethod<execcount_bpf>{"raw_tp", configure, [&](execcount_bpf &skel) {
                                         return attach_execveat(tracer.log(), {skel.progs.on_failed_call});
                                     }}});
    CounterMap counts{(*attached.skel)->maps.counts, options.map.reads};
    tracer.log().detail("counters: {}", counts.is_batched() ? "read in batches" : "read one by one");
    view.run(counts, attached.skel->object());
    attached.detach();
    return view.finish();
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
