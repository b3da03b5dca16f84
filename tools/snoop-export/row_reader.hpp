// SPDX-License-Identifier: BSD-2-Clause
// Reads rows and makes records of them.
//     RowReader reader{Input{files}, false, std::nullopt, say};
//     while (!reader.has_ended()) { poll(…); reader.read([&](std::string record) { … }); }
#pragma once

#include "forest/line_splitter.hpp"
#include "forest/row.hpp"
#include "snoop-export/input.hpp"
#include "snoop-export/span.hpp"
#include "snoop-export/spool.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace snoop::snoop_export {

// How long rows of a pipe are read after a signal: a tool that got the same one prints its last rows.
constexpr std::chrono::seconds last_rows{1};

class RowReader {
public:
    using Take = std::function<void(std::string record)>;

    // With `spans`, records are such. `with_args`: they have the arguments of commands.
    RowReader(Input input, bool with_args, std::optional<Spans> spans, Say say);

    // As those of Input.
    [[nodiscard]] bool has_ended() const noexcept { return input_.has_ended(); }
    [[nodiscard]] bool can_wait() const noexcept { return input_.can_wait(); }
    [[nodiscard]] int fd() const noexcept { return input_.fd(); }
    [[nodiscard]] const std::string &name() const { return input_.name(); }

    // Reads what is there, without waiting for more.
    void read(const Take &take);
    // Reads no more. A last line without a newline is taken.
    void end(const Take &take);

    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
    // Rows without a record.
    [[nodiscard]] std::uint64_t invalid() const noexcept { return invalid_; }
    // Whether a file could not be read to its end.
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

private:
    void take_line(std::string_view line, bool is_cut, const Take &take);
    std::string record_of(std::string_view line);

    Input input_;
    bool with_args_;
    std::optional<Spans> spans_;
    Say say_;
    LineSplitter lines_;
    RowParser parser_;
    std::string run_id_;
    std::uint64_t rows_ = 0, invalid_ = 0;
    std::uint64_t line_number_ = 0; // in this file
    bool has_said_invalid_ = false, has_failed_ = false;
};

} // namespace snoop::snoop_export
