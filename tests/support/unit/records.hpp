// SPDX-License-Identifier: BSD-2-Clause
// Recordings built in a test: records as bytes, written by a Recorder.
//     write_recording(path, header, {plain_record(40)}, accounting);
#pragma once

#include "base/error.hpp"
#include "events/recorder.hpp"
#include "events/recording.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

using Record = std::vector<std::byte>;

inline std::span<const std::byte> bytes_of(const auto &object) { return std::as_bytes(std::span{&object, 1}); }

// A record of that many bytes, with contents derived from `seed`.
inline Record plain_record(std::uint32_t size, unsigned seed = 0)
{
    Record bytes(size);
    for (std::size_t i = 0; i < size; i++)
        bytes[i] = static_cast<std::byte>(seed * 31 + i * 7);
    snoop_record rec{};
    rec.size = size;
    rec.kind = 1;
    rec.ts_ns = seed;
    std::memcpy(bytes.data(), &rec, sizeof(rec));
    return bytes;
}

inline void write_recording(const std::string &path, const snoop::RecordingHeader &header,
                            const std::vector<Record> &records, const snoop::EventCounters &accounting = {})
{
    snoop::Recorder recorder{path};
    recorder.begin(header);
    for (const Record &record : records)
        recorder.add(record);
    recorder.finish(accounting);
}

// The records of a recording, up to its end or an Error.
struct Replayed {
    std::vector<Record> records;
    int code = 0;      // of the Error
    std::string error; // its text
    std::vector<std::size_t> portions;
};

inline Replayed replay_all(snoop::Recording &recording)
{
    Replayed all;
    const auto keep = [&](const snoop_record &rec, std::span<const std::byte> whole) {
        // RecordHandler's contract.
        EXPECT_EQ(rec.size, whole.size());
        EXPECT_EQ(static_cast<const void *>(&rec), static_cast<const void *>(whole.data()));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(whole.data()) % 8, 0u);
        all.records.emplace_back(whole.begin(), whole.end());
    };
    try {
        while (!recording.ended())
            all.portions.push_back(recording.drain(keep));
    } catch (const snoop::Error &error) {
        all.code = error.code();
        all.error = error.what();
    }
    return all;
}

// Reads a recording from a file, and catches what the constructor throws.
inline Replayed replay_file(const std::string &path, std::string_view tool, std::uint32_t format)
{
    try {
        snoop::Recording recording{path, tool, format};
        return replay_all(recording);
    } catch (const snoop::Error &error) {
        return {{}, error.code(), error.what(), {}};
    }
}
