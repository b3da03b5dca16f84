// SPDX-License-Identifier: BSD-2-Clause
// The events of one or several recordings, joined by exec_id: programs with the program that each came from, and the
// failed execs, opens and decisions of guards of each.
//     Forest forest;
//     for (const std::string &file : files)
//         read_rows(file, [&](const Row &row) { forest.add(row); }, say);
//     forest.complete();
//     for (const Program &program : forest.programs()) …
#pragma once

#include "forest/row.hpp"
#include "forest/row_clock.hpp"
#include "forest/texts.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace snoop {

// All texts last as long as the forest. One that is not known is empty, and a number that is not known is missing.

// A program that a process ran, from its exec to its end or the next exec of the process.
struct Program {
    std::uint64_t id = 0, parent_id = 0; // exec_id and parent_exec_id; 0: none
    bool is_seen = false; // false: no row of its exec, but rows of what it did: most of this is not known
    std::uint32_t pid = 0;
    std::uint32_t old_tid = 0;  // the thread that called exec
    std::uint64_t start_ns = 0; // ts_ns: of the exec or, unless it was seen, of the first row
    std::string_view time;      // start_ns as UTC
    std::string_view comm, file, resolved, interp, cwd, user, container;
    std::vector<std::string_view> args;
    bool is_truncated = false;    // of these, some are missing
    std::string_view search_path; // PATH of its environment, with --env PATH
    // With --exit. Without a duration, its end was not seen; with one, but neither a code nor a signal, the process ran
    // another program then.
    std::optional<std::uint64_t> duration_ns;
    std::optional<std::uint64_t> exit_code;
    std::string_view signal, killed_by;
    std::uint32_t killed_by_pid = 0;
    bool is_oom = false; // killed because memory ran out
    std::optional<std::uint64_t> utime_ns, stime_ns, maxrss_kb, read_bytes, write_bytes;
    // Indexes into Forest::programs(), by complete(). Parents come before their children.
    std::optional<std::size_t> parent;
    std::optional<std::size_t> next; // what the process ran after it

    // The last part of its path, or what the kernel calls it; "?" if neither is known.
    [[nodiscard]] std::string_view name() const noexcept
    {
        const std::string_view last = file.substr(file.rfind('/') + 1);
        return !last.empty() ? last : !comm.empty() ? comm : "?";
    }
    // It exited with another code than 0, or was killed.
    [[nodiscard]] bool has_failed() const noexcept { return exit_code.value_or(0) != 0 || !signal.empty(); }
    // Its start if its end was not seen.
    [[nodiscard]] std::uint64_t end_ns() const noexcept { return start_ns + duration_ns.value_or(0); }
};

// The members that all kinds of events below have.
struct Event {
    std::uint64_t ts_ns = 0;
    std::uint64_t exec_id = 0;          // 0: of no program, as in a thread of the kernel
    std::optional<std::size_t> program; // that did it: index into Forest::programs(), by complete()
    std::uint32_t pid = 0, tid = 0;     // of a process that may have been forked by the program
    std::string_view comm;
};

struct FailedExec : Event {
    std::string_view file, error; // "ENOENT"
    std::string_view cwd;
    std::vector<std::string_view> args;
    bool is_found_later = false; // a step of a search through PATH: the same thread then executed the same command
};

struct Open : Event {
    std::string_view path, resolved; // as the caller named it; the file that was opened
    std::string_view error;          // empty: it was opened
    std::string_view via;            // "openat", "exec", …
    bool for_writing = false, creates = false;
    bool path_only = false;    // O_PATH, which opens no content: often only to see whether a directory is there
    bool is_exclusive = false; // it creates a file that must not exist (O_EXCL), as mkstemp(3) does
};

struct Decision : Event {
    std::string_view path, action, guard, op;
};

class Forest {
public:
    // Takes the row of an exec, an open or a decision, in any order; one that comes twice counts once. Returns false
    // for any other, and for an exec without an id.
    bool add(const Row &row);
    // After the last row: sorts all by time, and joins them.
    void complete();

    [[nodiscard]] const std::vector<Program> &programs() const noexcept { return programs_; }
    [[nodiscard]] const std::vector<FailedExec> &failed_execs() const noexcept { return failed_execs_; }
    [[nodiscard]] const std::vector<Open> &opens() const noexcept { return opens_; }
    [[nodiscard]] const std::vector<Decision> &decisions() const noexcept { return decisions_; }

    // The first event, 0 if there is none, and the last one, or the last end of a program.
    [[nodiscard]] std::uint64_t first_ns() const noexcept { return first_ns_; }
    [[nodiscard]] std::uint64_t last_ns() const noexcept { return last_ns_; }
    // The first one in UTC, as RFC 3339; empty if there is none.
    [[nodiscard]] std::string_view first_time() const noexcept { return first_time_; }

private:
    void add_exec(const Row &row, std::uint64_t ts_ns);
    void add_open(const Row &row, std::uint64_t ts_ns);
    void add_decision(const Row &row, std::uint64_t ts_ns);
    template <class Kind> Kind event_of(const Row &row, std::uint64_t ts_ns);
    std::string_view keep(const Row &row, std::string_view key);
    std::vector<std::string_view> keep_all(const Row &row, std::string_view key);
    // Adds a program of which only other rows tell.
    void see(const Row &row, const Event &event);
    void join_programs();
    template <class Kind> void join(std::vector<Kind> &events);

    Texts texts_;
    RowClock clock_;
    std::vector<Program> programs_;
    std::vector<FailedExec> failed_execs_;
    std::vector<Open> opens_;
    std::vector<Decision> decisions_;
    std::unordered_map<std::uint64_t, std::size_t> by_id_; // indexes into programs_
    std::uint64_t first_ns_ = 0, last_ns_ = 0;
    std::string_view first_time_;
};

} // namespace snoop
