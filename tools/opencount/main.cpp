// SPDX-License-Identifier: BSD-2-Clause
// opencount: counts the files that are opened.
#include "base/error.hpp"
#include "base/glob.hpp"
#include "cli/cli.hpp"
#include "count/count_view.hpp"
#include "count/counter_map.hpp"
#include "libbpf/cgroup_names.hpp"
#include "opencount/keys.hpp"
#include "opencount/names.hpp"
#include "opencount/options.hpp"
#include "opens/open_hooks.hpp"
#include "opens/path_patterns.hpp"
#include "run/run_main.hpp"
#include "run/tracer.hpp"

#include <cerrno>
#include <optional>
#include <sys/random.h>
#include <utility>
#include <vector>

#include "opencount.skel.h"
#include "table/json_schema.hpp"

namespace {

using namespace snoop;
using namespace snoop::opencount;

constexpr ToolInfo info{"opencount", "Count opened files by path, folder, suffix, program, user, error or container.",
                        "Examples:\n"
                        "  opencount --top 20                 which files, every two seconds\n"
                        "  opencount -x                       failed lookups only\n"
                        "  opencount --by dir --path /home    which folders below /home\n"
                        "  opencount --by errno -n nginx      how the opens of a program end\n"
                        "  opencount --once -- make           what a command opens\n"
                        "  opencount -o json | jq .rate\n",
                        0, "see the names of all files that anybody opens"};

void add_options(Cli &cli, Options &options)
{
    cli.choice<open_by>("--by", "KEY", options.by,
                        {{"path", OPEN_BY_PATH, "the path"},
                         {"dir", OPEN_BY_DIR, "the path of the directory"},
                         {"suffix", OPEN_BY_SUFFIX, "the end of the file's name, from its last dot on"},
                         {"comm", OPEN_BY_COMM, "the name of the thread"},
                         {"process", OPEN_BY_PROCESS, "the name of the process: of its first thread"},
                         {"user", OPEN_BY_USER, "the user"},
                         {"errno", OPEN_BY_ERRNO, "the result: OK, or the name of the error"},
                         {"container", OPEN_BY_CONTAINER, "the container, by its cgroup"},
                         {"unit", OPEN_BY_UNIT, "the unit of systemd, by its cgroup"}},
                        "Count by KEY")
        .manual("Count by KEY:");
    cli.flag("-x,--failed", options.failed, "Count only failed attempts").filters();
    cli.flag("-F,--full-path", options.full_path, "Count by the full path of the file")
        .manual("With --by path, dir or suffix: take the full path of the file that was opened, from the root of the "
                "mount namespace on, with links, working directory, directory descriptors, mounts and a chroot "
                "resolved. For a failed attempt: where the path starts, followed by the path. Without this option, "
                "the path as the caller gave it is taken; an open by handle always has the full path.");
    cli.conditions("--path", "PREFIX", options.prefixes, at_most(OPEN_PREFIX_MAX),
                   "Only paths that begin with PREFIX; !PREFIX: only others")
        .manual("Only paths that begin with PREFIX, as the caller gave them, also with -F. `!PREFIX` leaves out what "
                "begins with PREFIX. Compared in the kernel, without wildcards; at most 256 bytes. An open by handle, "
                "which has no path, is left out.")
        .completes(Complete::directory);
    cli.conditions("--suffix", "EXT", options.suffixes, at_most(OPEN_SUFFIX_MAX),
                   "Only paths that end with EXT; !EXT: only others")
        .manual("Only paths that end with EXT; as for --path. At most 32 bytes.");
    options.add_flags_to(cli);
    options.add_probe_to(cli);
    options.view.add_to(cli);
    options.map.add_to(cli);
}

// Throws Error (exit 2) for what no program can compare: user space does not see the single open.
PathPatterns in_kernel(const char *option, const std::vector<PathPattern> &given, PathPatterns::Part part)
{
    for (const PathPattern &pattern : given)
        if (has_wildcard(pattern.value))
            throw Error{exit_usage, "{}: '{}' has a wildcard, which the kernel cannot compare: give the {} of the path",
                        option, pattern.value, part == PathPatterns::Part::begin ? "beginning" : "end"};
    return {given, part};
}

WantedPaths wanted_paths(const Options &options)
{
    return {.prefixes = in_kernel("--path", options.prefixes, PathPatterns::Part::begin),
            .suffixes = in_kernel("--suffix", options.suffixes, PathPatterns::Part::end),
            .resolved = options.full_path && options.counts_texts()};
}

void configure(opencount_bpf &skel, const Options &options)
{
    skel.rodata->count_by = options.by;
    bpf_map__set_max_entries(skel.maps.counts, options.map.max_keys);
    if (options.counts_texts()) {
        // Nobody must be able to make two paths of one hash.
        if (getrandom(skel.rodata->hash_key, sizeof(skel.rodata->hash_key), 0) != sizeof(skel.rodata->hash_key))
            throw Error{exit_runtime, "cannot read random bytes: {}", describe_errno(errno)};
    } else {
        bpf_map__set_type(skel.maps.counts, BPF_MAP_TYPE_PERCPU_HASH);
        for (bpf_map *unused : {skel.maps.events, skel.maps.wakeups})
            create_map(unused, false);
    }
    skel.rodata->config.whole_task = options.by == OPEN_BY_PROCESS || options.counts_cgroups();
    keep_cgroup_names(skel.obj, skel.rodata->config, options.counts_cgroups() ? options.map.max_keys : 0);
}

int run(Cli &cli)
{
    Options options;

    options.view.has_calls = true;
    cli.add_counting();
    cli.add_result_filters();
    cli.add_transport();
    cli.describe_rows([&] {
        return json_schema("opencount", {{"count", "Opens of one key, at each interval.",
                                          count_keys(key_columns(), options.view.measures)},
                                         describe_count_accounting(info.name, options.view)});
    });
    add_options(cli, options);
    cli.parse();
    check_label(options.by, cli.common().metrics);
    options.view.measures[0].metric = "snoop_opens_total";
    options.view.measures[0].metric_help = "Opened files, and failed attempts.";

    const WantedPaths wanted = wanted_paths(options);
    Tracer tracer{info, cli.common()};
    std::optional<OpenNames> names;
    if (options.counts_texts())
        names.emplace(tracer, options.by);
    Keys keys{options.by, names ? &*names : nullptr, tracer.options().redactor.get()};
    CountView view{tracer, keys, options.view};

    tracer.prepare();
    if (options.counts_cgroups())
        tracer.show_cgroups();
    const OpenHooks<opencount_bpf> hooks{tracer.log(), options, wanted};
    auto methods = hooks.methods();
    for (auto &method : methods)
        method.configure = [&options, more = std::move(method.configure)](opencount_bpf &skel) {
            configure(skel, options);
            more(skel);
        };
    auto attached =
        tracer.attach_first<opencount_bpf>(methods, names ? names->observer() : AttachObserver<opencount_bpf>{});
    keys.read_cgroups_from(attached.skel->object());
    if (options.by == OPEN_BY_USER)
        tracer.sandbox().calls = SandboxCalls::user_names;
    CounterMap counts{(*attached.skel)->maps.counts, options.map.reads};
    tracer.log().detail("counters: {}", counts.is_batched() ? "read in batches" : "read one by one");
    view.run(counts, attached.skel->object(), names ? &*names : nullptr);
    attached.detach();
    return view.finish(attached.events_in_flight);
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
