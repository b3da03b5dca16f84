// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/database.hpp"

namespace snoop::snoop_export {

Database::Database(const std::string &file)
{
    constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    sqlite3 *db = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &db, flags, nullptr);

    db_.reset(db);
    check(code);
    // With a lock that lasts, a write-ahead log needs no shared memory. A commit is one write to it, without fsync().
    run("PRAGMA locking_mode = exclusive");
    run("PRAGMA journal_mode = wal");
    run("PRAGMA synchronous = normal");
    run("PRAGMA journal_size_limit = 0");
}

void Database::close_as_it_is()
{
    sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    db_.reset();
}

Database::Statement Database::prepare(const char *sql)
{
    sqlite3_stmt *statement = nullptr;

    check(sqlite3_prepare_v2(db_.get(), sql, -1, &statement, nullptr));
    return Statement{statement};
}

void Database::bind(sqlite3_stmt *statement, int at, std::uint64_t value)
{
    check(sqlite3_bind_int64(statement, at, static_cast<sqlite3_int64>(value)));
}

void Database::bind(sqlite3_stmt *statement, int at, std::string_view value)
{
    check(sqlite3_bind_blob64(statement, at, value.data(), value.size(), SQLITE_STATIC));
}

bool Database::step(sqlite3_stmt *statement)
{
    const int code = sqlite3_step(statement);

    if (code != SQLITE_ROW && code != SQLITE_DONE)
        check(code);
    return code == SQLITE_ROW;
}

void Database::check(int code)
{
    constexpr int basic = 0xff;

    if (code == SQLITE_OK)
        return;
    if (!db_)
        throw DatabaseError{SQLITE_NOMEM, "no memory"};
    throw DatabaseError{code & basic, sqlite3_errmsg(db_.get())};
}

std::uint64_t Database::Columns::number(int column) const
{
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}

std::string_view Database::Columns::bytes(int column) const
{
    const void *data = sqlite3_column_blob(statement_, column);

    return {static_cast<const char *>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

} // namespace snoop::snoop_export
