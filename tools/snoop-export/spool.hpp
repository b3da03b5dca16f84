// SPDX-License-Identifier: BSD-2-Clause
// Requests that wait on disk, oldest first: those of this run, and before them those that former runs left. What was
// added survives the end of the program, however it ends.
//     Spool spool{dir, {.most_bytes = 32 << 20}, say};
//     if (!spool.add({body, 4096})) keep(body);
//     if (const auto request = spool.front()) … spool.pop();
#pragma once

#include "snoop-export/database.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace snoop::snoop_export {

using Say = std::function<void(std::string_view line)>;

// The body of a request as it is sent, compressed or not, with so many records.
struct Request {
    std::string body;
    std::size_t records = 0;
    bool is_former = false; // a former run made it
};

// Records on disk.
struct Spooled {
    std::uint64_t own = 0, former = 0;

    [[nodiscard]] std::uint64_t total() const noexcept { return own + former; }
    std::uint64_t &of(bool is_former) noexcept { return is_former ? former : own; }
};

class Spool {
public:
    struct Options {
        std::size_t most_bytes; // of all requests
        bool spans = false;     // another file than that of logs
    };
    // Makes the folder, if it is missing. Throws Error: exit 2 if it belongs to somebody else, others can write to it,
    // or another run uses it.
    Spool(std::string folder, const Options &options, Say say);
    ~Spool();
    Spool(const Spool &) = delete;
    Spool &operator=(const Spool &) = delete;

    // False if there is no room for it, which is said if it is the disk that is full.
    [[nodiscard]] bool add(const Request &request);
    // The oldest one.
    const std::optional<Request> &front();
    // Removes what front() has returned.
    void pop();

    [[nodiscard]] const std::string &folder() const noexcept { return folder_; }
    [[nodiscard]] const Spooled &records() const noexcept { return records_; }
    // Whether the file was damaged, and the records that were lost by that. Of former runs, those whose number is
    // known.
    [[nodiscard]] bool is_damaged() const noexcept { return is_damaged_; }
    [[nodiscard]] const Spooled &damaged() const noexcept { return damaged_; }

private:
    void check_folder() const;
    void open();
    void read_totals();
    void insert(const Request &request);
    void take_error(const DatabaseError &error, std::string_view consequence);
    void set_aside(const DatabaseError &error);
    void copy_from(Database &old, std::uint64_t sent, std::uint64_t former);
    void say_once(std::string line);

    std::string folder_, file_;
    Options options_;
    Say say_;
    std::optional<Database> db_; // without one, there is no room
    Spooled records_, damaged_;
    std::uint64_t bytes_ = 0;
    std::uint64_t last_former_ = 0, last_ = 0, last_sent_ = 0; // ids, which grow
    std::optional<Request> front_;                             // in memory, and with this id in the file
    std::uint64_t front_id_ = 0;
    bool is_damaged_ = false;
    std::string last_said_;
};

} // namespace snoop::snoop_export
