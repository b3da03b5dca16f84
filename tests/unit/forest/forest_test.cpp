// SPDX-License-Identifier: BSD-2-Clause
// Rows of several files, joined into programs and what each did.
#include "forest/forest.hpp"
#include "unit/forest.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace snoop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// make (10) starts cc, which ends as make does: rows of --exit come when a program ends.
constexpr std::string_view make =
    R"({"event":"exec","time":"2026-01-02T03:04:05.000000100Z","ts_ns":100,"comm":"make","pid":10,"tid":10,"errno":null,)"
    R"("exec_id":"000000000000000a","parent_exec_id":"00000000000000ff","user":"ann","container_name":null,)"
    R"("container_id":"c1","duration_ns":900,"exit_code":2,"signal":null,"killed_by":null,"oom":false,"utime_ns":5,)"
    R"("stime_ns":6,"maxrss_kb":7,"read_bytes":null,"write_bytes":9,"filename":"/usr/bin/make","args":["make","-j8"],)"
    R"("truncated":false,"old_tid":10,"cwd":"/src","env":{"PATH":"/bin:/opt/bin","HOME":null}})";
constexpr std::string_view cc =
    R"({"event":"exec","time":"2026-01-02T03:04:05.000000200Z","ts_ns":200,"comm":"cc","pid":11,"tid":11,"errno":null,)"
    R"("exec_id":"8000000000000000","parent_exec_id":"000000000000000a","duration_ns":50,"exit_code":null,)"
    R"("signal":"SIGKILL","killed_by":{"pid":2,"comm":"kernel"},"oom":true,"args":["cc",""],"truncated":true})";
constexpr std::string_view missing =
    R"({"event":"open","time":"2026-01-02T03:04:05.000000210Z","ts_ns":210,"pid":11,"tid":11,"comm":"cc",)"
    R"("exec_id":"8000000000000000","path":"x.h","resolved":null,"errno":"ENOENT","flags":["O_RDONLY"],"via":"openat"})";

TEST(Forest, JoinsProgramsAndEvents)
{
    const Forest forest = forest_of({missing, cc, make});

    ASSERT_EQ(forest.programs().size(), 2U);
    const Program &first = forest.programs()[0], &second = forest.programs()[1];
    EXPECT_EQ(first.comm, "make");
    EXPECT_EQ(first.parent, std::nullopt); // 0xff is in no row
    EXPECT_THAT(first.args, ElementsAre("make", "-j8"));
    EXPECT_EQ(first.container, "c1");
    EXPECT_EQ(first.search_path, "/bin:/opt/bin");
    EXPECT_EQ(second.search_path, "");
    EXPECT_EQ(first.exit_code, 2U);
    EXPECT_EQ(first.read_bytes, std::nullopt);
    EXPECT_EQ(first.write_bytes, 9U);
    EXPECT_EQ(second.parent, 0U);
    EXPECT_EQ(second.id, 0x8000000000000000U);
    EXPECT_EQ(second.signal, "SIGKILL");
    EXPECT_EQ(second.killed_by, "kernel");
    EXPECT_EQ(second.killed_by_pid, 2U);
    EXPECT_TRUE(second.is_oom && second.is_truncated);
    EXPECT_THAT(second.args, ElementsAre("cc", ""));
    ASSERT_EQ(forest.opens().size(), 1U);
    EXPECT_EQ(forest.opens()[0].program, 1U);
    EXPECT_EQ(forest.opens()[0].error, "ENOENT");
    EXPECT_FALSE(forest.opens()[0].for_writing);
    EXPECT_EQ(forest.first_ns(), 100U);
    EXPECT_EQ(forest.first_time(), "2026-01-02T03:04:05.000000100Z");
    EXPECT_EQ(forest.last_ns(), 1000U);
}

TEST(Forest, KnowsProgramsByTheirOtherRowsToo)
{
    // A shell that ran before: its child has a row that is earlier than its own.
    const Forest forest = forest_of(
        {R"({"event":"exec","ts_ns":100,"pid":3,"errno":null,"exec_id":"2","parent_exec_id":"1","args":["ls"]})",
         R"({"event":"guard","ts_ns":150,"pid":2,"process":"bash","exec_id":"1","action":"deny","op":"unlink"})",
         R"({"event":"open","ts_ns":160,"pid":9,"comm":"kworker","exec_id":null,"path":"/x"})"});

    ASSERT_EQ(forest.programs().size(), 2U);
    EXPECT_FALSE(forest.programs()[0].is_seen);
    EXPECT_EQ(forest.programs()[0].comm, "bash");
    EXPECT_EQ(forest.programs()[1].parent, 0U);
    EXPECT_EQ(forest.decisions()[0].program, 0U);
    EXPECT_EQ(forest.opens()[0].program, std::nullopt);
}

