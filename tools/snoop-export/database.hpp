// SPDX-License-Identifier: BSD-2-Clause
// A database of SQLite, which this process alone uses.
//     Database db{"/var/spool/snoopkit/logs.sqlite"};
//     db.run("DELETE FROM requests WHERE id <= ?", 5);
//     db.query("SELECT count(*) FROM requests", [&](const auto &row) { count = row.number(0); });
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace snoop::snoop_export {

// The text is SQLite's.
struct DatabaseError : std::runtime_error {
    DatabaseError(int number, const std::string &text) : std::runtime_error(text), code(number) {}

    [[nodiscard]] bool is_busy() const noexcept { return code == SQLITE_BUSY; }
    int code; // of SQLite, without the extension
};

class Database {
    struct Closer {
        void operator()(sqlite3 *db) const { sqlite3_close(db); }
        void operator()(sqlite3_stmt *statement) const { sqlite3_finalize(statement); }
    };

public:
    class Columns {
    public:
        explicit Columns(sqlite3_stmt *statement) : statement_(statement) {}
        [[nodiscard]] std::uint64_t number(int column) const;
        // Lasts until the next row.
        [[nodiscard]] std::string_view bytes(int column) const;

    private:
        sqlite3_stmt *statement_;
    };

    // Makes the file, unless it is there. Locks it until the end of the process. Throws DatabaseError, as all do.
    explicit Database(const std::string &file);

    // Each `?` takes a value.
    template <class... Values> void run(const char *sql, const Values &...values)
    {
        query(
            sql, [](const Columns &) {}, values...);
    }
    template <class Take, class... Values> void query(const char *sql, Take take, const Values &...values)
    {
        const auto statement = prepare(sql);
        [[maybe_unused]] int at = 0;
        (bind(statement.get(), ++at, values), ...);
        while (step(statement.get()))
            take(Columns{statement.get()});
    }

    // Leaves beside the file what SQLite has not written into it yet.
    void close_as_it_is();

private:
    using Statement = std::unique_ptr<sqlite3_stmt, Closer>;

    Statement prepare(const char *sql);
    void bind(sqlite3_stmt *statement, int at, std::uint64_t value);
    void bind(sqlite3_stmt *statement, int at, std::string_view value);
    bool step(sqlite3_stmt *statement);
    void check(int code);

    std::unique_ptr<sqlite3, Closer> db_;
};

} // namespace snoop::snoop_export
