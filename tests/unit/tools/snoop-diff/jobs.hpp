// SPDX-License-Identifier: BSD-2-Clause
// Jobs of a test, from short rows: rows({…}) writes those of execsnoop and opensnoop.
//     const Compared compared{rows({.id = 1, .args = {"make"}}), rows({.id = 7, .args = {"make"}, .code = 2})};
//     EXPECT_THAT(compared.lines(), ElementsAre("first make: status: exit 0 | exit 2"));
#pragma once

#include "base/json.hpp"
#include "snoop-diff/compare.hpp"
#include "snoop-diff/report.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_diff {

// A program that ran; the file is in /usr/bin unless it is given. Times are in milliseconds.
struct Ran {
    unsigned id = 0, parent = 0;
    std::vector<std::string> args = {};
    std::string file = {};
    unsigned at = 0, lasts = 1, pid = 0;
    int code = 0; // negative: none, since it called exec again
    std::string signal = {}, resolved = {}, interp = {}, cwd = "/src", error = {};
};

// An open, and its error.
struct Opened {
    unsigned id = 0;
    std::string path = {}, error = {};
    unsigned at = 0;
    std::string resolved = {}, via = "openat";
    bool is_exclusive = false;
};

inline std::string quoted(const std::string &text)
{
    Buffer out;
    JsonWriter{out}.value(text);
    return fmt::to_string(out);
}

inline std::string or_null(const std::string &text) { return text.empty() ? "null" : quoted(text); }

inline std::string row(const Ran &ran)
{
    std::string args, status = "\"exit_code\":null,\"signal\":null";

    for (const std::string &arg : ran.args)
        args += (args.empty() ? "" : ",") + quoted(arg);
    if (!ran.signal.empty())
        status = "\"exit_code\":null,\"signal\":" + quoted(ran.signal);
    else if (ran.code >= 0)
        status = fmt::format("\"exit_code\":{},\"signal\":null", ran.code);
    const unsigned pid = ran.pid ? ran.pid : 10000 + ran.id;
    return fmt::format("{{\"event\":\"exec\",\"ts_ns\":{},\"pid\":{},\"tid\":{},\"old_tid\":{},\"exec_id\":\"{:016x}\","
                       "\"parent_exec_id\":\"{:016x}\",\"comm\":\"x\",\"errno\":{},\"filename\":{},\"resolved\":{},"
                       "\"interp\":{},\"cwd\":{},\"args\":[{}],\"duration_ns\":{},{}}}",
                       1'000'000'000 + ran.at * 1'000'000ULL, pid, pid, pid, ran.id, ran.parent, or_null(ran.error),
                       quoted(ran.file.empty() ? "/usr/bin/" + ran.args.at(0) : ran.file), or_null(ran.resolved),
                       or_null(ran.interp), quoted(ran.cwd), args,
                       ran.error.empty() ? std::to_string(ran.lasts * 1'000'000ULL) : "null", status);
}

inline std::string row(const Opened &opened)
{
    return fmt::format("{{\"event\":\"open\",\"ts_ns\":{},\"pid\":{},\"exec_id\":\"{:016x}\",\"path\":{},"
                       "\"resolved\":{},\"errno\":{},\"via\":{},\"flags\":[{}]}}",
                       1'000'000'000 + opened.at * 1'000'000ULL, 10000 + opened.id, opened.id, quoted(opened.path),
                       or_null(opened.resolved), or_null(opened.error), quoted(opened.via),
                       opened.is_exclusive ? "\"O_CREAT\",\"O_EXCL\"" : "");
}

using Lines = std::vector<std::string>;

template <class... Rows> Lines rows(const Rows &...all) { return {row(all)...}; }

class Compared {
public:
    Compared(const Lines &a, const Lines &b, const CompareOptions &options = {})
        : forest_a_(forest_of(a)),
          forest_b_(forest_of(b)),
          words_a_(vocabulary_of(forest_a_)),
          words_b_(vocabulary_of(forest_b_)),
          a_(with_folders(), words_a_, words_b_, numbers_),
          b_(forest_b_, words_b_, words_a_, numbers_),
          differences_(compare(a_, b_, options))
    {}
    Compared(const Compared &) = delete;
    Compared &operator=(const Compared &) = delete;

    [[nodiscard]] const std::vector<Difference> &differences() const { return differences_; }
    [[nodiscard]] Report report() const { return {a_, b_, "a", "b", differences_, differences_.empty()}; }

    // "first make > cc: status: exit 0 | exit 1", with "(consequence) " before what is one.
    [[nodiscard]] Lines lines() const
    {
        Lines all;
        for (const Difference &each : differences_) {
            const Shown text = shown(report(), each);
            all.push_back(fmt::format("{}{}{}: {}: {} | {}", each.is_first ? "first " : "",
                                      each.is_consequence ? "(consequence) " : "", text.place, text.what, text.in_a,
                                      text.in_b));
        }
        return all;
    }

private:
    static Forest forest_of(const Lines &lines)
    {
        Forest forest;
        RowParser parser;
        for (const std::string &line : lines)
            EXPECT_TRUE(forest.add(parser.parse(line))) << line;
        forest.complete();
        return forest;
    }
    const Forest &with_folders()
    {
        set_folders(words_a_, forest_a_.programs().front().cwd, words_b_, forest_b_.programs().front().cwd);
        return forest_a_;
    }

    Forest forest_a_, forest_b_;
    Vocabulary words_a_, words_b_;
    Numbers numbers_;
    Job a_, b_;
    std::vector<Difference> differences_;
};

} // namespace snoop::snoop_diff
