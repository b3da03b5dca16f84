// SPDX-License-Identifier: BSD-2-Clause
// A forest of a few rows, for tests.
//     Rows rows;
//     rows.exec({.id = 1, .pid = 10, .args = {"cat", "x"}, .exit_code = 1});
//     rows.open(1, 10, "x", "ENOENT");
//     const Forest &forest = rows.forest();
#pragma once

#include "forest/forest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::snoop_why {

// Each row is 100 ns later than the one before.
class Rows {
public:
    struct Exec {
        unsigned id = 0, parent = 0, pid = 0;
        std::vector<std::string> args{};
        unsigned exit_code = 0;
        std::string signal{}; // instead of exit_code
        std::string more{};   // keys
        std::uint64_t duration_ns = 10'000;
        bool is_replaced = false; // by another program of the process; it has no exit_code
    };

    void exec(const Exec &row)
    {
        add(fmt::format(R"({{"event":"exec","ts_ns":{},"comm":"{}","pid":{},"tid":{},"old_tid":{},"errno":null,)"
                        R"("exec_id":"{:016x}","parent_exec_id":"{:016x}","args":["{}"],"filename":"/bin/{}",)"
                        R"("cwd":"/src","user":"ann","duration_ns":{},"exit_code":{},"signal":{}{}}})",
                        next(), row.args.at(0), row.pid, row.pid, row.pid, row.id, row.parent,
                        fmt::join(row.args, R"(",")"), row.args.at(0), row.duration_ns,
                        row.signal.empty() && !row.is_replaced ? std::to_string(row.exit_code) : "null",
                        row.signal.empty() ? "null" : '"' + row.signal + '"', row.more));
    }

    void failed_exec(unsigned id, unsigned pid, std::string_view file, std::string_view error)
    {
        const std::string_view name = file.substr(file.rfind('/') + 1);
        add(fmt::format(R"({{"event":"exec","ts_ns":{},"comm":"sh","pid":{},"tid":{},"errno":"{}","exec_id":"{:016x}",)"
                        R"("parent_exec_id":"0","filename":"{}","args":["{}"],"cwd":"/src"}})",
                        next(), pid, pid, error, id, file, name));
    }

    // Without an error, it succeeds.
    void open(unsigned id, unsigned pid, std::string_view path, std::string_view error = "",
              std::string_view flags = "O_RDONLY")
    {
        add(fmt::format(R"({{"event":"open","ts_ns":{},"comm":"p","pid":{},"tid":{},"errno":{},"exec_id":"{:016x}",)"
                        R"("path":"{}","resolved":"{}","flags":["{}"],"via":"openat"}})",
                        next(), pid, pid, error.empty() ? "null" : fmt::format(R"("{}")", error), id, path,
                        path.starts_with('/') ? std::string{path} : fmt::format("/src/{}", path), flags));
    }

    const Forest &forest()
    {
        forest_.complete();
        return forest_;
    }

private:
    void add(const std::string &line) { forest_.add(parser_.parse(line)); }
    std::uint64_t next() { return now_ += 100; }

    RowParser parser_;
    Forest forest_;
    std::uint64_t now_ = 0;
};

} // namespace snoop::snoop_why
