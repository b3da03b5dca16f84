// SPDX-License-Identifier: BSD-2-Clause
// Recordings that are cut, flipped or out of space: whole records are handed over,
// then an Error says where it ends; never a part of one.
#include "base/error.hpp"
#include "events/recorder.hpp"
#include "events/recording.hpp"

#include "unit/files.hpp"
#include "unit/random.hpp"
#include "unit/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace {

using namespace snoop;
using testing::HasSubstr;

class DamagedRecording : public testing::Test {
protected:
    DamagedRecording()
    {
        write_recording(path_, make_header("mysnoop", 1), records_);
        whole_ = read_file(path_);
    }
    [[nodiscard]] Replayed replay() const { return replay_file(path_, "mysnoop", 1); }

    // The number of records before byte `size` of the file.
    [[nodiscard]] std::size_t whole_records(std::size_t size) const
    {
        std::size_t end = sizeof(RecordingHeader), n = 0;
        while (n < records_.size() && end + records_[n].size() <= size)
            end += records_[n++].size();
        return n;
    }

    const std::vector<Record> records_{plain_record(24, 1), plain_record(41, 2), plain_record(120, 3)};
    TempDir dir_;
    std::string path_ = dir_ / "recording";
    std::string whole_;
};

TEST_F(DamagedRecording, CutAtEveryByte)
{
    ASSERT_EQ(whole_.size(), sizeof(RecordingHeader) + 24 + 41 + 120 + sizeof(RecordingEnd));
    for (std::size_t size = 0; size < whole_.size(); size++) {
        SCOPED_TRACE(size);
        write_file(path_, whole_.substr(0, size));
        const Replayed got = replay();
        if (size < sizeof(RecordingHeader)) {
            EXPECT_EQ(got.code, exit_usage);
            EXPECT_TRUE(got.records.empty());
            continue;
        }
        const std::size_t n = whole_records(size);
        EXPECT_EQ(got.code, exit_runtime);
        EXPECT_THAT(got.error, HasSubstr(fmt::format("after {} whole records", n)));
        EXPECT_EQ(got.records, std::vector(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(n)));
    }
    write_file(path_, whole_);
    EXPECT_EQ(replay().records, records_);
}

// Nothing is read after the closing record.
TEST_F(DamagedRecording, DataAfterTheEnd)
{
    write_file(path_, whole_ + "something else");
    const Replayed got = replay();
    EXPECT_EQ(got.error, "");
    EXPECT_EQ(got.records, records_);
}

TEST_F(DamagedRecording, ImpossibleSizes)
{
    for (const std::uint32_t size : {0u, 1u, 23u, record_max + 1, 0x7fffffffu, 0xffffffffu}) {
        std::string changed = whole_;
        std::memcpy(&changed[sizeof(RecordingHeader) + 24], &size, sizeof(size)); // of the second record
        write_file(path_, changed);
        const Replayed got = replay();
        EXPECT_EQ(got.code, exit_runtime) << size;
        EXPECT_THAT(got.error, HasSubstr("is damaged at byte 256, after 1 whole records")) << size;
        EXPECT_EQ(got.records, std::vector<Record>{records_[0]});
    }
}

TEST_F(DamagedRecording, EveryBitFlipped)
{
    for (std::size_t bit = 0; bit < whole_.size() * 8; bit += bit < sizeof(RecordingHeader) * 8 ? 29 : 7) {
        std::string changed = whole_;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        write_file(path_, changed);
        const Replayed got = replay();
        ASSERT_TRUE(got.code == 0 || got.code == exit_runtime || got.code == exit_usage) << bit;
        ASSERT_LE(got.records.size(), records_.size() + 2) << bit;
    }
}

TEST_F(DamagedRecording, RandomBytesChanged)
{
    RandomBytes random{99};

    for (int i = 0; i < 200; i++) {
        std::string changed = whole_;
        for (std::size_t left = 1 + random.below(12); left > 0; left--)
            changed[sizeof(RecordingHeader) + random.below(changed.size() - sizeof(RecordingHeader))] =
                static_cast<char>(random.below(256));
        changed.resize(sizeof(RecordingHeader) + random.below(changed.size() - sizeof(RecordingHeader)) + 1);
        write_file(path_, changed);
        const Replayed got = replay();
        ASSERT_TRUE(got.code == 0 || got.code == exit_runtime) << i << got.error;
        std::size_t bytes = 0;
        for (const Record &record : got.records)
            bytes += record.size();
        ASSERT_LE(bytes, changed.size() - sizeof(RecordingHeader)) << i;
    }
}

