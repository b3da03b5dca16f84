// SPDX-License-Identifier: BSD-2-Clause
// Records are read as they were written, byte by byte, and a file that is not a recording is refused with a
// reason.
#include "base/error.hpp"
#include "events/recorder.hpp"
#include "events/recording.hpp"

#include "unit/files.hpp"
#include "unit/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/utsname.h>
#include <sys/wait.h>

namespace {

using namespace snoop;
using testing::HasSubstr;

constexpr std::uint32_t format = 7;

RecordingHeader header()
{
    RecordingHeader header = make_header("mysnoop", format);
    header.wall_offset_ns = -1234567890123;
    header.start_ns = 42;
    return header;
}

EventCounters some_books()
{
    EventCounters accounting;
    for (std::size_t i = 0; i < SNOOP_COUNTS; i++)
        accounting.kernel.count[i] = 100 + i;
    accounting.skipped = 5;
    accounting.in_flight = 6;
    return accounting;
}

class RecordingTest : public testing::Test {
protected:
    [[nodiscard]] Replayed replay(std::string_view tool = "mysnoop", std::uint32_t of_format = format) const
    {
        return replay_file(path_, tool, of_format);
    }
    void expect_refused(std::string_view why) const
    {
        const Replayed got = replay();
        EXPECT_EQ(got.code, exit_usage);
        EXPECT_THAT(got.error, testing::AllOf(testing::StartsWith("--replay: "), HasSubstr("'" + path_ + "'")));
        EXPECT_THAT(got.error, HasSubstr(std::string{why}));
        EXPECT_TRUE(got.records.empty());
    }
    // Writes a recording without records whose header `change` has changed.
    void write_changed(void (*change)(RecordingHeader &)) const
    {
        RecordingHeader changed = header();
        change(changed);
        write_recording(path_, changed, {});
    }

