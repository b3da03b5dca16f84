// SPDX-License-Identifier: BSD-2-Clause
// The queue on disk keeps its order and its bound, and survives a run and damage; records in memory come after it.
#include "base/error.hpp"
#include "snoop-export/backlog.hpp"
#include "snoop-export/spool.hpp"
#include "unit/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace snoop::snoop_export {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Clock::time_point start{1000s};
constexpr std::size_t ample = 1 << 20;

class SpoolTest : public testing::Test {
protected:
    Spool spool(std::size_t most = ample)
    {
        return Spool{folder, {most}, [this](std::string_view line) { said.emplace_back(line); }};
    }
    static std::string take(Spool &from)
    {
        const auto &front = from.front();
        if (!front)
            return "";
        std::string text = fmt::format("{}/{}{}", front->body, front->records, front->is_former ? " former" : "");
        from.pop();
        return text;
    }

    TempDir temp;
    std::string folder = temp.path() + "/spool";
    std::vector<std::string> said;
};

TEST_F(SpoolTest, KeepsTheOrder)
{
    Spool queue = spool();

    ASSERT_TRUE(queue.add({"a", 1}));
    ASSERT_TRUE(queue.add({"b", 2}));
    EXPECT_EQ(queue.front()->body, "a"); // again, until it is sent
    EXPECT_EQ(take(queue), "a/1");
    ASSERT_TRUE(queue.add({"c", 3}));
    EXPECT_EQ(queue.records().own, 5U);
    EXPECT_EQ(take(queue), "b/2");
    EXPECT_EQ(take(queue), "c/3");
    EXPECT_EQ(take(queue), "");
    EXPECT_EQ(queue.records().total(), 0U);
    ASSERT_TRUE(queue.add({"d", 4}));
    EXPECT_EQ(take(queue), "d/4");
    EXPECT_THAT(said, IsEmpty());
}

TEST_F(SpoolTest, HasWhatAFormerRunLeft)
{
    {
        Spool queue = spool();
        ASSERT_TRUE(queue.add({"a", 1}));
        ASSERT_TRUE(queue.add({std::string("b\0c", 3), 2}));
        EXPECT_EQ(take(queue), "a/1");
    }
    Spool queue = spool();
    EXPECT_EQ(queue.records().former, 2U);
    ASSERT_TRUE(queue.add({"d", 4}));
    EXPECT_EQ(queue.records().own, 4U);
    EXPECT_EQ(take(queue), std::string("b\0c", 3) + "/2 former");
    EXPECT_EQ(take(queue), "d/4");
}

TEST_F(SpoolTest, HasABound)
{
    Spool queue = spool(1000);
    const Request request{std::string(400, 'x'), 1};

    EXPECT_TRUE(queue.add(request));
    EXPECT_TRUE(queue.add(request));
    EXPECT_FALSE(queue.add(request));
    take(queue);
    EXPECT_TRUE(queue.add(request));
    EXPECT_EQ(queue.records().own, 2U);
    EXPECT_THAT(said, IsEmpty());
}

TEST_F(SpoolTest, BelongsToOneRun)
{
    const Spool first = spool();

    EXPECT_THROW(spool(), Error);
}

TEST_F(SpoolTest, GoesOnAfterDamage)
{
    {
        Spool queue = spool();
        for (int i = 0; i < 4; i++)
            ASSERT_TRUE(queue.add({std::string(20'000, 'x'), 10}));
    }
    std::filesystem::resize_file(folder + "/logs.sqlite", 30'000);
    Spool queue = spool();
    ASSERT_TRUE(queue.add({"a", 1}));
    std::string sent;
    for (std::string each = take(queue); !each.empty() && each != "a/1"; each = take(queue))
        EXPECT_THAT(each, HasSubstr("/10 former"));
    EXPECT_TRUE(queue.is_damaged());
    EXPECT_THAT(said, ElementsAre(HasSubstr("was damaged: ")));
    EXPECT_TRUE(std::filesystem::exists(folder + "/logs.sqlite.damaged"));
    EXPECT_TRUE(queue.add({"b", 2}));
    EXPECT_EQ(take(queue), "b/2");
}

TEST_F(SpoolTest, IsNotReadIfANewerVersionWroteIt)
{
    {
        const Spool queue = spool();
    }
    {
        Database db{folder + "/logs.sqlite"};
        db.run("PRAGMA user_version = 2");
    }
    EXPECT_THROW(spool(), Error);
    EXPECT_FALSE(std::filesystem::exists(folder + "/logs.sqlite.damaged"));
}

class BacklogTest : public SpoolTest {
protected:
    static void push(Backlog &to, const char *record) { ASSERT_TRUE(to.push(record, start)); }
    static std::string sent(Backlog &from, Clock::time_point now)
    {
        if (!from.is_ready(now))
            return "";
        const auto request = from.next();
        from.pop();
        return request->body.substr(request->body.find("\"logRecords\":") + 13);
    }
    RequestFormat format{{}, false};
};

TEST_F(BacklogTest, StoresWhatIsReady)
{
    Spool disk = spool();
    Backlog backlog{ample, format, &disk};

    push(backlog, "1");
    EXPECT_EQ(backlog.store_at(), start + 1s);
    backlog.store(start);
    EXPECT_EQ(disk.records().own, 0U);
    backlog.store(start + 1s);
    EXPECT_EQ(disk.records().own, 1U);
    EXPECT_FALSE(backlog.store_at());
    push(backlog, "2");
    EXPECT_EQ(backlog.size(), 2U);
    EXPECT_EQ(sent(backlog, start), "[1]}]}]}");
    EXPECT_EQ(sent(backlog, start), "");
    backlog.finish();
    backlog.store(start);
    EXPECT_EQ(disk.records().own, 1U);
    EXPECT_EQ(sent(backlog, start), "[2]}]}]}");
    EXPECT_EQ(backlog.size(), 0U);
}

TEST_F(BacklogTest, SendsFromMemoryIfTheDiskHasNoRoom)
{
    Spool disk = spool(1);
    Backlog backlog{ample, format, &disk};

    push(backlog, "1");
    backlog.store(start + 1s);
    EXPECT_EQ(backlog.store_at(), start + 2s); // it is tried again then
    EXPECT_EQ(disk.records().own, 0U);
    ASSERT_TRUE(backlog.next());
    push(backlog, "2");
    EXPECT_FALSE(backlog.store_at()); // not what is being sent
    backlog.retry_later();
    EXPECT_EQ(backlog.store_at(), start + 2s);
    EXPECT_EQ(sent(backlog, start + 1s), "[1]}]}]}"); // the same request
    EXPECT_EQ(sent(backlog, start + 1s), "[2]}]}]}");
}

} // namespace
} // namespace snoop::snoop_export
