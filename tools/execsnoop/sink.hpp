// SPDX-License-Identifier: BSD-2-Clause
// From execsnoop's records to its rows: joins the records of an event, with --exit waits for the
// end of its process, filters, and prints.
//     ExecSink sink{session, options};
#pragma once

#include "execsnoop/assembler.hpp"
#include "execsnoop/options.hpp"
#include "execsnoop/row.hpp"
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
    void end_process(const exec_exit &exit);
    // The program that the process has run until now ends, with the process or by its next exec.
    void end_image(std::uint32_t pid, std::uint64_t ts_ns, std::optional<int> status);
    void print(const Assembled &exec, const std::optional<Ending> &ending);
    // -l: in the file's name or in its arguments, as the row shows them.
    [[nodiscard]] bool has_words(const Row &row);

    Session &session_;
    const Options &options_;
    RowPrinter<Row> rows_;
    Assembler assembler_;
    std::unordered_map<std::uint32_t, StoredEvent> running_; // by pid, with --exit
    std::string searched_;
};

} // namespace snoop::execsnoop
