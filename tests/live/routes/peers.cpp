// SPDX-License-Identifier: BSD-2-Clause
// Two programs of `./dev coverage`, in the test binary: SNOOP_LOAD=routes prints the registry,
// SNOOP_LOAD=peers takes every route while another project's tool watches. Lines of fields with
// tabs between them, which tests/live/routes/coverage reads.
#include "exec_ways.hpp"
#include "load.hpp"
#include "open_rows.hpp"
#include "watcher.hpp"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sstream>
#include <sys/mount.h>
#include <unistd.h>

namespace snoop::test {
namespace {

using Words = std::vector<std::string>;

struct Peer {
    std::string name;
    Kind kind;
    std::string file;
    Words command; // all that it can show, line by line
    std::size_t pid_column;
};

const std::vector<Peer> &peers()
{
    static const std::vector<Peer> all{
        {"libbpf-tools",
         Kind::exec,
         "/usr/sbin/execsnoop",
         {"stdbuf", "-oL", "/usr/sbin/execsnoop", "-x", "--max-args", "60"},
         1},
        {"libbpf-tools", Kind::open, "/usr/sbin/opensnoop", {"stdbuf", "-oL", "/usr/sbin/opensnoop"}, 0},
        {"bpftrace", Kind::exec, "/usr/sbin/execsnoop.bt", {"bpftrace", "-B", "line", "/usr/sbin/execsnoop.bt"}, 1},
        {"bpftrace", Kind::open, "/usr/sbin/opensnoop.bt", {"bpftrace", "-B", "line", "/usr/sbin/opensnoop.bt"}, 0},
    };
    return all;
}

Words fields_of(const std::string &line)
{
    std::istringstream all{line};
    Words fields;

    for (std::string one; fields.size() < 4 && all >> one;)
        fields.push_back(one);
    return fields;
}

// The text that a line must contain: the arguments behind argv[0], or the requested path. For one
// that cannot be read, nothing.
Words words_of(const Json &row)
{
    Words words;

    if (!row.contains("args"))
        return row["path"].is_string() ? Words{row["path"]} : Words{};
    for (std::size_t i = 1; i < row["args"].size(); i++)
        words.push_back(row["args"][i]);
    return words;
}

bool holds(const std::string &line, const Words &words)
{
    std::size_t at = 0;

    return std::all_of(words.begin(), words.end(), [&](const std::string &word) {
        const auto found = line.find(word, at);
        at = found + word.size();
        return found != std::string::npos;
    });
}

// A running watcher.
class PeerRun {
public:
    explicit PeerRun(const Peer &peer)
        : peer_(peer), tool_("env", peer.command, {.program = "/usr/bin/env", .wait = false})
    {
        if (!eventually([&] { return shows_an_event(); }))
            throw std::runtime_error(fmt::format("{} shows nothing: {}", peer.file, tool_.err()));
        seen_ = tool_.out().size();
    }

    // "yes", "partly" or "no".
    std::string sees(const Made &made)
    {
        // An event that is lost behind it will be shown at the next try.
        if (!eventually([&] { return shows_an_event(); }))
            throw std::runtime_error(fmt::format("{} shows nothing any more: {}", peer_.file, tool_.err()));
        const std::string text = tool_.out().substr(seen_);
        seen_ += text.size();
        std::map<std::string, Words> lines; // by process
        for (const std::string &line : split_lines(text))
            if (const Words fields = fields_of(line); fields.size() > peer_.pid_column && is_meant(fields))
                lines[fields[peer_.pid_column]].push_back(line);

        std::string verdict = "yes";
        for (std::size_t i = made.words.empty() ? 0 : made.rows.size() - 1; i < made.rows.size(); i++) {
            const Json &row = made.rows[i];
            const Words &those = lines[row.at("pid").dump()];
            const auto rows = std::count_if(made.rows.begin(), made.rows.end(),
                                            [&](const Json &other) { return other["pid"] == row["pid"]; });
            const Words words = made.words.empty() ? words_of(row) : made.words;
            if (those.size() < static_cast<std::size_t>(rows))
                return "no";
            if (std::none_of(those.begin(), those.end(), [&](const auto &line) { return holds(line, words); }))
                verdict = "partly";
        }
        return verdict;
    }

    void stop() { tool_.stop(); }

private:
    // The child has another name while it prepares.
    [[nodiscard]] bool is_meant(const Words &fields) const
    {
        return peer_.kind == Kind::exec || (fields.size() > 1 && fields[1] == opener_comm);
    }
    // Makes one that every tool sees, and waits a moment for it.
    bool shows_an_event()
    {
        const std::string mark = dir_.at(marker());
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{300};

        in_child([&] {
            peer_.kind == Kind::exec ? exec_ve("/bin/true", {"true", mark}) : open(mark.c_str(), O_RDONLY);
        });
        while (tool_.out().find(mark) == std::string::npos) {
            if (std::chrono::steady_clock::now() > end)
                return false;
            usleep(2000);
        }
        return true;
    }

    const Peer &peer_;
    TempDir dir_;
    ToolRun tool_;
    std::size_t seen_ = 0; // bytes of its output
};

std::string name_of(Kind kind) { return kind == Kind::exec ? "exec" : "open"; }

int print_routes(const Words &)
{
    for (const Kind kind : {Kind::exec, Kind::open}) {
        for (const Watcher &watcher : watchers(kind))
            fmt::print("watcher\t{}\t{}\t{}\n", name_of(kind), watcher.name, fmt::join(watcher.options, " "));
        for (const Route &route : routes(kind)) {
            fmt::print("route\t{}\t{}\t{}\n", name_of(kind), route.name, route.how);
            for (const Need &need : route.needs)
                fmt::print("need\t{}\t{}\t{}\t{}\n", name_of(need.hook), need.why, fmt::join(need.watchers, ","),
                           route.name);
            for (const Blind &blind : route.blind)
                fmt::print("blind\t{}\t{}\t{}\n", blind.watcher, blind.why, route.name);
        }
    }
    return 0;
}

int watch_with_peers(const Words &)
{
    // Distributions mount it there, and some watchers look for tracefs only below it.
    private_mounts();
    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, nullptr);
    for (const Peer &peer : peers()) {
        if (access(peer.file.c_str(), X_OK) != 0)
            continue;
        PeerRun run{peer};
        for (const Route &route : routes(peer.kind)) {
            const auto lacking = std::find_if(route.needs.begin(), route.needs.end(), [](const Need &need) {
                return need.watchers.empty() && lacks(need.hook);
            });
            std::string verdict = lacking == route.needs.end() ? "no" : "-";
            // On a machine that is busy otherwise they lose events: the best of two tries counts.
            for (int i = 0; i < 2 && verdict != "yes" && verdict != "-"; i++) {
                const TempDir dir;
                if (const std::string now = run.sees(route.make(dir)); now != "no")
                    verdict = now;
            }
            fmt::print("{}\t{}\t{}\t{}\n", peer.name, name_of(peer.kind), route.name, verdict);
        }
        run.stop();
    }
    return 0;
}

const Load routes_program{"routes", print_routes}, peers_program{"peers", watch_with_peers};

} // namespace
} // namespace snoop::test
