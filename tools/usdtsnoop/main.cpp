// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop: its options, its columns, and how it attaches.
#include "attach/uprobe.hpp"
#include "base/error.hpp"
#include "cli/cli.hpp"
#include "kernel/features.hpp"
#include "run/row_printer.hpp"
#include "run/run_main.hpp"
#include "run/session.hpp"
#include "run/task_columns.hpp"
#include "symbols/binaries.hpp"
#include "usdtsnoop/usdt_targets.hpp"
#include <snoop/usdtsnoop.h>

#include <bpf/bpf.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <iterator>
#include <map>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "usdtsnoop.skel.h"

namespace {

using namespace snoop;

constexpr ToolInfo info{"usdtsnoop", "Shows each hit of a program's static probes (USDT), with its arguments.",
                        "Examples:\n"
                        "  usdtsnoop --list libstdc++.so.6               the probes of a library or a program\n"
                        "  usdtsnoop libstdc++.so.6:libstdcxx:throw      every C++ exception on this system\n"
                        "  usdtsnoop -s 1,2 python3:python:function__*   arguments 1 and 2 as strings\n"
                        "  usdtsnoop -p 42 '*:*:*'                       all probes of all that process 42 runs\n"
                        "  usdtsnoop ./app:app:* -- ./app                what a command hits, and all below it",
                        USDT_FORMAT};

struct Options {
    std::vector<std::string> probes, string_lists;
    std::string list, string_size = "256";
    std::vector<UsdtPattern> patterns;
    std::vector<std::size_t> strings; // numbers of arguments, from 1
    std::uint32_t string_max = 0;
};

// ---- columns ----------------------------------------------------------------------------

// What the columns see: views into an event.
struct Row : TaskRow {
    const usdt_event *event;
    std::string binary, provider, name;
    std::string_view strings; // behind one another

    Row(Session &session, const usdt_event &hit, std::string_view data)
        : TaskRow(session, hit.rec, hit.task), event(&hit)
    {
        std::string_view names = data.substr(0, hit.names_len);
        strings = data.substr(names.size());
        for (std::string *to : {&binary, &provider, &name})
            *to = take_string(names);
    }

    [[nodiscard]] bool has(unsigned flag) const { return (event->rec.flags & flag) != 0; }
};

// An argument of an event.
struct Argument {
    unsigned type;
    std::uint64_t raw;
    std::string_view string;

    [[nodiscard]] bool is(unsigned flag) const { return (type & flag) != 0; }
    [[nodiscard]] bool is_read() const { return !is(USDT_TYPE_LOST | USDT_TYPE_FAULT) && (type & USDT_TYPE_SIZE); }
    [[nodiscard]] unsigned unused_bits() const { return 64 - 8 * std::min(type & USDT_TYPE_SIZE, 8u); }
    [[nodiscard]] std::uint64_t as_unsigned() const { return raw << unused_bits() >> unused_bits(); }
    [[nodiscard]] std::int64_t as_signed() const
    {
        return static_cast<std::int64_t>(raw << unused_bits()) >> unused_bits();
    }
    [[nodiscard]] float as_float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(raw)); }
    [[nodiscard]] double as_double() const { return std::bit_cast<double>(raw); }
    [[nodiscard]] bool is_double() const { return (type & USDT_TYPE_SIZE) == sizeof(double); }
};

template <class Use> void for_each_argument(const Row &row, Use use)
{
    std::string_view strings = row.strings;

    for (std::size_t i = 0; i < std::min<std::size_t>(row.event->arg_count, USDT_ARGS); i++) {
        const std::string_view string = strings.substr(0, row.event->lens[i]);
        strings.remove_prefix(string.size());
        use(Argument{row.event->types[i], row.event->args[i], string});
    }
}

// "text": only what ends it, a " within, needs more than the usual escapes.
void put_string(Buffer &out, std::string_view text)
{
    out.push_back('"');
    while (!text.empty()) {
        const std::size_t quote = std::min(text.find('"'), text.size());
        append_escaped(out, text.substr(0, quote));
        text.remove_prefix(quote);
        if (!text.empty()) {
            append(out, "\\\"");
            text.remove_prefix(1);
        }
    }
    out.push_back('"');
}

