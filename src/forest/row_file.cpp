// SPDX-License-Identifier: BSD-2-Clause
#include "forest/row_file.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "events/recording.hpp"
#include "forest/line_splitter.hpp"
#include "forest/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop {
namespace {

using Say = std::function<void(std::string_view text)>;
using Take = std::function<void(const Row &row)>;

// Editors of other systems begin a file with it.
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

// Lines of one file.
class Lines {
public:
    Lines(std::string name, const Take &take, const Say &say) : name_(std::move(name)), take_(take), say_(say) {}

    // Throws Error (exit 1).
    void read_all(const Fd &fd, std::string_view first)
    {
        std::vector<char> buffer(std::size_t{1} << 20);
        LineSplitter lines{longest_row};
        const auto take = [this](std::string_view line, bool is_cut) { take_line(line, is_cut); };

        if (first.starts_with(byte_order_mark))
            first.remove_prefix(byte_order_mark.size());
        lines.feed(first, take);
        while (!has_given_up()) {
            const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                throw Error{exit_runtime, "cannot read {}: {}", name_, describe_errno(errno)};
            if (n == 0)
                break;
            lines.feed({buffer.data(), static_cast<std::size_t>(n)}, take);
            if (lines.is_cut()) // which may have no end
                take_line({}, true);
        }
        lines.finish(take);
    }

    // Takes a message of a tool that prints a recording. The accounting is counted, and others are passed on.
    void take_message(std::string_view line)
    {
        try {
            see(parser_.parse(line));
        } catch (const InvalidRow &) {
            say_(line);
        }
    }

    RowsRead &result() noexcept { return result_; }
    // The rest of the file is not read.
    [[nodiscard]] bool has_given_up() const noexcept { return result_.has_failed; }

private:
    void take_line(std::string_view line, bool is_cut)
    {
        if (has_given_up())
            return;
        number_++;
        if (is_cut) {
            result_.has_failed = true;
            say_(fmt::format("{}, line {}: longer than {} MiB, as no row is; the rest is not read", name_, number_,
                             longest_row >> 20));
            return;
        }
        if (line.find_first_not_of(" \t\r") == line.npos)
            return;
        try {
            const Row row = parser_.parse(line);
            if (see(row))
                return;
            result_.rows++;
            take_(row);
        } catch (const InvalidRow &error) {
            if (result_.invalid++ == 0)
                say_(
                    fmt::format("{}, line {}: {}; expected a recording, or one object per line, as tools print with -o "
                                "json (other such lines are only counted)",
                                name_, number_, error.what()));
        }
    }

    bool see(const Row &row)
    {
        if (text_at(row, "event") != "accounting")
            return false;
        result_.lost += number_at(row, "lost").value_or(0);
        return true;
    }

    std::string name_;
    const Take &take_;
    const Say &say_;
    RowParser parser_;
    RowsRead result_;
    std::uint64_t number_ = 0;
};

// As many bytes as there are, up to those of a header.
std::string read_header(const Fd &fd, const std::string &name)
{
    std::string header(sizeof(RecordingHeader), '\0');
    std::size_t size = 0;

    while (size < header.size()) {
        const ssize_t n = read(fd.get(), header.data() + size, header.size() - size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw Error{exit_runtime, "cannot read {}: {}", name, describe_errno(errno)};
        if (n == 0)
            break;
        size += static_cast<std::size_t>(n);
    }
    header.resize(size);
    return header;
}

// The tool that made the recording that begins like this; nothing if it is none.
std::optional<std::string> tool_of(std::string_view bytes)
{
    RecordingHeader header{};

    if (bytes.substr(0, header.magic.size()) != "snooprec")
        return std::nullopt;
    std::memcpy(&header, bytes.data(), std::min(bytes.size(), sizeof(header)));
    return std::string{header.tool.data(), strnlen(header.tool.data(), header.tool.size())};
}

// Other programs read files that are compressed; they have to write what they read to a file.
std::string_view decompressor_of(std::string_view bytes)
{
    using namespace std::string_view_literals;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> known{{{"\x1f\x8b"sv, "gunzip"},
                                                                                  {"\xfd"
                                                                                   "7zXZ"sv,
                                                                                   "unxz"},
                                                                                  {"\x28\xb5\x2f\xfd"sv, "unzstd"}}};

    for (const auto &[magic, program] : known)
        if (bytes.starts_with(magic))
            return program;
    return {};
}

// Throws Error (exit 2).
void check_recording(const Fd &fd, std::string_view tool, const std::string &name)
{
    struct stat about {};

    if (tool.empty())
        throw Error{exit_usage, "{} is a damaged recording: its header names no tool", name};
    // The tool opens it again.
    if (fstat(fd.get(), &about) == 0 && !S_ISREG(about.st_mode))
        throw Error{exit_usage, "{} is a recording in a pipe: a recording is read from a regular file only", name};
}

// Hidden files and directories are not read.
std::vector<std::string> files_in(const std::string &folder)
{
    std::error_code error;
    std::vector<std::string> files;
    std::filesystem::directory_iterator it{folder, error};

    for (; !error && it != std::filesystem::directory_iterator{}; it.increment(error))
        if (std::error_code ignored; it->is_regular_file(ignored) && !it->path().filename().native().starts_with('.'))
            files.push_back(it->path().native());
    if (error)
        throw Error{exit_usage, "cannot read the directory '{}': {}", folder, describe_errno(error.value())};
    if (files.empty())
        throw Error{exit_usage, "the directory '{}' has no file: record into it with --record", folder};
    std::sort(files.begin(), files.end());
    return files;
}

RowsRead read_file(const std::string &path, const Take &take, const Say &say)
{
    const bool is_stdin = path == "-";
    const std::string name = is_stdin ? "standard input" : "'" + path + "'";
    const Fd fd{is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd)
        throw Error{exit_usage, "cannot open {}: {}", name, describe_errno(errno)};
    const std::string first = read_header(fd, name);
    const std::optional<std::string> tool = tool_of(first);
    Lines lines{name, take, say};

    if (const std::string_view program = decompressor_of(first); !program.empty())
        throw Error{exit_usage, "{} is compressed: decompress it with {} first", name, program};
    if (!tool) {
        lines.read_all(fd, first);
        return lines.result();
    }
    if (is_stdin)
        throw Error{exit_usage, "standard input is a recording, which is read from a file only: name the file"};
    check_recording(fd, *tool, name);
    Replay replay{*tool, path};
    lines.read_all(replay.rows(), {});
    if (lines.has_given_up())
        return lines.result();
    if (!replay.finish([&](std::string_view line) { lines.take_message(line); }))
        lines.result().has_failed = true;
    return lines.result();
}
} // namespace

RowsRead &RowsRead::operator+=(const RowsRead &other)
{
    rows += other.rows;
    invalid += other.invalid;
    lost += other.lost;
    has_failed = has_failed || other.has_failed;
    return *this;
}

RowsRead read_rows(const std::string &path, const Take &take, const Say &say)
{
    RowsRead all;

    if (std::error_code ignored; !std::filesystem::is_directory(path, ignored))
        return read_file(path, take, say);
    for (const std::string &file : files_in(path))
        all += read_file(file, take, say);
    return all;
}

} // namespace snoop
