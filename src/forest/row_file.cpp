// SPDX-License-Identifier: BSD-2-Clause
#include "forest/row_file.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/stop.hpp"
#include "events/recording.hpp"
#include "forest/line_splitter.hpp"
#include "kernel/own_program.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop {
namespace {

using Say = std::function<void(std::string_view text)>;
using Take = std::function<void(const Row &row)>;

// The tools whose rows a Forest takes. A recording names its tool, which is executed: it must not name just any
// program.
constexpr std::array<std::string_view, 3> tools{"execsnoop", "opensnoop", "openguard"};

// The tool that prints a recording, with the options without which it would leave out a part.
std::vector<std::string> replay_command(const std::string &tool, const std::string &path)
{
    std::vector<std::string> words{tool, "--replay", path, "--output", "json"};

    if (tool == "execsnoop")
        words.insert(words.end(), {"--exit", "--failed"});
    return words;
}

std::string program_of(const std::string &tool, const std::string &path)
{
    if (std::find(tools.begin(), tools.end(), tool) == tools.end())
        throw Error{exit_usage, "'{}' is a recording of '{}', not of {}", path, tool, fmt::join(tools, ", ")};
    std::string file = kernel::find_tool(tool);

    if (file.empty())
        throw Error{exit_usage, "'{}' is a recording of {}, which is neither beside this program nor in PATH", path,
                    tool};
    return file;
}

// A tool that prints the rows of a recording.
class Replay {
public:
    Replay(const std::string &tool, const std::string &path) : messages_(memfd_create("messages", MFD_CLOEXEC))
    {
        const std::string file = program_of(tool, path);
        std::vector<std::string> words = replay_command(tool, path);
        std::vector<char *> argv;
        int ends[2];

        for (std::string &word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        if (!messages_ || pipe2(ends, O_CLOEXEC) != 0)
            throw Error{exit_runtime, "cannot make a pipe for '{}': {}", file, describe_errno(errno)};
        rows_ = Fd{ends[0]};
        const Fd its_end{ends[1]};
        const stop::ForkGuard no_signals;
        pid_ = fork();
        if (pid_ < 0)
            throw Error{exit_runtime, "cannot start '{}': {}", file, describe_errno(errno)};
        if (pid_ > 0)
            return;
        stop::ForkGuard::restore();
        if (dup2(its_end.get(), STDOUT_FILENO) >= 0 && dup2(messages_.get(), STDERR_FILENO) >= 0)
            execv(file.c_str(), argv.data());
        _exit(exit_lacks);
    }
    ~Replay()
    {
        rows_.reset(); // which ends it
        wait();
    }
    Replay(const Replay &) = delete;
    Replay &operator=(const Replay &) = delete;

    [[nodiscard]] const Fd &rows() const noexcept { return rows_; }

    // After the last row: whether the tool has read the recording to its end. take() gets each line of its messages.
    template <class TakeLine> bool finish(TakeLine take)
    {
        wait();
        read_all_lines(messages_, take);
        return WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
    }

private:
    void wait()
    {
        if (const pid_t pid = std::exchange(pid_, -1); pid > 0)
            while (waitpid(pid, &status_, 0) < 0 && errno == EINTR) {}
    }

    Fd messages_, rows_;
    pid_t pid_ = -1;
    int status_ = 0;
};

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

        lines.feed(first, take);
        for (;;) {
            const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                throw Error{exit_runtime, "cannot read {}: {}", name_, describe_errno(errno)};
            if (n == 0)
                break;
            lines.feed({buffer.data(), static_cast<std::size_t>(n)}, take);
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

private:
    void take_line(std::string_view line, bool is_cut)
    {
        number_++;
        if (line.find_first_not_of(" \t\r") == line.npos)
            return;
        try {
            if (is_cut)
                throw InvalidRow{fmt::format("longer than {} MiB", longest_row >> 20)};
            const Row row = parser_.parse(line);
            if (see(row))
                return;
            result_.rows++;
            take_(row);
        } catch (const InvalidRow &error) {
            if (result_.invalid++ == 0)
                say_(
                    fmt::format("{}, line {}: {}; expected a recording, or what a tool prints with -o json (other such "
                                "lines are only counted)",
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

    if (!tool) {
        lines.read_all(fd, first);
        return lines.result();
    }
    if (tool->empty())
        throw Error{exit_usage, "{} is a damaged recording: its header names no tool", name};
    if (is_stdin)
        throw Error{exit_usage, "standard input is a recording, which is read from a file only: name the file"};
    Replay replay{*tool, path};
    lines.read_all(replay.rows(), {});
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
