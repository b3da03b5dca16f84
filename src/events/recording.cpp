// SPDX-License-Identifier: BSD-2-Clause
#include "events/recording.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"
#include <snoop/lineage.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/utsname.h>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

constexpr std::uint32_t byte_order = 0x01020304;
constexpr std::uint32_t layout = 2;
constexpr std::string_view magic = "snooprec";
constexpr std::size_t buffer_bytes = 256 * 1024; // some of the largest records

template <std::size_t N> std::string_view text_of(const std::array<char, N> &field)
{
    return {field.data(), strnlen(field.data(), N)};
}

template <std::size_t N> void copy_text(std::array<char, N> &to, std::string_view text)
{
    std::copy_n(text.begin(), std::min(text.size(), N), to.begin());
}

} // namespace

bool is_recorded_event(const snoop_record &rec)
{
    return rec.kind != RECORDING_CGROUP && rec.kind != RECORDING_CONTAINER && rec.kind != SNOOP_LINEAGE_RECORD;
}

std::pair<std::string, ContainerInfo> recorded_container(std::span<const std::byte> record)
{
    std::string_view rest{reinterpret_cast<const char *>(record.data()), record.size()};
    const auto take = [&rest] {
        const std::string_view text = rest.substr(0, rest.find('\0'));
        rest.remove_prefix(std::min(rest.size(), text.size() + 1));
        return text.empty() ? std::nullopt : std::optional<std::string>{text};
    };

    rest.remove_prefix(std::min(rest.size(), sizeof(snoop_record)));
    std::string id = take().value_or("");
    ContainerInfo info;
    for (auto *text : {&info.name, &info.image, &info.pod_name, &info.pod_namespace, &info.runtime})
        *text = take();
    return {std::move(id), std::move(info)};
}

RecordingHeader make_header(std::string_view tool, std::uint32_t tool_format)
{
    RecordingHeader header{};
    utsname name{};

    uname(&name);
    copy_text(header.magic, magic);
    header.byte_order = byte_order;
    header.layout = layout;
    copy_text(header.tool, tool);
    copy_text(header.version, SNOOP_VERSION);
    header.tool_format = tool_format;
    copy_text(header.host, name.nodename);
    copy_text(header.kernel, name.release);
    return header;
}

Recording::Recording(const std::string &path, std::string_view tool, std::uint32_t tool_format)
    : path_(path),
      fd_(path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC)),
      buffer_(buffer_bytes / sizeof(std::uint64_t)),
      aligned_(record_max / sizeof(std::uint64_t))
{
    if (!fd_)
        throw Error{exit_usage, "--replay: cannot read '{}': {}", path, describe_errno(errno)};
    while (!has(sizeof(header_)))
        if (!read_more())
            throw Error{exit_usage, "--replay: '{}' is not a recording: it is shorter than a header", path};
    std::memcpy(&header_, buffer_.data(), sizeof(header_));
    at_ = offset_ = sizeof(header_);

    if (text_of(header_.magic) != magic)
        throw Error{exit_usage, "--replay: '{}' is not a recording; `--record FILE` makes one", path};
    if (header_.byte_order != byte_order)
        throw Error{exit_usage, "--replay: '{}' comes from a machine of the other byte order", path};
    if (text_of(header_.tool) != tool)
        throw Error{exit_usage, "--replay: '{0}' was recorded by {1}; use `{1} --replay {0}`", path,
                    text_of(header_.tool)};
    if (header_.layout != layout || header_.tool_format != tool_format)
        throw Error{exit_usage,
                    "--replay: '{}' was recorded by {} {} (format {}.{}), and this one reads format {}.{}; replay it "
                    "with that version",
                    path,
                    tool,
                    text_of(header_.version),
                    header_.layout,
                    header_.tool_format,
                    layout,
                    tool_format};
}

// Whether so many bytes are in the buffer from at_ on.
bool Recording::has(std::size_t bytes) const { return filled_ - at_ >= bytes; }

// Reads once, as much as there is; false at the end of the file.
bool Recording::read_more()
{
    auto *data = reinterpret_cast<std::byte *>(buffer_.data());
    ssize_t n = 0;

    std::memmove(data, data + at_, filled_ - at_);
    filled_ -= at_;
    at_ = 0;
    do
        n = read(fd_.get(), data + filled_, buffer_bytes - filled_);
    while (n < 0 && errno == EINTR && stop::signal() == 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n < 0)
        throw Error{path_ == "-" ? exit_runtime : exit_usage, "--replay: cannot read '{}': {}", path_,
                    describe_errno(errno)};
    filled_ += static_cast<std::size_t>(n);
    return n > 0;
}

void Recording::damaged(std::string_view what) const
{
    throw Error{exit_runtime, "--replay: '{}' {} at byte {}, after {} whole records, which are printed",
                path_,        what,
                offset_,      records_};
}

bool Recording::must_read() const
{
    snoop_record rec{};

    if (!has(sizeof(rec)))
        return true;
    std::memcpy(&rec, reinterpret_cast<const std::byte *>(buffer_.data()) + at_, sizeof(rec));
    return rec.size <= record_max && !has(rec.size);
}

// The next record, in aligned_; null if its end is not in the buffer yet, which is left to the next drain().
const snoop_record *Recording::next()
{
    snoop_record rec{};

    if (!has(sizeof(rec)))
        return nullptr;
    const auto *data = reinterpret_cast<const std::byte *>(buffer_.data()) + at_;
    std::memcpy(&rec, data, sizeof(rec));
    if (rec.size < sizeof(rec) || rec.size > record_max) {
        ended_ = true;
        damaged("is damaged");
    }
    if (!has(rec.size))
        return nullptr;
    std::memcpy(aligned_.data(), data, rec.size);
    at_ += rec.size;
    return reinterpret_cast<const snoop_record *>(aligned_.data());
}

std::size_t Recording::drain(const RecordHandler &handler)
{
    std::size_t count = 0;
    bool has_read = false;

    while (!ended_ && count < records_per_drain) {
        const snoop_record *rec = next();
        if (!rec) {
            if (count > 0 || has_read)
                break; // another read may wait
            has_read = true;
            if (!read_more()) {
                ended_ = true;
                damaged(filled_ > at_ ? "ends within a record" : "ends without its closing record");
            }
            continue;
        }
        if (rec->kind == RECORDING_END && rec->size == sizeof(end_)) {
            std::memcpy(&end_, aligned_.data(), sizeof(end_));
            has_end_ = ended_ = true;
            break;
        }
        handler(*rec, {reinterpret_cast<const std::byte *>(aligned_.data()), rec->size});
        offset_ += rec->size;
        records_ += is_recorded_event(*rec);
        count++;
    }
    return count;
}

} // namespace snoop
