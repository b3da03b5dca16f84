// SPDX-License-Identifier: BSD-2-Clause
// Names of containers in a recording: as they were written, and from a record that is cut.
#include "events/recorder.hpp"
#include "events/recording.hpp"
#include "fixtures.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <utility>

namespace {

using namespace snoop;
using snoop::test::TempDir;

TEST(RecordedContainer, IsReadBack)
{
    const TempDir dir;
    const std::string path = dir.at("recording"), id(64, 'a');
    const ContainerInfo info{"web", "nginx:1", {}, "prod"};
    {
        Recorder recorder{path};
        recorder.begin(RecordingHeader{});
        recorder.add_container(id, info);
    }
    const std::string file = snoop::test::read_file(path);
    const auto record = std::as_bytes(std::span{file}).subspan(sizeof(RecordingHeader));

    EXPECT_EQ(recorded_container(record), (std::pair{id, info}));
    EXPECT_EQ(recorded_container(record.first(record.size() - sizeof("prod") - 1)),
              (std::pair{id, ContainerInfo{"web", "nginx:1", {}, {}}}));
    EXPECT_EQ(recorded_container(record.first(sizeof(snoop_record) + id.size())), (std::pair{id, ContainerInfo{}}));
    EXPECT_EQ(recorded_container(record.first(8)), (std::pair{std::string{}, ContainerInfo{}}));
}

} // namespace