void put_argument(Buffer &out, const Argument &arg)
{
    const auto to = std::back_inserter(out);

    if (arg.is(USDT_TYPE_FAULT))
        append(out, "<fault>");
    else if (!arg.is_read())
        out.push_back('?');
    else if (arg.is(USDT_TYPE_STRING))
        put_string(out, arg.string);
    else if (arg.is(USDT_TYPE_FLOAT) && arg.is_double())
        fmt::format_to(to, "{}", arg.as_double());
    else if (arg.is(USDT_TYPE_FLOAT))
        fmt::format_to(to, "{}", arg.as_float());
    else if (arg.is(USDT_TYPE_SIGNED))
        fmt::format_to(to, "{}", arg.as_signed());
    else if (arg.as_unsigned() >> 32) // an address, most likely
        fmt::format_to(to, "{:#x}", arg.as_unsigned());
    else
        fmt::format_to(to, "{}", arg.as_unsigned());
    if (arg.is(USDT_TYPE_CUT))
        append(out, "...");
}

void put_argument(JsonWriter &json, const Argument &arg)
{
    if (!arg.is_read())
        json.value(nullptr);
    else if (arg.is(USDT_TYPE_STRING))
        json.value(arg.string);
    else if (arg.is(USDT_TYPE_FLOAT) && arg.is_double())
        json.exact(arg.as_double());
    else if (arg.is(USDT_TYPE_FLOAT))
        json.exact(arg.as_float());
    else if (arg.is(USDT_TYPE_SIGNED))
        json.value(arg.as_signed());
    else
        json.value(arg.as_unsigned());
}

struct Arguments {
    const Row &row;
};

void put_text(Buffer &out, Arguments arguments, Spaces)
{
    const char *between = "";
    for_each_argument(arguments.row, [&](const Argument &arg) {
        append(out, between);
        put_argument(out, arg);
        between = " ";
    });
}

void put_json(JsonWriter &json, Arguments arguments)
{
    json.begin_array();
    for_each_argument(arguments.row, [&](const Argument &arg) { put_argument(json, arg); });
    json.end_array();
}

constexpr JsonType json_argument{{"integer", "number", "string", "null"}};

constexpr JsonType json_type_of(std::type_identity<Arguments>) { return {.names = {"array"}, .items = &json_argument}; }

struct Types {
    std::vector<unsigned> types;
};

void put_text(Buffer &out, const Types &types, Spaces)
{
    const char *between = "";
    for (const unsigned type : types.types) {
        append(out, between);
        append(out, usdt_type_name(static_cast<std::uint16_t>(type)));
        between = " ";
    }
}

void put_json(JsonWriter &json, const Types &types)
{
    json.begin_array();
    for (const unsigned type : types.types)
        json.value(usdt_type_name(static_cast<std::uint16_t>(type)));
    json.end_array();
}

constexpr JsonType json_type_of(std::type_identity<Types>) { return json_type<std::vector<std::string_view>>; }

Types types_of(const Row &row)
{
    Types all;
    for_each_argument(row, [&](const Argument &arg) { all.types.push_back(arg.type); });
    return all;
}

// As readelf has it.
std::string hex(std::uint64_t address) { return fmt::format("{:#x}", address); }

Columns<Row> make_columns(const CommonOptions &common)
{
    std::vector<Column<Row>> columns{json_only<Row>("event", [](const Row &) { return "usdt"; })};
    const auto add = [&](std::vector<Column<Row>> more) {
        std::move(more.begin(), more.end(), std::back_inserter(columns));
    };

    add_time_columns(columns, common);
    add_process_columns(columns);
    add({text_only<Row>("PROBE", 28, Align::left, [](const Row &r) { return r.provider + ":" + r.name; }),
         json_only<Row>("binary", [](const Row &r) { return std::string_view{r.binary}; }),
         json_only<Row>("provider", [](const Row &r) { return std::string_view{r.provider}; }),
         json_only<Row>("name", [](const Row &r) { return std::string_view{r.name}; }),
         json_only<Row>("location", [](const Row &r) { return hex(r.event->location); }),
         {"ARGS", 0, Align::left, "args", [](const Row &r) { return Arguments{r}; }},
         json_only<Row>("types", [](const Row &r) { return types_of(r); }),
         json_only<Row>("abi", [](const Row &r) { return r.has(SNOOP_FLAG_ABI32) ? 32 : 64; }),
         json_only<Row>("truncated", [](const Row &r) { return r.has(SNOOP_FLAG_TRUNCATED); }),
         json_only<Row>("faulted", [](const Row &r) { return r.has(SNOOP_FLAG_FAULTED); })});
    return Columns<Row>{std::move(columns)};
}

