// SPDX-License-Identifier: BSD-2-Clause
// openguard --also: operations other than opens, audited and denied.
#include "accounting.hpp"
#include "openguard/guarding.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace snoop::test {
namespace {

int result_of(ssize_t returned) { return returned < 0 ? -errno : 0; }

int delete_it(const std::string &path, int flags = 0) { return result_of(unlinkat(AT_FDCWD, path.c_str(), flags)); }

int move_it(const std::string &from, const std::string &to, unsigned flags = 0)
{
    return result_of(renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags));
}

int link_it(const std::string &from, const std::string &to) { return result_of(link(from.c_str(), to.c_str())); }

int execute_it(const std::string &path) { return result_of(execl(path.c_str(), path.c_str(), nullptr)); }

int map_it(int fd, int protection, int flags)
{
    return mmap(nullptr, 1, protection, flags, fd, 0) == MAP_FAILED ? -errno : 0;
}

Fd open_before(const std::string &path, int flags) { return Fd{::open(path.c_str(), flags | O_CLOEXEC)}; }

class Also : public Guarding {
protected:
    // Each makes a row of this operation.
    void expect_op(const std::string &op, const std::vector<Access> &ways)
    {
        for (const Access &way : ways) {
            expect_met({way});
            EXPECT_EQ(tool_->rows().back()["op"], op) << way.name;
            EXPECT_EQ(tool_->rows().back()["via"].is_null(), op != "exec" && op != "open") << way.name;
        }
    }

    const std::string top = dir.folder("top"), out = dir.folder("out");
    const std::string one = dir.file("one", "1"), inner = dir.file("top/inner", "1");
};

INSTANTIATE_TEST_SUITE_P(, Also, testing::Bool(), [](const auto &mode) { return mode.param ? "Enforced" : "Audited"; });

TEST_P(Also, Unlink)
{
    const std::string other = dir.at("other"), sub = dir.folder("top/sub"), below = dir.file("top/below", "");
    ASSERT_EQ(link_it(one, other), 0);
    ASSERT_EQ(chown(top.c_str(), 1000, 1000), 0);
    start({"--also", "unlink", one, top});

    expect_op("unlink", {{"another name", [&] { return delete_it(other); }, "", one},
                         {"its name", [&] { return delete_it(one); }, "", one},
                         {"below a directory", [&] { return delete_it(below); }, "", top},
                         {"a directory", [&] { return delete_it(sub, AT_REMOVEDIR); }, "", top},
                         {"by a user",
                          [&] {
                              become(1000, 1000);
                              return delete_it(inner);
                          },
                          "", top}});
    expect_unmet({{"another file", [&] { return delete_it(dir.file("free", "")); }},
                  {"a rename", [&] { return move_it(out, dir.at("moved")); }}});
    stop();
}

TEST_P(Also, Rename)
{
    const std::string away = dir.at("away"), free = dir.file("free", ""), free2 = dir.file("free2", "");
    const std::string below = dir.file("top/below", ""), folder = dir.folder("top/folder");
    start({"--also", "rename", one, top});

    expect_op("rename", {{"over it", [&] { return move_it(free, one); }, "", one},
                         {"over one below a directory", [&] { return move_it(free2, below); }, "", top},
                         {"within the directory", [&] { return move_it(inner, top + "/new"); }, "", top},
                         {"a directory, out of it", [&] { return move_it(folder, out + "/folder"); }, "", top},
                         {"the directory", [&] { return move_it(top, dir.at("gone")); }, "", top}});
    expect_unmet({{"another file", [&] { return move_it(dir.file("other", ""), away); }}});
    // The kernel asks about each of two files that are exchanged.
    const std::string third = dir.file("third", "");
    expect_op("rename", {{"exchange", [&] { return move_it(third, one, RENAME_EXCHANGE); }, "", one}});
    rows_ += enforce() ? 0 : 1;
    stop();
}

// A link that was audited is guarded as well.
TEST_P(Also, Link)
{
    const std::string hard = out + "/hard", hard2 = out + "/hard2";
    start({"--also", "link,rename", one, top});

    expect_op("link", {{"of a file", [&] { return link_it(one, hard); }, "", one},
                       {"of one below a directory", [&] { return link_it(inner, hard2); }, "", top}});
    EXPECT_EQ(inode_of(hard2) != 0, !enforce());
    if (!enforce())
        expect_op("open", {{"by that link", [&] { return open_it(hard2); }, hard2, top}});
    expect_unmet({{"of another file", [&] { return link_it(dir.file("other", ""), out + "/other"); }},
                  {"an unlink", [&] { return delete_it(inner); }}});
    stop();
}

