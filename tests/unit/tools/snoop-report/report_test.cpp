// SPDX-License-Identifier: BSD-2-Clause
// Runs of snoop-report: files that it reads and writes, and what it says. Recordings are printed by the tools beside
// it.
#include "unit/exec.hpp"

#include <snoop/opensnoop.h>

#include <gmock/gmock.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char *row =
    R"({"event":"exec","time":"2026-01-02T03:04:05.000001000Z","ts_ns":1000,"comm":"make","pid":10,"errno":null,)"
    R"("exec_id":"000000000000000a","duration_ns":900000,"exit_code":2,"args":["make","all"]})"
    "\n";

json data_of(std::string_view page)
{
    const std::string_view begin = R"(<script type="application/json" id="data">)";
    const std::size_t at = page.find(begin);

    if (at == page.npos)
        return nullptr;
    const std::string_view data = page.substr(at + begin.size());
    return json::parse(data.substr(0, data.find('<')));
}

class Report : public testing::Test {
protected:
    Finished report(std::vector<std::string> words, const Surroundings &around = {}) const
    {
        words.insert(words.begin(), tool_path("snoop-report"));
        return run_program(words, around);
    }
    std::string file(std::string_view name, std::string_view contents) const
    {
        write_file(dir_ / name, contents);
        return dir_ / name;
    }

    TempDir dir_;
    std::string out_ = dir_ / "report.html";
};