class UsdtSink : public Sink {
public:
    UsdtSink(Session &session, const Options &options)
        : session_(session), options_(options), rows_(session, make_columns(session.options()))
    {}

    void record(const snoop_record &rec, std::span<const std::byte> whole) override
    {
        if (rec.kind != USDT_EVENT || whole.size() < sizeof(usdt_event))
            return;
        const auto &event = *reinterpret_cast<const usdt_event *>(whole.data());
        const auto data = whole.subspan(sizeof(event));
        const Row row{session_, event, {reinterpret_cast<const char *>(data.data()), data.size()}};

        if (session_.task_passes(event.task) && passes_options(row))
            rows_.print(row);
        else
            session_.skip_row();
    }

private:
    // Of a recording; else it is attached to nothing more.
    [[nodiscard]] bool passes_options(const Row &row) const
    {
        return session_.options().replay.empty() || options_.patterns.empty() ||
               std::ranges::any_of(options_.patterns, [&](const UsdtPattern &pattern) {
                   return pattern.matches(row.binary, row.provider, row.name);
               });
    }

    Session &session_;
    const Options &options_;
    RowPrinter<Row> rows_;
};

// ---- --list -------------------------------------------------------------------------------

Types types_of(const UsdtProbe &probe)
{
    Types all;
    for (const auto &arg : probe.args)
        all.types.push_back(arg.type);
    return all;
}

int list(const std::string &binary, const CommonOptions &common)
{
    using F = UsdtSite;
    const Columns<F> columns{
        {json_only<F>("event", [](const F &) { return "probe"; }),
         json_only<F>("binary", [](const F &f) { return std::string_view{f.binary}; }),
         {"PROVIDER", 16, Align::left, "provider", [](const F &f) { return std::string_view{f.probe.provider}; }},
         {"NAME", 28, Align::left, "name", [](const F &f) { return std::string_view{f.probe.name}; }},
         {"SEMAPHORE", 9, Align::left, "semaphore", [](const F &f) { return f.probe.semaphore_offset > 0; }},
         {"LOCATION", 10, Align::left, "location", [](const F &f) { return hex(f.probe.location); }},
         {"ARGS", 0, Align::left, "types", [](const F &f) { return types_of(f.probe); }},
         json_only<F>("arguments", [](const F &f) { return std::string_view{f.probe.arguments}; })}};
    Output output{STDOUT_FILENO};
    std::size_t count = 0;

    const auto show = [&](const std::string &path, const std::string &file) {
        for (UsdtProbe &probe : read_usdt_probes(file)) {
            if (count++ == 0 && common.format == Format::text)
                columns.put_header(output.buffer());
            const F found{path, std::move(probe)};
            if (common.format == Format::json)
                columns.put_json_row(output.buffer(), found);
            else
                columns.put_row(output.buffer(), found);
        }
    };
    if (common.pids.empty())
        show(find_binary(binary), find_binary(binary));
    for (const std::uint32_t pid : common.pids)
        for (const auto &[path, file] : find_binaries_of(pid, binary))
            show(path, file);
    output.flush();
    if (count == 0)
        print_line(info.name, fmt::format("'{}' has no probes", binary));
    return exit_ok;
}

// ---- attaching --------------------------------------------------------------------------

void add_options(Cli &cli, Options &options)
{
    cli.arguments(
        "PROBE", options.probes,
        "BINARY:PROVIDER:NAME. BINARY is a path, or a name that is looked for on the PATH and where libraries "
        "are; with -p among what the process has mapped. PROVIDER and NAME, with -p also BINARY, may have "
        "wildcards");
    cli.option("--list", "BINARY", options.list, "Show the probes of a program or library, and exit; needs no root");
    cli.option("-s,--string", "N[,N]", options.string_lists,
               "Arguments that are addresses of strings, by their numbers from 1; repeatable");
    cli.option("--string-size", "SIZE", options.string_size, "Bytes kept of a string: 256, up to 4K");
}

