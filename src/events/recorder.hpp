// SPDX-License-Identifier: BSD-2-Clause
// Writes a recording (events/recording.hpp has its format):
//     Recorder recorder{path};
//     recorder.begin(make_header("execsnoop", EXEC_FORMAT));
//     recorder.add(record);       // for each
//     recorder.finish(counters);
#pragma once

#include "base/fd.hpp"
#include "base/kept_blocks.hpp"
#include "containers/container_names.hpp"
#include "events/recording.hpp"
#include "libbpf/event_counters.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

class Recorder {
public:
    // Creates the file as base/private_file.hpp says. Throws Error (exit 2) if that can't be done. With limits,
    // events are held, and written only if they still are at a write_kept().
    explicit Recorder(const std::string &path, const std::optional<KeepLimits> &limits = std::nullopt);
    ~Recorder();
    Recorder(const Recorder &) = delete;
    Recorder &operator=(const Recorder &) = delete;

    // There was a file of that name with contents, which are gone.
    [[nodiscard]] bool has_replaced() const noexcept { return has_replaced_; }

    // Once, before all else.
    void begin(const RecordingHeader &header);

    // Throws as flush() does, which it calls when there is much. After an Error it only counts.
    void add(std::span<const std::byte> record);

    // The path of a cgroup, before the records that have its id.
    void add_cgroup(std::uint64_t id, std::string_view path);
    // The names of a container, before the records of tasks in it.
    void add_container(const std::string &id, const ContainerInfo &info);

    // Writes what was added. On a full disk the file is cut back to its last whole
    // record and an Error (exit 1) says how many it holds.
    void flush();
    // Writes the events that are held, and forgets them.
    void write_kept();

    // The closing record; the file is complete after it.
    void finish(const EventCounters &counters);

    // The records that were added and are not in the file, after an Error.
    [[nodiscard]] std::uint64_t unrecorded() const noexcept { return unrecorded_; }

private:
    void write();

    std::string path_;
    Fd fd_;
    std::optional<KeptBlocks> kept_;
    std::uint64_t written_ = 0; // bytes, up to the end of a whole record
    std::uint64_t records_ = 0; // whole ones in the file
    std::uint64_t unrecorded_ = 0;
    bool has_failed_ = false, has_replaced_ = false;
    std::vector<std::byte> buffer_, held_; // what the next flush() writes, and what it holds
    std::uint64_t held_records_ = 0;       // in held_
};

} // namespace snoop