    TempDir dir_;
    std::string path_ = dir_ / "recording";
};

TEST_F(RecordingTest, HeaderDescribesThisHost)
{
    const RecordingHeader made = make_header("execsnoop", 3);
    utsname name{};

    uname(&name);
    EXPECT_EQ((std::string_view{made.magic.data(), 8}), "snooprec");
    EXPECT_EQ(made.byte_order, 0x01020304u);
    EXPECT_EQ(made.layout, 2u);
    EXPECT_STREQ(made.tool.data(), "execsnoop");
    EXPECT_STREQ(made.version.data(), SNOOP_VERSION);
    EXPECT_EQ(made.tool_format, 3u);
    EXPECT_EQ(made.reserved, 0u);
    EXPECT_STREQ(made.host.data(), name.nodename);
    EXPECT_STREQ(made.kernel.data(), name.release);
}

TEST_F(RecordingTest, RoundTrip)
{
    std::vector<Record> records;
    for (const std::uint32_t size : {24u, 25u, 31u, 32u, 33u, 1000u, 65535u, record_max, 24u})
        records.push_back(plain_record(size, size));
    write_recording(path_, header(), records, some_books());

    Recording recording{path_, "mysnoop", format};
    EXPECT_EQ(std::memcmp(&recording.header(), bytes_of(header()).data(), sizeof(RecordingHeader)), 0);
    EXPECT_FALSE(recording.ended());
    EXPECT_EQ(recording.end(), nullptr);
    const Replayed got = replay_all(recording);
    EXPECT_EQ(got.error, "");
    EXPECT_EQ(got.records, records);
    EXPECT_TRUE(recording.ended());
    ASSERT_NE(recording.end(), nullptr);
    EXPECT_EQ(recording.end()->skipped, 5u);
    EXPECT_EQ(recording.end()->in_flight, 6u);
    for (std::size_t i = 0; i < SNOOP_COUNTS; i++)
        EXPECT_EQ(recording.end()->counters.count[i], 100 + i);
}

TEST_F(RecordingTest, Empty)
{
    write_recording(path_, header(), {});
    const Replayed got = replay();
    EXPECT_EQ(got.error, "");
    EXPECT_TRUE(got.records.empty());
    EXPECT_EQ(read_file(path_).size(), sizeof(RecordingHeader) + sizeof(RecordingEnd));
}

TEST_F(RecordingTest, ReadsManyRecordsInPortions)
{
    std::vector<Record> records;
    for (unsigned i = 0; i < 20000; i++)
        records.push_back(plain_record(64 + i % 300, i));
    write_recording(path_, header(), records);

    const Replayed got = replay();
    EXPECT_EQ(got.error, "");
    EXPECT_TRUE(got.records == records);
    ASSERT_GE(got.portions.size(), 3u);
    for (const std::size_t portion : got.portions)
        EXPECT_LE(portion, 8192u);
}

TEST_F(RecordingTest, FlushedInPieces)
{
    {
        Recorder recorder{path_};
        recorder.begin(header());
        recorder.flush();
        for (unsigned i = 0; i < 3; i++) {
            recorder.add(plain_record(40, i));
            recorder.flush();
        }
        recorder.finish({});
    }
    EXPECT_EQ(replay().records, (std::vector<Record>{plain_record(40, 0), plain_record(40, 1), plain_record(40, 2)}));
}

TEST_F(RecordingTest, KeepsRecordsWithoutAnEnd)
{
    {
        Recorder recorder{path_};
        recorder.begin(header());
        recorder.add(plain_record(40));
    }
    const Replayed got = replay();
    EXPECT_EQ(got.code, exit_runtime);
    EXPECT_THAT(got.error, HasSubstr("ends without its closing record at byte 272, after 1 whole records"));
    EXPECT_EQ(got.records, std::vector<Record>{plain_record(40)});
}

TEST_F(RecordingTest, FromStdin)
{
    write_recording(path_, header(), {plain_record(40)});
    const Fd before{dup(STDIN_FILENO)};
    const Fd file{open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
    dup2(file.get(), STDIN_FILENO);
    const Replayed got = replay_file("-", "mysnoop", format);
    dup2(before.get(), STDIN_FILENO);
    EXPECT_EQ(got.error, "");
    EXPECT_EQ(got.records, std::vector<Record>{plain_record(40)});
}

TEST_F(RecordingTest, RejectsRecordingOfAnotherTool)
{
    write_recording(path_, header(), {});
    const Replayed got = replay("othersnoop");
    EXPECT_EQ(got.code, exit_usage);
    EXPECT_THAT(got.error, HasSubstr("was recorded by mysnoop; use `mysnoop --replay " + path_ + "`"));
}

TEST_F(RecordingTest, RejectsOtherFormats)
{
    write_recording(path_, header(), {});
    const Replayed got = replay("mysnoop", format + 1);
    EXPECT_EQ(got.code, exit_usage);
    EXPECT_THAT(got.error, HasSubstr("(format 2.7), and this one reads format 2.8"));

    write_changed([](RecordingHeader &h) { h.layout = 1; });
    expect_refused("(format 1.7), and this one reads format 2.7");
}

TEST_F(RecordingTest, RejectsOtherByteOrder)
{
    write_changed([](RecordingHeader &h) { h.byte_order = 0x04030201; });
    expect_refused("other byte order");
}

TEST_F(RecordingTest, TextFieldsWithoutTheirNul)
{
    write_changed([](RecordingHeader &h) {
        h.tool.fill('t');
        h.version.fill('v');
    });
    expect_refused("was recorded by tttttttttttttttttttttttttttttttt; use");
    write_changed([](RecordingHeader &h) {
        h.version.fill('v');
        h.layout = 9;
    });
    expect_refused("mysnoop vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv (format");
}

TEST_F(RecordingTest, RejectsOtherFiles)
{
    write_file(path_, std::string(5000, 'x'));
    expect_refused("is not a recording; `--record FILE` makes one");
    write_file(path_, "");
    expect_refused("is not a recording: it is shorter than a header");
    write_file(path_, "#!/bin/sh\n");
    expect_refused("is not a recording");
}

TEST_F(RecordingTest, DirectoriesAndMissingFiles)
{
    expect_refused("No such file or directory (ENOENT)");
    path_ = dir_.path();
    expect_refused("Is a directory (EISDIR)");
}

// Root may read everything, so another user tries.
TEST_F(RecordingTest, UnreadableFile)
{
    write_recording(path_, header(), {});
    std::filesystem::permissions(dir_.path(), std::filesystem::perms{0711});
    std::filesystem::permissions(path_, std::filesystem::perms::none);
    const pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && seteuid(65534) != 0)
            _exit(99);
        const Replayed got = replay();
        _exit(got.code == exit_usage && got.error.find("EACCES") != std::string::npos ? 0 : 1);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST_F(RecordingTest, UnwritableFile)
{
    try {
        Recorder recorder{dir_ / "no/such/directory"};
        ADD_FAILURE() << "no error";
    } catch (const Error &error) {
        EXPECT_EQ(error.code(), exit_usage);
        EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("--record"), HasSubstr("ENOENT")));
    }
}

TEST_F(RecordingTest, FileIsPrivate)
{
    write_recording(path_, header(), {});
    EXPECT_EQ(std::filesystem::status(path_).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// They are handed over in their place, and not counted as records of events.
TEST_F(RecordingTest, PathsOfCgroups)
{
    {
        Recorder recorder{path_};
        recorder.begin(header());
        recorder.add(plain_record(40));
        recorder.add_cgroup(77, "/a/b");
        recorder.add(plain_record(48));
    }
    const Replayed got = replay(); // without its closing record

    ASSERT_EQ(got.records.size(), 3u);
    EXPECT_EQ(got.records[0], plain_record(40));
    EXPECT_EQ(got.records[2], plain_record(48));
    RecordedCgroup head{};
    ASSERT_EQ(got.records[1].size(), sizeof(head) + 4);
    std::memcpy(&head, got.records[1].data(), sizeof(head));
    EXPECT_EQ(head.rec.kind, RECORDING_CGROUP);
    EXPECT_EQ(head.id, 77u);
    EXPECT_EQ(std::memcmp(got.records[1].data() + sizeof(head), "/a/b", 4), 0);
    EXPECT_THAT(got.error, HasSubstr("after 2 whole records"));
}

} // namespace