TEST_F(Report, WritesAFileForItsOwnerAlone)
{
    const std::string rows = file("rows.json", row);
    file("report.html", "old");
    const Finished f = report({rows, "-o", out_});
    struct stat about {};

    EXPECT_EQ(f.exit, 0);
    EXPECT_EQ(f.out, "");
    EXPECT_EQ(f.err, "snoop-report: --output: '" + out_ +
                         "' is replaced\n"
                         "snoop-report: 1 process, 0 failed execs, 0 opens\n");
    ASSERT_EQ(stat(out_.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0600U);
    EXPECT_EQ(data_of(read_file(out_))["title"], "make all");
}

TEST_F(Report, ReadsAndWritesPipes)
{
    const Finished f = report({"--title", "a build"}, {.input = row});

    EXPECT_EQ(f.exit, 0) << f.err;
    EXPECT_EQ(data_of(f.out)["title"], "a build");
    EXPECT_EQ(report({"-", "-o", "-", "--title", "a build"}, {.input = row}).out, f.out);
}

TEST_F(Report, MakesAReportOfWhatIsReadable)
{
    const std::string text = std::string{row} + "COMM PID\n" + row;
    const Finished f = report({file("rows.json", text)});

    EXPECT_EQ(f.exit, 1);
    EXPECT_THAT(f.err, HasSubstr("rows.json', line 2: not valid JSON"));
    EXPECT_THAT(f.err, HasSubstr("snoop-report: 1 process, 0 failed execs, 0 opens\n"));
    EXPECT_EQ(data_of(f.out)["processes"]["pid"], json::parse("[10]"));
}

TEST_F(Report, SaysWhatIsLostAndWhatIsNotThere)
{
    const std::string lost = std::string{row} + R"({"event":"accounting","lost":7})" + "\n";
    EXPECT_EQ(report({file("rows.json", lost)}).err,
              "snoop-report: 1 process, 0 failed execs, 0 opens; 7 events lost while recording\n");

    std::string without_end = row;
    without_end.replace(without_end.find(R"("duration_ns":900000,)"), 21, "");
    EXPECT_THAT(report({file("rows.json", without_end)}).err,
                HasSubstr("no end of a process was read: none has a duration; record with execsnoop --exit\n"));
}

TEST_F(Report, SaysWhatIsLeftOut)
{
    std::string rows = row;
    rows += R"({"event":"exec","ts_ns":1,"errno":null,"args":["make"]})"
            "\n"
            R"({"event":"usdt","ts_ns":1})"
            "\n";

    EXPECT_EQ(report({file("rows.json", rows)}).err,
              "snoop-report: 2 rows left out: of other tools, or of execs without exec_id, as --fields may make them\n"
              "snoop-report: 1 process, 0 failed execs, 0 opens\n");
}

TEST_F(Report, RefusesWhatItCannotUse)
{
    const std::string rows = file("rows.json", row);
    const Finished nothing = report({file("empty", ""), "-o", out_}), same = report({rows, "-o", dir_ / "./rows.json"});

    EXPECT_EQ(nothing.exit, 2);
    EXPECT_EQ(nothing.err, "snoop-report: there is no process in what was read: record with execsnoop --exit\n");
    EXPECT_NE(access(out_.c_str(), F_OK), 0);
    EXPECT_EQ(same.exit, 2);
    EXPECT_THAT(same.err, HasSubstr("is also read: give another name"));
    EXPECT_EQ(read_file(rows), row);
    EXPECT_EQ(report({"/nonexistent"}).exit, 2);
    EXPECT_EQ(report({rows, "--format", "pdf"}).exit, 2);
    EXPECT_EQ(report({rows, "-o", "/nonexistent/report.html"}).exit, 2);
}

TEST_F(Report, SaysThatTheDiskIsFull)
{
    const Finished f = report({file("rows.json", row), "-o", "/dev/full"});

    EXPECT_EQ(f.exit, 1);
    EXPECT_EQ(f.err, "snoop-report: cannot write to /dev/full: No space left on device (ENOSPC)\n");
}

class ReportOfRecordings : public Report {
protected:
    // Recordings of a shell that does not find its file, and ends.
    std::string execs() const
    {
        const ExecSpec shell{
            .filename = "/bin/sh", .args = {"sh", "run"}, .comm = "sh", .flags = EXEC_FLAG_EXIT_FOLLOWS};
        const ExecSpec failed{.filename = "/opt/x", .args = {"x"}, .ts_ns = shell.ts_ns + 3000, .ret = -ENOENT};

        return record("execs.rec", "execsnoop", EXEC_FORMAT,
                      {exec_head(shell), exec_head(failed), exec_end(shell, 5'000'000, 3 << 8)});
    }
    std::string opens() const
    {
        auto open = new_event<open_event>(OPEN_EVENT, 0, "sh");
        const std::string path = with_nuls({"missing.conf"});

        open.rec.size = static_cast<std::uint32_t>(sizeof(open) + path.size());
        open.path_len = static_cast<std::uint16_t>(path.size());
        open.ret = -ENOENT;
        open.rec.ts_ns += 2000;
        return record("opens.rec", "opensnoop", OPEN_FORMAT, {record_of(open, path)});
    }

private:
    std::string record(std::string_view name, const char *tool, std::uint32_t format,
                       const std::vector<Record> &records) const
    {
        snoop::RecordingHeader header = snoop::make_header(tool, format);
        header.start_ns = replay_start_ns;
        header.wall_offset_ns = replay_start_wall_ns - static_cast<std::int64_t>(replay_start_ns);
        write_recording(dir_ / name, header, records);
        return dir_ / name;
    }
};

TEST_F(ReportOfRecordings, AreJoined)
{
    const Finished f = report({opens(), execs()});
    const json data = data_of(f.out);

    EXPECT_EQ(f.exit, 0) << f.err;
    EXPECT_EQ(f.err, "snoop-report: 1 process, 1 failed exec, 1 open\n");
    EXPECT_EQ(data["title"], "sh run");
    EXPECT_EQ(data["start"], "2026-11-22T10:04:11.500000000Z");
    EXPECT_EQ(data["processes"]["code"], json::parse("[3]"));
    EXPECT_EQ(data["processes"]["end"], json::parse("[5000]"));
    EXPECT_EQ(data["execs"]["process"], json::parse("[0]"));
    EXPECT_EQ(data["opens"]["process"], json::parse("[0]"));
    EXPECT_EQ(data["opens"]["time"], json::parse("[2]"));
}

TEST_F(ReportOfRecordings, ThatEndTooEarlyMakeAReportAndExitCode1)
{
    const std::string path = execs();
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 200);
    const Finished f = report({path});

    EXPECT_EQ(f.exit, 1) << f.err;
    EXPECT_EQ(data_of(f.out)["title"], "sh run");
}

} // namespace