TEST_F(DamagedRecording, FullDiskAtTheHeader)
{
    Recorder recorder{"/dev/full"};
    try {
        recorder.begin(make_header("mysnoop", 1));
        ADD_FAILURE() << "no error";
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_runtime);
        EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("/dev/full"), HasSubstr("ENOSPC")));
    }
}

// A file size limit stands for a full disk: one write reaches it, the next fails. It applies to a process, so a
// child sets it.
class FullDisk : public DamagedRecording {
protected:
    // Records until the file has `limit` bytes; the Error's text.
    [[nodiscard]] std::string record_until_full(rlim_t limit, const std::vector<Record> &records, bool each) const
    {
        Pipe said;
        const pid_t pid = fork();
        if (pid == 0) {
            signal(SIGXFSZ, SIG_IGN);
            const rlimit size{limit, limit};
            setrlimit(RLIMIT_FSIZE, &size);
            const std::string text = run(records, each);
            _exit(write(said.writes.get(), text.data(), text.size()) < 0);
        }
        said.writes.reset();
        const std::string text = read_all(said.reads.get());
        int status = -1;
        waitpid(pid, &status, 0);
        EXPECT_EQ(status, 0);
        return text;
    }

private:
    [[nodiscard]] std::string run(const std::vector<Record> &records, bool each) const
    {
        try {
            Recorder recorder{path_};
            recorder.begin(make_header("mysnoop", 1));
            for (const Record &record : records) {
                recorder.add(record);
                if (each)
                    recorder.flush();
            }
            recorder.finish({});
        } catch (const Error &error) {
            return fmt::format("{} {}", static_cast<int>(error.code()), error.what());
        }
        return "no error";
    }
};

TEST_F(FullDisk, WriteEndsWithinARecord)
{
    for (const bool each : {false, true})
        for (const std::size_t behind : {0, 1, 12, 23, 24, 25, 64, 65, 184, 185, 186, 208, 209, 280}) {
            const std::size_t limit = sizeof(RecordingHeader) + behind;
            SCOPED_TRACE(limit);
            const std::size_t n = whole_records(limit);
            const std::string said = record_until_full(limit, records_, each);
            EXPECT_THAT(said, testing::StartsWith("1 --record: cannot write '" + path_ + "': File too large (EFBIG)"));
            EXPECT_THAT(said, HasSubstr(fmt::format("it holds {} whole records and can be replayed", n)));

            // Only whole records are in the file, and all of them can be replayed.
            const std::string file = read_file(path_);
            EXPECT_EQ(file, whole_.substr(0, file.size()));
            const Replayed got = replay();
            EXPECT_EQ(got.records, std::vector(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(n)));
            EXPECT_THAT(got.error, HasSubstr("ends without its closing record"));
        }
}

TEST_F(FullDisk, InTheMiddleOfManyRecords)
{
    std::vector<Record> many;
    for (unsigned i = 0; i < 3000; i++)
        many.push_back(plain_record(100, i));

    const std::string said = record_until_full(sizeof(RecordingHeader) + 100 * 2000 + 50, many, false);
    EXPECT_THAT(said, HasSubstr("it holds 2000 whole records"));
    EXPECT_TRUE(replay().records == std::vector(many.begin(), many.begin() + 2000));
}

TEST_F(FullDisk, CountsWhatIsNotInTheFile)
{
    const Fd full{open("/dev/full", O_WRONLY | O_CLOEXEC)};
    Recorder recorder{fmt::format("/proc/self/fd/{}", full.get())};

    EXPECT_THROW(recorder.begin(make_header("mysnoop", 1)), Error);
    for (const Record &record : records_)
        EXPECT_NO_THROW(recorder.add(record));
    EXPECT_NO_THROW(recorder.flush());
    EXPECT_EQ(recorder.unrecorded(), records_.size());
}

TEST_F(FullDisk, InTheHeader)
{
    EXPECT_THAT(record_until_full(100, records_, false), testing::AllOf(HasSubstr("1 --record: "), HasSubstr("EFBIG")));
    EXPECT_EQ(replay().code, exit_usage);
}

} // namespace
