// SPDX-License-Identifier: BSD-2-Clause
// execsnoop's rows as text, byte by byte, from records built here.
#include "unit/exec.hpp"

#include <cerrno>

namespace {

using namespace std::string_literals;

TEST_F(ExecsnoopReplay, HeaderRowAndAccounting)
{
    const Finished f = replay({exec_head({.args = {"ls", "-l", "/tmp"}})});

    EXPECT_EQ(f.out, "COMM             PID     PPID    RET  ARGS\n"
                     "ls               4242    4000    0    /bin/ls -l /tmp\n");
    EXPECT_EQ(f.err, "execsnoop: seen 1 = printed 1 + filtered 0 + lost 0\n");
    EXPECT_EQ(f.exit, 0);
}

TEST_F(ExecsnoopReplay, NoEvents)
{
    const Finished f = replay({});
    EXPECT_EQ(f.out, text_header());
    EXPECT_EQ(f.err, "execsnoop: seen 0 = printed 0 + filtered 0 + lost 0\n");
    EXPECT_EQ(f.exit, 0);
}

TEST_F(ExecsnoopReplay, NoArgumentsAtAll)
{
    EXPECT_EQ(rows({exec_head({.args = {}})}), text_row("/bin/ls"));
    EXPECT_EQ(rows({exec_head({.args = {"ls", "", "x"}})}), text_row("/bin/ls  x"));
}

TEST_F(ExecsnoopReplay, ScriptPrintsItsInterpreter)
{
    EXPECT_EQ(rows({exec_head(
                  {.filename = "./build.sh", .args = {"/bin/sh", "-e", "./build.sh", "x"}, .interp = "/bin/sh"})}),
              text_row("/bin/sh -e ./build.sh x"));
}

TEST_F(ExecsnoopReplay, FailedExec)
{
    const ExecSpec failed{.filename = "/no/such", .args = {"such", "-v"}, .ret = -ENOENT, .args_total = 0};
    EXPECT_EQ(rows({exec_head(failed)}), text_row("/no/such -v", failed));
}

TEST_F(ExecsnoopReplay, UnreadableMemory)
{
    EXPECT_EQ(rows({exec_head({.args = {"ls", "x"}, .flags = no_filename})}), text_row("<fault> x"));
    EXPECT_EQ(rows({exec_head({.args = {}, .flags = no_args, .args_total = 30})}), text_row("/bin/ls <fault>"));
    const ExecSpec part{.args = {"ls", "-l"}, .flags = SNOOP_FLAG_MORE, .args_total = 0};
    EXPECT_EQ(rows({exec_head(part), exec_more(part, "ls\0-l\0"s, no_args)}), text_row("/bin/ls -l <fault>"));
}

TEST_F(ExecsnoopReplay, CutArguments)
{
    EXPECT_EQ(rows({exec_head({.args = {"ls", "-l"}, .flags = SNOOP_FLAG_TRUNCATED, .args_total = 1000})}),
              text_row("/bin/ls -l <cut: 6 of 1000 bytes>"));
    EXPECT_EQ(rows({exec_head({.args = {"ls", "-l"}, .flags = SNOOP_FLAG_TRUNCATED, .args_total = 0})}),
              text_row("/bin/ls -l <cut after 6 bytes>"));
}

TEST_F(ExecsnoopReplay, ArgumentsInSeveralRecords)
{
    const ExecSpec spec{.args = {"cc", "-O2", "-Wall", "main.c"}};
    for (const std::size_t piece : {1u, 2u, 5u, 100u})
        EXPECT_EQ(rows(exec_in_pieces(spec, piece)), text_row("/bin/ls -O2 -Wall main.c")) << piece;
}

TEST_F(ExecsnoopReplay, ArgumentsOf128KiB)
{
    ExecSpec spec;
    std::string expected = "/bin/ls";
    for (int i = 0; i < 20000; i++) {
        spec.args.push_back(fmt::format("f{:06}", i));
        expected += " " + spec.args.back();
    }
    EXPECT_TRUE(rows(exec_in_pieces(spec, EXEC_MORE_ARGS)) == text_row(expected));
}

TEST_F(ExecsnoopReplay, MissingLastRecord)
{
    ExecSpec spec{.args = {"cc", "-O2", "-Wall"}};
    std::vector<Record> records = exec_in_pieces(spec, 5);
    records.pop_back();
    EXPECT_EQ(rows(records), text_row("/bin/ls -O2 -Wa <cut: 10 of 13 bytes>"));

    records.resize(1); // only the head is left
    EXPECT_EQ(rows(records), text_row("/bin/ls <cut: 0 of 13 bytes>"));

    spec.args_total = 0; // as for a failed exec
    records = exec_in_pieces(spec, 5);
    records.pop_back();
    EXPECT_EQ(rows(records), text_row("/bin/ls -O2 -Wa <cut after 10 bytes>"));
}

// The total size shows that a part is missing.
TEST_F(ExecsnoopReplay, MissingMiddleRecord)
{
    std::vector<Record> records = exec_in_pieces({.args = {"cc", "-a", "-b", "-c"}}, 3);
    records.erase(records.begin() + 2);
    EXPECT_EQ(rows(records), text_row("/bin/ls -b -c <cut: 9 of 12 bytes>"));
}

TEST_F(ExecsnoopReplay, MissingHead)
{
    const ExecSpec lost{.args = {"cc", "-O2"}, .pid = 1}, shown{};
    std::vector<Record> records = exec_in_pieces(lost, 4);
    records.erase(records.begin());
    records.push_back(exec_head(shown));
    EXPECT_EQ(rows(records), text_row("/bin/ls", shown));
}

TEST_F(ExecsnoopReplay, InterleavedEvents)
{
    const ExecSpec a{.args = {"a", "1", "2"}, .pid = 1}, b{.args = {"b", "3", "4"}, .pid = 2}, c{.pid = 3};
    const auto of_a = exec_in_pieces(a, 4), of_b = exec_in_pieces(b, 4);
    ASSERT_EQ(of_a.size(), 3u);

    EXPECT_EQ(rows({of_a[0], of_b[0], of_a[1], exec_head(c), of_b[1], of_b[2], of_a[2]}),
              text_row("/bin/ls", c) + text_row("/bin/ls 3 4", b) + text_row("/bin/ls 1 2", a));
}

// The time tells two events of a thread apart.
TEST_F(ExecsnoopReplay, TwoEventsOfOneThread)
{
    const ExecSpec a{.args = {"a", "1"}}, b{.args = {"b", "2"}, .ts_ns = a.ts_ns + 1};
    const auto of_a = exec_in_pieces(a, 100), of_b = exec_in_pieces(b, 100);
    EXPECT_EQ(rows({of_a[0], of_a[1], of_b[0], of_b[1]}), text_row("/bin/ls 1") + text_row("/bin/ls 2"));
}

TEST_F(ExecsnoopReplay, NothingForgesALine)
{
    ExecSpec evil{
        .filename = "/tmp/a\nroot", .args = {"x", "\x1b[2J", "a\xff", "b c", "\u202e\\"}, .comm = "e v\nl\x1b"};
    std::string expected =
        "e\\x20v\\nl\\x1b    4242    4000    0    /tmp/a\\nroot \\x1b[2J a\\xff b c \\xe2\\x80\\xae\\\\\n";
    EXPECT_EQ(rows({exec_head(evil)}), expected);
}

TEST_F(ExecsnoopReplay, CommWithoutNul)
{
    EXPECT_EQ(rows({exec_head({.comm = "0123456789abcdef"})}), "0123456789abcdef 4242    4000    0    /bin/ls\n");
}

TEST_F(ExecsnoopReplay, QuotedForAShell)
{
    const ExecSpec spec{.filename = "/bin/my prog", .args = {"p", "", "a b", "it's", "plain", "$HOME", "a\nb", "\xff"}};
    EXPECT_EQ(rows({exec_head(spec)}, {"-q"}),
              text_row("'/bin/my prog' '' 'a b' $'it\\'s' plain '$HOME' $'a\\nb' $'\\xff'"));
}

TEST_F(ExecsnoopReplay, Line)
{
    const ExecSpec a{.filename = "/bin/cat", .args = {"cat", "/etc/passwd", "-n"}, .comm = "cat", .pid = 1};
    const ExecSpec b{.args = {"passwd-argv0", "/tmp"}, .comm = "passwd", .pid = 2};
    const std::vector<Record> both{exec_head(a), exec_head(b)};
    const std::string row_a = text_row("/bin/cat /etc/passwd -n", a), row_b = text_row("/bin/ls /tmp", b);

    EXPECT_EQ(rows(both, {"-l", "passwd"}), row_a); // in the arguments, not comm
    EXPECT_EQ(rows(both, {"--line", "/tmp"}), row_b);
    EXPECT_EQ(rows(both, {"-l", "/bin/"}), row_a + row_b); // in the path
    EXPECT_EQ(rows(both, {"-l", "passwd -n"}), row_a);     // across arguments
    EXPECT_EQ(rows(both, {"-l", "nowhere"}), "");
    EXPECT_EQ(rows(both, {"-l", "nowhere", "-l", "tmp"}), row_b);
    EXPECT_EQ(rows(both, {"-l", "[passwd]"}), "");
}

TEST_F(ExecsnoopReplay, FiltersBothWays)
{
    const ExecSpec a{.comm = "aa", .pid = 11, .ppid = 21, .uid = 0};
    const ExecSpec b{.comm = "bb", .pid = 12, .ppid = 22, .uid = nobody_has_this_id};
    const std::vector<Record> both{exec_head(a), exec_head(b)};
    const std::string row_a = text_row("/bin/ls", a), row_b = text_row("/bin/ls", b);

    for (const auto &[option, of_a, of_b, of_none] :
         {std::array<std::string, 4>{"-u", "root", std::to_string(nobody_has_this_id), "4000000001"},
          {"-p", "11", "12", "13"},
          {"-P", "21", "22", "23"},
          {"-n", "aa", "bb", "a"}}) {
        EXPECT_EQ(rows(both, {option, of_a}), row_a) << option;
        EXPECT_EQ(rows(both, {option, of_b}), row_b) << option;
        EXPECT_EQ(rows(both, {option, of_a, option, of_b}), row_a + row_b) << option;
        EXPECT_EQ(rows(both, {option, of_none}), "") << option;
    }
    EXPECT_EQ(rows(both, {"-p", "11", "-n", "bb"}), ""); // all filters have to agree
    EXPECT_EQ(replay(both, {"-p", "11"}).err, "execsnoop: seen 2 = printed 1 + filtered 1 + lost 0\n");
}

TEST_F(ExecsnoopReplay, TimesAndUser)
{
    const Finished f =
        replay({exec_head({.uid = nobody_has_this_id})}, {"-T", "-t", "-U"}, {{{"TZ", "IST-5:30"}}, "", -1});
    EXPECT_EQ(f.out, "TIME     TIME(s)  UID    COMM             PID     PPID    RET  ARGS\n"
                     "15:34:11 1.500    4000000000 ls               4242    4000    0    /bin/ls\n");

    EXPECT_EQ(replay({exec_head({})}, {"-T"}, {{{"TZ", "UTC"}}, "", -1}).out,
              "TIME     " + text_header() + "10:04:11 " + text_row("/bin/ls"));
    EXPECT_EQ(replay({exec_head({})}, {"-t"}).out, "TIME(s)  " + text_header() + "1.500    " + text_row("/bin/ls"));
    EXPECT_EQ(replay({exec_head({})}, {"-U"}).out, "UID    " + text_header() + "0      " + text_row("/bin/ls"));
}

} // namespace