// Without --on write, an execution is met as an open.
TEST_P(Also, Exec)
{
    const std::string program = dir.program("program");
    const std::string shell = dir.program("shell"), script = dir.file("script", "#!" + shell + "\n", 0755);
    start({"--on", "write", "--also", "exec", program, shell});

    expect_op("exec", {{"a program", [&] { return execute_it(program); }, program, program},
                       {"by descriptor",
                        [&] {
                            char *none[] = {nullptr};
                            return result_of(execveat(open_it(program, O_PATH), "", none, none, AT_EMPTY_PATH));
                        },
                        program, program},
                       {"the interpreter of a script", [&] { return execute_it(script); }, shell, shell}});
    expect_op("open", {{"to write", [&] { return open_it(program, O_WRONLY); }, program, program}});
    expect_unmet({{"to read", [&] { return open_it(program); }}});
    stop();
}

TEST_P(Also, Write)
{
    const Fd file = open_before(one, O_RDWR), below = open_before(inner, O_RDWR),
             free = open_before("/dev/null", O_RDWR);
    start({"--also", "write", one, top});

    expect_op("write", {{"write", [&] { return result_of(write(file.get(), "2", 1)); }, one, one},
                        {"pwrite", [&] { return result_of(pwrite(below.get(), "2", 1, 0)); }, inner, top},
                        {"fallocate", [&] { return result_of(fallocate(file.get(), 0, 0, 4096)); }, one, one}});
    expect_op("truncate", {{"ftruncate", [&] { return result_of(ftruncate(file.get(), 0)); }, one, one}});
    char byte;
    expect_unmet({{"read", [&] { return result_of(pread(below.get(), &byte, 1, 0)); }},
                  {"another file", [&] { return result_of(write(free.get(), "2", 1)); }}});
    stop();
}

TEST_P(Also, Mmap)
{
    const Fd file = open_before(one, O_RDWR), below = open_before(inner, O_RDONLY);
    const Fd free = open_before(dir.file("free", "1"), O_RDWR);
    start({"--also", "mmap", one, top});

    expect_op("mmap", {{"shared", [&] { return map_it(file.get(), PROT_WRITE, MAP_SHARED); }, one, one},
                       {"private", [&] { return map_it(below.get(), PROT_READ, MAP_PRIVATE); }, inner, top}});
    expect_unmet({{"another file", [&] { return map_it(free.get(), PROT_READ, MAP_SHARED); }},
                  {"no file", [] { return map_it(-1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS); }}});
    stop();
}

// Only mappings through which the file can be written, now or after mprotect(2).
TEST_P(Also, MmapOnWrite)
{
    const Fd file = open_before(one, O_RDWR), reader = open_before(one, O_RDONLY);
    start({"--on", "write", "--also", "mmap", one});

    expect_op("mmap", {{"to write", [&] { return map_it(file.get(), PROT_WRITE, MAP_SHARED); }, one, one},
                       {"to read yet", [&] { return map_it(file.get(), PROT_READ, MAP_SHARED); }, one, one}});
    expect_unmet({{"a private copy", [&] { return map_it(file.get(), PROT_WRITE, MAP_PRIVATE); }},
                  {"to read", [&] { return map_it(reader.get(), PROT_READ, MAP_SHARED); }}});
    stop();
}

// Filters and exceptions hold for all operations.
TEST_F(Openguard, AlsoExceptComm)
{
    const std::string other = dir.file("other", "");
    ToolRun tool{"openguard", {"--enforce", "--also", "unlink", "--except-comm", "keeper", dir.path()}};
    const auto deletes = [&](const char *comm) {
        return by_child([&] {
                   prctl(PR_SET_NAME, comm);
                   return delete_it(other);
               })
            .err;
    };

    EXPECT_EQ(deletes("thief"), EPERM);
    EXPECT_EQ(deletes("keeper"), 0);
    EXPECT_EQ(tool.stop(), 0);
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["printed"], 1u);
    EXPECT_EQ(accounting["filtered"], 1u);
}

// A program that root needs must stay executable; a file that is only read need not.
TEST_F(Openguard, AlsoExecRefusesLockout)
{
    const Outcome outcome = run_tool("openguard", {"--enforce", "--on", "write", "--also", "exec", "/bin/sh"});

    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, testing::HasSubstr("'/bin/sh' covers /bin/sh"));
    ToolRun tool{"openguard", {"--enforce", "--on", "write", "--also", "exec", "/etc/passwd"}};
    EXPECT_EQ(tool.stop(), 0);
}

} // namespace
} // namespace snoop::test