TEST(Forest, KnowsTheFirstEventOfRowsWithoutATime)
{
    const Forest forest =
        forest_of({R"({"event":"exec","ts_ns":100,"pid":3,"errno":null,"exec_id":"1","args":["ls"]})",
                   R"({"event":"exec","ts_ns":200,"pid":4,"errno":null,"exec_id":"2","args":["ls"]})"});

    EXPECT_EQ(forest.first_ns(), 100U);
}

TEST(Forest, KnowsWhatAProcessRanNext)
{
    const Forest forest = forest_of(
        {R"({"event":"exec","ts_ns":1,"pid":3,"errno":null,"exec_id":"1","args":["sh"],"duration_ns":5})",
         R"({"event":"exec","ts_ns":6,"pid":3,"errno":null,"exec_id":"2","args":["ls"],"duration_ns":5,"exit_code":0})",
         R"({"event":"exec","ts_ns":99,"pid":3,"errno":null,"exec_id":"3","args":["id"],"duration_ns":5,"exit_code":0})"});

    EXPECT_EQ(forest.programs()[0].next, 1U);
    EXPECT_EQ(forest.programs()[1].next, std::nullopt); // the number was given to another process
}

// The steps of a search through PATH are told from commands that nothing was found for.
TEST(Forest, MarksFailuresThatFoundTheCommandLater)
{
    const Forest forest = forest_of(
        {R"({"event":"exec","ts_ns":1,"pid":3,"tid":3,"errno":"ENOENT","exec_id":"1","args":["ls"]})",
         R"({"event":"exec","ts_ns":2,"pid":3,"tid":3,"errno":null,"exec_id":"2","args":["ls"],"old_tid":3})",
         R"({"event":"exec","ts_ns":3,"pid":3,"tid":3,"errno":"ENOENT","exec_id":"2","args":["ls"]})",
         R"({"event":"exec","ts_ns":4,"pid":4,"tid":4,"errno":null,"exec_id":"3","args":["ls"],"old_tid":4})"});

    EXPECT_TRUE(forest.failed_execs()[0].is_found_later);
    EXPECT_FALSE(forest.failed_execs()[1].is_found_later);
}

TEST(Forest, FindsAScriptWhoseArgumentsBeginWithItsInterpreter)
{
    const Forest forest = forest_of(
        {R"({"event":"exec","ts_ns":1,"tid":3,"errno":"ENOENT","exec_id":"1","filename":"/opt/run","args":["run","-x"]})",
         R"({"event":"exec","ts_ns":2,"tid":3,"errno":"ENOENT","exec_id":"1","filename":"/opt/sh","args":["run","-x"]})",
         R"({"event":"exec","ts_ns":3,"tid":3,"errno":"ENOENT","exec_id":"1","filename":"/opt/run","args":["run","-x"]})",
         R"({"event":"exec","ts_ns":4,"tid":3,"errno":null,"exec_id":"2","filename":"/bin/run","old_tid":3,)"
         R"("args":["/bin/sh","/bin/run","-x"]})"});

    EXPECT_FALSE(forest.failed_execs()[0].is_found_later);
    EXPECT_FALSE(forest.failed_execs()[1].is_found_later);
    EXPECT_TRUE(forest.failed_execs()[2].is_found_later);
}

TEST(Program, HasANameAndAnEnd)
{
    Program program;

    EXPECT_EQ(program.name(), "?");
    program.comm = "cc1";
    program.file = "bin/";
    EXPECT_EQ(program.name(), "cc1");
    program.file = "/usr/lib/cc1plus";
    EXPECT_EQ(program.name(), "cc1plus");
    program.start_ns = 5;
    EXPECT_EQ(program.end_ns(), 5U);
    program.duration_ns = 2;
    EXPECT_EQ(program.end_ns(), 7U);
}

TEST(Program, FailsByAnExitCodeOrASignal)
{
    Program program;

    EXPECT_FALSE(program.has_failed());
    program.exit_code = 0;
    EXPECT_FALSE(program.has_failed());
    program.exit_code = 1;
    EXPECT_TRUE(program.has_failed());
    program.exit_code.reset();
    program.signal = "SIGTERM";
    EXPECT_TRUE(program.has_failed());
}

TEST(Forest, TakesNoOtherRows)
{
    Forest forest;
    RowParser parser;

    EXPECT_FALSE(forest.add(parser.parse(R"({"event":"count","ts_ns":1})")));
    EXPECT_FALSE(forest.add(parser.parse("{}")));
    forest.complete();
    EXPECT_THAT(forest.programs(), IsEmpty());
    EXPECT_TRUE(forest.first_time().empty());
}

TEST(Forest, RefusesAnExecWithoutAnId)
{
    Forest forest;
    RowParser parser;

    EXPECT_FALSE(forest.add(parser.parse(R"({"event":"exec","ts_ns":1,"errno":null,"args":["make"]})")));
    EXPECT_TRUE(forest.add(parser.parse(R"({"event":"exec","ts_ns":1,"errno":"ENOENT","args":["make"]})")));
    EXPECT_TRUE(forest.programs().empty());
}

