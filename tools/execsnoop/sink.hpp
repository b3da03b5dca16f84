// SPDX-License-Identifier: BSD-2-Clause
// Turns records of execsnoop into rows: joins the records of an event, waits for the process to exit
// (--exit), filters, and prints.
//     ExecSink sink{session, options};
#pragma once

#include "execsnoop/assembler.hpp"
#include "execsnoop/env_before.hpp"
#include "execsnoop/options.hpp"
#include "execsnoop/row.hpp"
#include "execsnoop/seen_execs.hpp"
#include "execsnoop/tree_view.hpp"
#include "run/row_printer.hpp"
#include "run/session.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

namespace snoop::execsnoop {

class ExecSink : public Sink {
public:
    ExecSink(Session &session, const Options &options);

    void record(const snoop_record &rec, std::span<const std::byte> whole) override;
    bool drained() override { return assembler_.expire(); }
    void finish() override;

private:
    void complete(const Assembled &exec);
    void see_exit(const exec_exit &exit);
    void end_process(const exec_exit &exit);
    // The current program of the process ends, because the process exits or (without `exit`) calls exec again.
    void end_image(std::uint32_t pid, std::uint64_t ts_ns, const exec_exit *exit);
    [[nodiscard]] Row make_row(const Assembled &exec, const std::optional<Ending> &ending) const;
    void print(const Assembled &exec, const std::optional<Ending> &ending, bool parent_seen);
    void print(Row row);
    // With --exit: whether the row of the program that it came from was printed, or will be.
    [[nodiscard]] bool see(const Assembled &exec);
    // -l: searches the file name and the arguments, as the row shows them.
    [[nodiscard]] bool has_words(const Row &row);

    Session &session_;
    const Options &options_;
    RowPrinter<Row> rows_;
    std::optional<TreeView> tree_; // with --tree
    Assembler assembler_;
    EnvBefore env_before_;
    struct Running {
        StoredEvent exec;
        bool parent_seen;
    };
    std::unordered_map<std::uint32_t, Running> running_; // by pid, with --exit
    SeenExecs seen_;
    std::string searched_;
};

} // namespace snoop::execsnoop
