// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/row_reader.hpp"
#include "base/error.hpp"
#include "snoop-export/log_record.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace snoop::snoop_export {
namespace {

// A row of execsnoop with all the arguments that the kernel allows is shorter, unless most of its bytes are escaped.
constexpr std::size_t longest_line = std::size_t{16} << 20;

std::uint64_t wall_clock_ns()
{
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count());
}

std::string random_id()
{
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

} // namespace

RowReader::RowReader(Input input, bool with_args, std::optional<Spans> spans, Say say)
    : input_(std::move(input)),
      with_args_(with_args),
      spans_(std::move(spans)),
      say_(std::move(say)),
      lines_(longest_line),
      run_id_(random_id())
{}

void RowReader::read(const Take &take)
{
    const auto take_each = [&](std::string_view line, bool is_cut) { take_line(line, is_cut, take); };
    std::optional<std::string_view> chunk;

    try {
        chunk = input_.read();
    } catch (const Error &error) {
        say_(error.what());
        has_failed_ = true;
        chunk = std::string_view{};
    }
    if (!chunk)
        return;
    lines_.feed(*chunk, take_each);
    if (!chunk->empty())
        return;
    lines_.finish(take_each);
    line_number_ = 0;
    input_.next();
}

void RowReader::end(const Take &take)
{
    lines_.finish([&](std::string_view line, bool is_cut) { take_line(line, is_cut, take); });
    input_.end();
}

void RowReader::take_line(std::string_view line, bool is_cut, const Take &take)
{
    line_number_++;
    if (line.find_first_not_of(" \t\r") == line.npos)
        return;
    rows_++;
    try {
        if (is_cut)
            throw InvalidRow{fmt::format("longer than {} MiB", longest_line >> 20)};
        take(record_of(line));
    } catch (const InvalidRow &error) {
        invalid_++;
        if (!std::exchange(has_said_invalid_, true))
            say_(fmt::format("{}, line {}: {}; expected what a tool prints with -o json (other such lines are only "
                             "counted)",
                             input_.name(), line_number_, error.what()));
    }
}

std::string RowReader::record_of(std::string_view line)
{
    const std::string uid = fmt::format("{}-{}", run_id_, rows_);
    const RecordContext context{uid, wall_clock_ns(), with_args_};
    const Row row = parser_.parse(line);

    return spans_ ? spans_->span(row, context) : log_record(row, context);
}

} // namespace snoop::snoop_export