// As in a file that is given twice, or in a recording and the JSON that was made of it.
TEST(Forest, CountsAnEventThatComesTwiceOnce)
{
    const std::string_view
        open = R"({"event":"open","ts_ns":5,"pid":2,"tid":2,"exec_id":"1","path":"/x"})",
        other = R"({"event":"open","ts_ns":5,"pid":2,"tid":2,"exec_id":"1","path":"/y"})",
        thread = R"({"event":"open","ts_ns":5,"pid":2,"tid":3,"exec_id":"1","path":"/x"})",
        failed = R"({"event":"exec","ts_ns":6,"pid":2,"tid":2,"exec_id":"1","errno":"ENOENT","filename":"/z"})",
        deny = R"({"event":"guard","ts_ns":7,"pid":2,"tid":2,"exec_id":"1","path":"/x","guard":"a"})",
        also = R"({"event":"guard","ts_ns":7,"pid":2,"tid":2,"exec_id":"1","path":"/x","guard":"b"})";
    const Forest forest = forest_of({open, other, thread, failed, deny, also, thread, other, failed, open, also, deny});

    EXPECT_EQ(forest.opens().size(), 3U);
    EXPECT_EQ(forest.failed_execs().size(), 1U);
    EXPECT_EQ(forest.decisions().size(), 2U);
}

// Made by --fields, they may be different events.
TEST(Forest, CountsEventsWithoutATimeOrAThreadEach)
{
    const std::string_view timeless = R"({"event":"open","tid":2,"path":"/x"})",
                           threadless = R"({"event":"open","ts_ns":5,"path":"/x"})";

    EXPECT_EQ(forest_of({timeless, timeless, threadless, threadless}).opens().size(), 4U);
}

TEST(Forest, TakesTheRowThatKnowsTheEnd)
{
    const std::string_view begun = R"({"event":"exec","ts_ns":1,"pid":3,"exec_id":"1","args":["ls"]})",
                           ended = R"({"event":"exec","ts_ns":1,"pid":3,"exec_id":"1","args":["ls"],"duration_ns":5})";

    EXPECT_EQ(forest_of({begun, ended}).programs().at(0).duration_ns, 5U);
    EXPECT_EQ(forest_of({ended, begun}).programs().at(0).duration_ns, 5U);
}

// ts_ns counts from the boot of a machine.
TEST(Forest, PlacesRowsOfAnotherMachineByTheirUtcTime)
{
    const Forest forest =
        forest_of({R"({"event":"exec","time":"2026-01-02T03:04:05.000000000Z","ts_ns":1000,"exec_id":"1"})",
                   R"({"event":"exec","time":"2026-01-02T03:04:07.000000500Z","ts_ns":900000000000,"exec_id":"2"})",
                   R"({"event":"exec","time":"2026-01-02T03:04:06.500000000Z","ts_ns":3000,"exec_id":"3"})"});

    ASSERT_EQ(forest.programs().size(), 3U);
    EXPECT_EQ(forest.programs()[1].id, 3U); // of the same boot: its clock was set
    EXPECT_EQ(forest.programs()[1].start_ns, 3000U);
    EXPECT_EQ(forest.programs()[2].start_ns, 2'000'001'500U);
}

TEST(Forest, TakesTimesThatAreNoneAsTheyAre)
{
    for (const std::string_view time : {"", "2026-01-02", "2026-01-02T03:04:05.00000000xZ",
                                        "9999-01-02T03:04:05.000000000Z", "2026-01-02T03:04:-5.000000000Z"}) {
        Forest forest;
        RowParser parser;
        forest.add(parser.parse(R"({"event":"exec","time":"2026-01-02T03:04:05.000000000Z","ts_ns":9,"exec_id":"1"})"));
        forest.add(parser.parse(fmt::format(R"({{"event":"exec","time":"{}","ts_ns":7,"exec_id":"2"}})", time)));
        forest.complete();
        EXPECT_EQ(forest.programs().at(0).start_ns, 7U) << time;
    }
}

// Two machines may use the same number at the same time.
TEST(Forest, JoinsOnlyProgramsOfWhichOneBeginsAsTheOtherEnds)
{
    const Forest forest =
        forest_of({R"({"event":"exec","ts_ns":1,"pid":3,"exec_id":"1","args":["sh"],"duration_ns":5})",
                   R"({"event":"exec","ts_ns":4,"pid":3,"exec_id":"2","args":["ls"],"duration_ns":5,"exit_code":0})"});

    EXPECT_EQ(forest.programs()[0].next, std::nullopt);
}

// The end of a program must not come out before its start.
TEST(Forest, DropsADurationBeyondAllNumbers)
{
    const Forest forest = forest_of(
        {R"({"event":"exec","ts_ns":18446744073709551600,"exec_id":"1","duration_ns":18446744073709551615})"});

    EXPECT_EQ(forest.programs().at(0).duration_ns, std::nullopt);
    EXPECT_EQ(forest.last_ns(), 18446744073709551600U);
}

} // namespace
} // namespace snoop
