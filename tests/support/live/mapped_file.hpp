// SPDX-License-Identifier: BSD-2-Clause
// Shared by the live tests of the tools that trace programs: a process, and what can happen to the path of its program.
//     TEST_P(MappedFile, IsTraced) { Answering process = start(); … process.call(); … }
//     INSTANTIATE_TEST_SUITE_P(, MappedFile, testing::ValuesIn(every_change), name_of_change);
#pragma once

#include "fixtures.hpp"
#include "process.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

// The function that is traced; it hits the static probe snooptest:answer.
extern "C" void snoop_answer();

namespace snoop::test {

// A copy of this program that calls snoop_answer() when it is asked to.
class Answering {
public:
    // Executes `path`. `args` say what it does before the first call: "covered PATH" mounts over a path, "chroot PATH"
    // changes its root. `before` is called in the process before it executes.
    explicit Answering(
        const std::string &path, const std::vector<std::string> &args = {},
        const std::function<void()> &before = [] {});

    void call();
    [[nodiscard]] std::string pid() const { return std::to_string(process_->pid()); }

private:
    Fd to_, from_;
    std::optional<Process> process_;
};

struct Change {
    std::string name;
    std::string now; // the file's name in maps afterwards
};

inline void PrintTo(const Change &change, std::ostream *out) { *out << change.name; }

extern const std::vector<Change> every_change;

inline std::string name_of_change(const testing::TestParamInfo<Change> &change) { return change.param.name; }

class MappedFile : public testing::TestWithParam<Change> {
protected:
    void SetUp() override;

    // The process, after what the parameter says has happened to its program.
    Answering start();
    // Its file as a name, a pattern and a path.
    [[nodiscard]] std::vector<std::string> binaries() const;

    const TempDir dir;
    const std::string above = dir.folder("above"), path = above + "/traced";
};

// Shortens a file to a page and fills it with its bytes again, until it is destroyed.
class Shrinking {
public:
    explicit Shrinking(std::string path);
    ~Shrinking();
    Shrinking(const Shrinking &) = delete;
    Shrinking &operator=(const Shrinking &) = delete;

private:
    struct Writer;
    std::unique_ptr<Writer> writer_;
};

} // namespace snoop::test