void check_options(Options &options, const CommonOptions &common)
{
    for (const auto &text : options.probes)
        options.patterns.emplace_back(text);
    for (const auto &text : options.string_lists)
        for (std::size_t at = 0; at <= text.size();) {
            const std::size_t end = std::min(text.find(',', at), text.size());
            options.strings.push_back(parse_count("--string", text.substr(at, end - at), USDT_ARGS));
            at = end + 1;
        }
    const auto size = parse_size("--string-size", options.string_size);
    if (size < 1 || size > USDT_STRING_MAX)
        throw Error{exit_usage, "--string-size: '{}' must be 1 to 4K", options.string_size};
    options.string_max = static_cast<std::uint32_t>(size);
    if (!options.list.empty() && !options.probes.empty())
        throw Error{exit_usage, "--list takes no '{}'; leave out one of them", options.probes.front()};
    if (options.list.empty() && options.probes.empty() && common.replay.empty())
        throw Error{exit_usage, "say which probe: BINARY:PROVIDER:NAME; `usdtsnoop --list BINARY` shows what there is"};
}

// Can it be the address of a string? An int cannot, nor what has a sign.
bool is_address(const usdt_arg_spec &spec, bool is_32bit)
{
    return (spec.type & ~USDT_TYPE_LOST) == (is_32bit ? 4 : 8);
}

std::vector<usdt_site> make_sites(const UsdtTargets &places, const Options &options)
{
    std::vector<usdt_site> sites;

    for (const UsdtSite &found : places.sites())
        sites.push_back(usdt_site_of(found));
    for (const std::size_t number : options.strings) {
        bool is_any = false;
        for (usdt_site &site : sites)
            if (number <= site.arg_count && is_address(site.args[number - 1], site.is_32bit)) {
                site.args[number - 1].type |= USDT_TYPE_STRING;
                is_any = true;
            }
        if (!is_any)
            throw Error{exit_usage, "--string: no such probe has an address as its argument {}; --list shows the types",
                        number};
    }
    return sites;
}

using Skel = usdtsnoop_bpf;

class Hooks {
public:
    Hooks(const Session &session, const Options &options, const UsdtTargets &places)
        : session_(session), options_(options), places_(places), sites_(make_sites(places, options))
    {}

    // Of a process alone, a link for all of its places would show the first thread's hits
    // only, before 6.10 (46ba0e49b642).
    [[nodiscard]] std::vector<AttachMethod<Skel>> ways() const
    {
        std::vector<AttachMethod<Skel>> all;
        const auto add = [&](const char *name, auto attach, bool multi) {
            all.push_back({name, [this, multi](Skel &skel) { configure(skel, multi); }, attach,
                           [this](Skel &skel) { fill(skel); }});
        };

        if (!kernel::has_uprobes())
            throw Error{exit_lacks, "the kernel has no uprobes (CONFIG_UPROBE_EVENTS)"};
        if (session_.options().pids.empty() && has_uprobe_multi())
            add(
                "uprobe_multi", [this](Skel &skel) { return attach_files(program(skel)); }, true);
        add(
            "uprobe", [this](Skel &skel) { return attach_places(program(skel)); }, false);
        return all;
    }

private:
    [[nodiscard]] bpf_program *program(const Skel &skel) const
    {
        return preempts_ ? skel.progs.usdt_hit_preempted : skel.progs.usdt_hit;
    }

