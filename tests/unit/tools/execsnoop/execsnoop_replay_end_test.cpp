// SPDX-License-Identifier: BSD-2-Clause
// The end of an execsnoop replay: accounting, counts, damage, exit codes.
#include "unit/exec.hpp"

#include "unit/random.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <climits>

namespace {

using testing::HasSubstr;

class ExecsnoopEnd : public ExecsnoopReplay {};

TEST_F(ExecsnoopEnd, Count)
{
    const std::vector<Record> five{exec_head({.pid = 1}), exec_head({.pid = 2}), exec_head({.pid = 3}),
                                   exec_head({.pid = 4}), exec_head({.pid = 5})};
    const Finished f = replay(five, {"-c", "2"});
    EXPECT_EQ(f.out, text_header() + text_row("/bin/ls", {.pid = 1}) + text_row("/bin/ls", {.pid = 2}));
    EXPECT_EQ(f.err, "execsnoop: seen 5 = printed 2 + filtered 0 + lost 0 + after stop 3\n");
    EXPECT_EQ(f.exit, 0);

    // Rows are counted, not events.
    const Finished of_one = replay(five, {"-c", "1", "-p", "4"});
    EXPECT_EQ(of_one.out, text_header() + text_row("/bin/ls", {.pid = 4}));
    EXPECT_EQ(of_one.err, "execsnoop: seen 5 = printed 1 + filtered 4 + lost 0\n");
}

TEST_F(ExecsnoopEnd, BalancesWhenReadingStopsEarly)
{
    const Finished f = replay(std::vector<Record>(20000, exec_head({})), {"-c", "3", "-o", "json"});
    const auto accounting = nlohmann::json::parse(f.err);
    EXPECT_EQ(accounting["printed"], 3);
    EXPECT_EQ(accounting["seen"], accounting["printed"].get<int>() + accounting["filtered"].get<int>() +
                                      accounting["lost"].get<int>() + accounting["after_stop"].get<int>());
}

TEST_F(ExecsnoopEnd, RecordedLosses)
{
    accounting_.kernel.count[SNOOP_SEEN] = 4;
    accounting_.kernel.count[SNOOP_LOST_RING] = 3;
    const std::string line = "execsnoop: seen 4 = printed 1 + filtered 0 + lost 3; lost, ring full: 3\n";

    const Finished lenient = replay({exec_head({})});
    EXPECT_EQ(lenient.exit, 0);
    EXPECT_EQ(lenient.err, line);
    const Finished strict = replay({exec_head({})}, {"--strict"});
    EXPECT_EQ(strict.exit, 1);
    EXPECT_EQ(strict.err, line);
    EXPECT_EQ(strict.out, lenient.out);
}

TEST_F(ExecsnoopEnd, StrictWithoutLosses)
{
    accounting_.kernel.count[SNOOP_SEEN] = 2;
    accounting_.kernel.count[SNOOP_FILTERED] = 1;
    accounting_.kernel.count[SNOOP_TRUNCATED] = 1;
    EXPECT_EQ(replay({exec_head({})}, {"--strict"}).exit, 0);
}

TEST_F(ExecsnoopEnd, FromStdin)
{
    write_recording(path_, header_, {exec_head({})});
    const Finished f = run_program({tool_path("execsnoop"), "--replay", "-"}, {{}, read_file(path_), -1});
    EXPECT_EQ(f.exit, 0) << f.err;
    EXPECT_EQ(f.out, text_header() + text_row("/bin/ls"));
}

TEST_F(ExecsnoopEnd, CutFilePrintsCompleteRecords)
{
    write_recording(path_, header_, {exec_head({.pid = 1}), exec_head({.pid = 2})});
    const std::string whole = read_file(path_);
    const std::size_t second = sizeof(header_) + exec_head({}).size();

    write_file(path_, whole.substr(0, second + 50));
    const Finished f = run({});
    EXPECT_EQ(f.exit, 1);
    EXPECT_EQ(f.out, text_header() + text_row("/bin/ls", {.pid = 1}));
    EXPECT_EQ(f.err, fmt::format("execsnoop: seen 1 = printed 1 + filtered 0 + lost 0\n"
                                 "execsnoop: --replay: '{}' ends within a record at byte {}, after 1 whole records, "
                                 "which are printed\n",
                                 path_, second));

    write_file(path_, whole.substr(0, whole.size() - sizeof(snoop::RecordingEnd)));
    const Finished without_end = run({});
    EXPECT_EQ(without_end.exit, 1);
    EXPECT_EQ(without_end.out, text_header() + text_row("/bin/ls", {.pid = 1}) + text_row("/bin/ls", {.pid = 2}));
    EXPECT_THAT(without_end.err, HasSubstr("ends without its closing record"));
}

TEST_F(ExecsnoopEnd, RejectsOtherRecordings)
{
    const Finished missing = run({});
    EXPECT_EQ(missing.exit, 2);
    EXPECT_EQ(missing.out, "");
    EXPECT_EQ(missing.err, "execsnoop: --replay: cannot read '" + path_ + "': No such file or directory (ENOENT)\n");

    write_recording(path_, snoop::make_header("opensnoop", EXEC_FORMAT), {});
    EXPECT_EQ(run({}).exit, 2);
    write_recording(path_, snoop::make_header("execsnoop", EXEC_FORMAT + 1), {});
    EXPECT_EQ(run({}).exit, 2);
    write_file(path_, "text\n");
    EXPECT_EQ(run({}).exit, 2);
}

TEST_F(ExecsnoopEnd, UsageErrors)
{
    write_recording(path_, header_, {});
    for (const std::vector<std::string> &options : {std::vector<std::string>{"--nonsense"},
                                                    {"-o", "xml"},
                                                    {"-c", "0"},
                                                    {"--record", dir_ / "x"},
                                                    {"--", "ls"},
                                                    {"--cgroup", "/"},
                                                    {"--max-args-bytes", "0"},
                                                    {"--max-args-bytes", "3M"},
                                                    {"--probe", "kprobe", "-x"},
                                                    {"--probe", "raw_tp"},
                                                    {"stray"},
                                                    {"-l"}}) {
        const Finished f = run(options);
        EXPECT_EQ(f.exit, 2) << options[0];
        EXPECT_EQ(f.out, "") << options[0];
        EXPECT_TRUE(f.err.starts_with("execsnoop: ")) << f.err;
        EXPECT_EQ(std::count(f.err.begin(), f.err.end(), '\n'), 1) << f.err;
    }
}

// An exec_event whose lengths exceed its record.
Record with_lengths(std::uint32_t filename, std::uint32_t interp, std::uint32_t cwd, std::uint32_t args,
                    std::string_view data)
{
    exec_event e = exec_struct({.flags = EXEC_FLAG_HAS_CWD});
    e.rec.size = static_cast<std::uint32_t>(sizeof(e) + data.size());
    e.filename_len = filename;
    e.interp_len = interp;
    e.cwd_len = cwd;
    e.args_len = args;
    return record_of(e, data);
}

TEST_F(ExecsnoopEnd, LengthsBeyondTheRecord)
{
    const std::vector<Record> records{with_lengths(1000, 0, 0, 0, "/bin/a"),
                                      with_lengths(UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, "/bin/b"),
                                      with_lengths(6, UINT32_MAX, 0, 0, "/bin/c"),
                                      with_lengths(6, 0, UINT32_MAX, 0, "/bin/dxy"),
                                      with_lengths(6, 0, 0, UINT32_MAX, "/bin/eabc"),
                                      with_lengths(UINT32_MAX, 1, 1, 1, ""),
                                      with_lengths(0, 0, 0, 0, "unused")};
    const Finished text = replay(records);
    EXPECT_EQ(text.exit, 0);
    EXPECT_EQ(text.out, text_header() + text_row("/bin/a") + text_row("/bin/b") + text_row("/bin/c") +
                            text_row("/bin/d") + text_row("/bin/e") + text_row("\"\"") + text_row("\"\""));
    EXPECT_EQ(replay(records, {"-o", "json"}).exit, 0);
}

TEST_F(ExecsnoopEnd, RecordsShorterThanTheirStruct)
{
    std::vector<Record> records;
    for (const int kind : {0, +EXEC_HEAD, +EXEC_ARGS, +EXEC_EXIT, 4, 0xffff})
        for (const std::uint32_t size : {24u, 31u, 119u}) {
            if (kind != EXEC_HEAD && size >= sizeof(exec_exit))
                continue;
            snoop_record rec{};
            rec.size = size;
            rec.kind = static_cast<std::uint16_t>(kind);
            records.push_back(record_of(rec, std::string(size - sizeof(rec), 'x')));
        }
    const Finished f = replay(records);
    EXPECT_EQ(f.exit, 0);
    EXPECT_EQ(f.out, text_header());
}

TEST_F(ExecsnoopEnd, ImpossibleNumbers)
{
    for (const char *format : {"text", "json"}) {
        for (const std::uint64_t ts :
             {std::uint64_t{0}, exec_start_ns - 1'000'000, std::uint64_t{INT64_MAX}, UINT64_MAX})
            EXPECT_EQ(replay({exec_head({.ts_ns = ts})}, {"-T", "-t", "-o", format}).exit, 0) << ts;
        for (const std::int32_t ret : {INT_MIN, -1'000'000, INT_MAX})
            EXPECT_EQ(replay({exec_head({.ret = ret})}, {"-o", format}).exit, 0) << ret;
    }
}

// Arbitrary bytes after the header: rows or none, but never out of bounds.
TEST_F(ExecsnoopEnd, RandomRecords)
{
    RandomBytes random{1234};
    std::vector<Record> records;

    for (int i = 0; i < 1000; i++) {
        const ExecSpec spec{.filename = random.string(20),
                            .args = {random.string(20), random.string(20)},
                            .pid = static_cast<std::uint32_t>(random.below(20)),
                            .ts_ns = exec_start_ns + random.below(3),
                            .flags = static_cast<unsigned>(random.below(65536)),
                            .cwd = {random.string(5), random.string(5)}};
        Record record = random.below(3) == 0   ? exec_more(spec, random.string(40), spec.flags)
                        : random.below(4) == 0 ? exec_end(spec, random.below(1000), random.number<std::int32_t>())
                                               : exec_head(spec);
        if (record.size() > sizeof(exec_args) && random.below(2) == 0) // lengths, flags, anything but the times
            for (std::size_t n = random.below(6); n > 0; n--)
                record[sizeof(snoop_record) + random.below(record.size() - sizeof(snoop_record))] =
                    static_cast<std::byte>(random.below(256));
        records.push_back(record);
    }
    for (const auto &options : {std::vector<std::string>{}, {"-q", "-T", "-t", "-U"}, {"--exit"}, {"-l", "a"}}) {
        const Finished f = replay(records, options);
        EXPECT_EQ(f.exit, 0) << f.err;
        for (const char c : f.out)
            ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    }
    const Finished as_json = replay(records, {"-o", "json", "--exit"});
    EXPECT_EQ(as_json.exit, 0) << as_json.err;
    for (std::size_t at = 0; at < as_json.out.size();) {
        const std::size_t end = as_json.out.find('\n', at);
        ASSERT_TRUE(nlohmann::json::accept(as_json.out.begin() + static_cast<std::ptrdiff_t>(at),
                                           as_json.out.begin() + static_cast<std::ptrdiff_t>(end)));
        at = end + 1;
    }
}

} // namespace
