// SPDX-License-Identifier: BSD-2-Clause
#include "events/recorder.hpp"
#include "base/error.hpp"
#include "base/private_file.hpp"
#include "base/write.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

constexpr std::size_t flush_bytes = 256 * 1024; // some of the largest records

const std::byte *bytes_of(const auto &object) { return reinterpret_cast<const std::byte *>(&object); }

// Why a file could not be written.
std::string describe_write(int err) { return err == EINTR ? "nobody reads it" : describe_errno(err); }

} // namespace

Recorder::Recorder(const std::string &path, const std::optional<KeepLimits> &limits) : path_(path)
{
    if (limits)
        kept_.emplace(*limits);
    PrivateFile file = create_private_file("--record", path);

    fd_ = std::move(file.fd);
    has_replaced_ = file.has_replaced;
}

void Recorder::begin(const RecordingHeader &header)
{
    has_failed_ = write_all(fd_.get(), bytes_of(header), sizeof(header)) < sizeof(header);
    if (has_failed_)
        throw Error{exit_runtime, "--record: cannot write '{}': {}", path_, describe_write(errno)};
    written_ = sizeof(header);
}

Recorder::~Recorder()
{
    try {
        flush();              // the end was not reached: keep what there is
    } catch (const Error &) { // flush() has cut the file back to whole records
    }
}

void Recorder::add(std::span<const std::byte> record)
{
    if (has_failed_) {
        unrecorded_++;
        return;
    }
    // Paths of cgroups and the like are not held: later events need them, too.
    snoop_record rec{};
    std::memcpy(&rec, record.data(), sizeof(rec));
    const bool holds = kept_ && is_recorded_event(rec) && rec.kind != RECORDING_END;
    std::vector<std::byte> &to = holds ? held_ : buffer_;
    to.insert(to.end(), record.begin(), record.end());
    held_records_ += holds;
    if (to.size() > (holds ? kept_->block_bytes() : flush_bytes))
        flush();
}

void Recorder::add_cgroup(std::uint64_t id, std::string_view path)
{
    if (has_failed_)
        return;
    RecordedCgroup head{};
    std::vector<std::byte> record(sizeof(head) + path.size());

    head.rec.kind = RECORDING_CGROUP;
    head.rec.size = static_cast<std::uint32_t>(record.size());
    head.id = id;
    std::memcpy(record.data(), &head, sizeof(head));
    std::ranges::copy(std::as_bytes(std::span{path}), record.begin() + sizeof(head));
    add(record);
}

void Recorder::add_container(const std::string &id, const ContainerInfo &info)
{
    if (has_failed_)
        return;
    std::string strings = id + '\0';
    for (const auto *text : {&info.name, &info.image, &info.pod_name, &info.pod_namespace, &info.runtime})
        strings += text->value_or("") + '\0';
    snoop_record rec{};
    std::vector<std::byte> record(sizeof(rec) + strings.size());

    rec.kind = RECORDING_CONTAINER;
    rec.size = static_cast<std::uint32_t>(record.size());
    std::memcpy(record.data(), &rec, sizeof(rec));
    std::ranges::copy(std::as_bytes(std::span{strings}), record.begin() + sizeof(rec));
    add(record);
}

void Recorder::flush()
{
    if (!held_.empty())
        kept_->add({reinterpret_cast<const char *>(held_.data()), held_.size()}, std::exchange(held_records_, 0),
                   std::chrono::steady_clock::now());
    held_.clear();
    write();
}

void Recorder::write_kept()
{
    std::optional<Error> failure;

    flush();
    if (!kept_)
        return;
    kept_->take(std::chrono::steady_clock::now(), [&](std::string_view records, std::uint64_t count) {
        if (has_failed_) {
            unrecorded_ += count;
            return;
        }
        const auto bytes = std::as_bytes(std::span{records});
        buffer_.assign(bytes.begin(), bytes.end());
        try {
            write();
        } catch (const Error &error) {
            failure = error;
        }
    });
    if (failure)
        throw Error{*failure};
}

void Recorder::write()
{
    if (buffer_.empty())
        return;
    const std::size_t done = write_all(fd_.get(), buffer_.data(), buffer_.size());
    const int err = errno;

    std::size_t whole = 0;
    for (std::size_t end = 0; end < buffer_.size();) {
        snoop_record rec{};
        std::memcpy(&rec, buffer_.data() + end, std::min(sizeof(rec), buffer_.size() - end));
        end += rec.size;
        if (end <= done)
            whole = end;
        if (is_recorded_event(rec))
            (end <= done ? records_ : unrecorded_)++;
    }
    written_ += whole;
    has_failed_ = done < buffer_.size();
    buffer_.clear();
    if (!has_failed_)
        return;

    struct stat info {};
    if (fstat(fd_.get(), &info) == 0 && S_ISREG(info.st_mode) &&
        ftruncate(fd_.get(), static_cast<off_t>(written_)) == 0)
        lseek(fd_.get(), 0, SEEK_END);
    throw Error{exit_runtime, "--record: cannot write '{}': {}; it holds {} whole records and can be replayed", path_,
                describe_write(err), records_};
}

void Recorder::finish(const EventCounters &counters)
{
    RecordingEnd end{};
    end.rec.size = sizeof(end);
    end.rec.kind = RECORDING_END;
    end.counters = counters.kernel;
    end.skipped = counters.skipped;
    end.in_flight = counters.in_flight;
    if (kept_)
        end.rec.flags = RECORDING_IN_PART;
    add({bytes_of(end), sizeof(end)});
    flush();
}

} // namespace snoop