    void configure(Skel &skel, bool multi) const
    {
        const auto count = static_cast<std::uint32_t>(sites_.size());
        const auto cpus = static_cast<std::uint32_t>(std::max(1, libbpf_num_possible_cpus()));
        const std::uint32_t buffers = preempts_ ? cpus * USDT_BUFFERS : cpus;

        skel.rodata->own_pid = static_cast<std::uint32_t>(getpid());
        skel.rodata->has_cookies = has_cookies_;
        skel.rodata->page_bits = static_cast<std::uint8_t>(std::countr_zero(static_cast<unsigned long>(getpagesize())));
        skel.rodata->string_max = options_.string_max;
        bpf_map__set_max_entries(skel.maps.sites, count);
        bpf_map__set_max_entries(skel.maps.site_at, has_cookies_ ? 1 : count);
        bpf_map__set_max_entries(skel.maps.usdt_scratch, buffers);
        bpf_map__set_max_entries(skel.maps.taken, buffers);
        bpf_program__set_autoload(program(skel), true);
        if (multi)
            use_uprobe_multi(program(skel));
        session_.log().detail("probe: {} for {} places, which it tells apart by {}",
                              multi ? "a link (uprobe_multi, 6.6)" : "uprobes", places_.hooks().size(),
                              has_cookies_ ? "cookies (5.15)" : "their offsets, as the kernel has no cookies");
    }

    void fill(Skel &skel) const
    {
        const auto put = [](const bpf_map *map, const auto &key, const auto &value) {
            if (bpf_map_update_elem(bpf_map__fd(map), &key, &value, BPF_ANY) != 0)
                throw Error{exit_runtime, "cannot fill the map {}: {}", bpf_map__name(map), describe_errno(errno)};
        };
        std::map<std::uint64_t, std::uint32_t> at;

        for (std::uint32_t i = 0; i < sites_.size(); i++) {
            put(skel.maps.sites, i, sites_[i]);
            const UsdtSite &found = places_.sites()[i];
            if (const auto [other, is_new] = at.try_emplace(found.probe.offset, i); !is_new && !has_cookies_)
                throw Error{exit_lacks,
                            "this kernel (before 5.15) cannot tell the probes of {} and {} apart: both are at {:#x} of "
                            "their files; trace one at a time",
                            places_.sites()[other->second].binary, found.binary, found.probe.offset};
        }
        if (!has_cookies_)
            for (const auto &[offset, site] : at)
                put(skel.maps.site_at, offset, site);
    }

    [[nodiscard]] UprobeTarget place(std::size_t site) const
    {
        const UsdtProbe &probe = places_.sites()[site].probe;
        return {probe.offset, probe.semaphore_offset, has_cookies_ ? site : 0};
    }

    [[nodiscard]] std::vector<Link> attach_places(bpf_program *program) const
    {
        std::vector<Link> links;
        rlimit files{};

        // Two descriptors for each place; the command, if there is one, has been started.
        if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
            files.rlim_cur = files.rlim_max;
            setrlimit(RLIMIT_NOFILE, &files);
        }
        for (const UsdtAttachment &hook : places_.hooks())
            links.push_back(attach_uprobe(session_.log(), program, hook.pid ? static_cast<pid_t>(hook.pid) : -1,
                                          hook.file, place(hook.site)));
        return links;
    }

    [[nodiscard]] std::vector<Link> attach_files(bpf_program *program) const
    {
        std::map<std::string, std::vector<UprobeTarget>> files;
        std::vector<Link> links;

        for (const UsdtAttachment &hook : places_.hooks())
            files[hook.file].push_back(place(hook.site));
        for (const auto &[file, places] : files)
            links.push_back(attach_uprobes(session_.log(), program, file, places));
        return links;
    }

    const Session &session_;
    const Options &options_;
    const UsdtTargets &places_;
    std::vector<usdt_site> sites_;
    bool has_cookies_ = kernel::has_cookies();
    bool preempts_ = kernel::may_preempt_programs();
};

int run(Cli &cli)
{
    Options options;

    cli.add_common();
    add_options(cli, options);
    cli.parse();
    const CommonOptions &common = cli.common();
    check_options(options, common);
    if (!options.list.empty())
        return list(options.list, common);

    Session session{info, common};
    UsdtSink sink{session, options};
    if (!common.replay.empty())
        return session.run<Skel>(sink, [] { return std::vector<AttachMethod<Skel>>{}; });
    const UsdtTargets places{options.patterns, common.pids};
    const Hooks hooks{session, options, places};
    return session.run<Skel>(sink, [&] { return hooks.ways(); });
}

} // namespace

int main(int argc, char **argv) { return snoop::run_main(argc, argv, info, run); }
