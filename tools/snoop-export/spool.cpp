// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/spool.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop::snoop_export {
namespace {

constexpr std::uint64_t file_format = 1; // of the file

} // namespace

Spool::Spool(std::string folder, const Options &options, Say say)
    : folder_(std::move(folder)),
      file_(folder_ + (options.spans ? "/spans.sqlite" : "/logs.sqlite")),
      options_(options),
      say_(std::move(say))
{
    check_folder();
    try {
        open();
    } catch (const DatabaseError &error) {
        if (error.is_busy())
            throw Error{exit_usage, "--otlp-spool: another run uses '{}': give each a directory of its own", folder_};
        if (error.code == SQLITE_CANTOPEN || error.code == SQLITE_READONLY || error.code == SQLITE_PERM)
            throw Error{exit_usage, "--otlp-spool: cannot open '{}': {}", file_, error.what()};
        take_error(error, "rows stay in memory");
        if (!is_damaged_)
            db_.reset();
    }
}

// A file that a burst of rows has made large is made small again.
Spool::~Spool()
{
    try {
        if (db_ && records_.total() == 0) {
            db_->run("DELETE FROM requests");
            db_->run("VACUUM");
        }
    } catch (const DatabaseError &) {}
}

void Spool::check_folder() const
{
    struct stat status {};

    if (mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST)
        throw Error{exit_usage, "--otlp-spool: cannot make '{}' as user {}: {}", folder_, geteuid(),
                    describe_errno(errno)};
    const Fd dir{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!dir || fstat(dir.get(), &status) != 0)
        throw Error{exit_usage, "--otlp-spool: cannot open '{}' as user {}: {}", folder_, geteuid(),
                    describe_errno(errno)};
    if (status.st_uid != geteuid())
        throw Error{exit_usage,
                    "--otlp-spool: '{}' belongs to user {}, but snoop-export runs as user {}, who must own it", folder_,
                    status.st_uid, geteuid()};
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        throw Error{exit_usage, "--otlp-spool: others can write to '{0}': chmod go-w '{0}'", folder_};
    // SQLite gives its other files the same mode.
    const Fd file{openat(dir.get(), file_.c_str() + folder_.size() + 1, O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (!file)
        throw Error{exit_usage, "--otlp-spool: cannot open '{}': {}", file_, describe_errno(errno)};
}

void Spool::open()
{
    std::uint64_t version = 0;

    db_.emplace(file_);
    db_->query("PRAGMA user_version", [&](const auto &row) { version = row.number(0); });
    if (version > file_format)
        throw Error{exit_usage, "--otlp-spool: a newer version has written '{}'", file_};
    db_->run(
        "CREATE TABLE IF NOT EXISTS requests (id INTEGER PRIMARY KEY, records INTEGER NOT NULL, body BLOB NOT NULL)");
    if (version < file_format)
        db_->run("PRAGMA user_version = 1");
    read_totals();
}

void Spool::read_totals()
{
    db_->query("SELECT max(id), sum(records), sum(length(body)) FROM requests", [&](const auto &row) {
        last_ = last_former_ = row.number(0);
        records_ = {0, row.number(1)};
        bytes_ = row.number(2);
    });
}

bool Spool::add(const Request &request)
{
    if (!db_ || bytes_ + request.body.size() > options_.most_bytes)
        return false;
    try {
        insert(request);
    } catch (const DatabaseError &error) {
        take_error(error, "rows stay in memory");
        return false;
    }
    last_said_.clear();
    return true;
}

void Spool::insert(const Request &request)
{
    db_->run("INSERT INTO requests VALUES (?, ?, ?)", last_ + 1, std::uint64_t{request.records},
             std::string_view{request.body});
    last_++;
    records_.of(request.is_former) += request.records;
    bytes_ += request.body.size();
}

const std::optional<Request> &Spool::front()
{
    if (front_ || !db_ || records_.total() == 0)
        return front_;
    try {
        db_->query(
            "SELECT id, records, body FROM requests WHERE id > ? ORDER BY id LIMIT 1",
            [&](const auto &row) {
                front_id_ = row.number(0);
                front_ = Request{std::string{row.bytes(2)}, row.number(1), front_id_ <= last_former_};
            },
            last_sent_);
        if (!front_)
            throw DatabaseError{SQLITE_CORRUPT, "requests are missing"};
    } catch (const DatabaseError &error) {
        set_aside(error);
    }
    return front_;
}

// If the disk is full, the next one removes this one, too.
void Spool::pop()
{
    records_.of(front_->is_former) -= front_->records;
    bytes_ -= front_->body.size();
    front_.reset();
    last_sent_ = front_id_;
    try {
        if (db_)
            db_->run("DELETE FROM requests WHERE id <= ?", last_sent_);
    } catch (const DatabaseError &error) {
        take_error(error, "rows that were sent may be sent again");
    }
}

// The disk may have room later.
void Spool::take_error(const DatabaseError &error, std::string_view consequence)
{
    if (error.code == SQLITE_CORRUPT || error.code == SQLITE_NOTADB)
        set_aside(error);
    else
        say_once(fmt::format("cannot write to '{}': {}; {}", file_, error.what(), consequence));
}

// The run goes on with a new file, which gets what can be read of this one.
void Spool::set_aside(const DatabaseError &error)
{
    const std::string aside = file_ + ".damaged";
    const Spooled before = std::exchange(records_, {});
    const std::uint64_t sent = last_sent_, former = last_former_;
    std::optional<Database> old = std::exchange(db_, std::nullopt);

    is_damaged_ = true;
    bytes_ = last_ = last_former_ = last_sent_ = 0;
    std::rename(file_.c_str(), aside.c_str());
    std::rename((file_ + "-wal").c_str(), (aside + "-wal").c_str());
    try {
        check_folder();
        open();
        if (old)
            copy_from(*old, sent, former);
    } catch (const std::runtime_error &again) {
        db_.reset();
        say_(fmt::format("cannot make '{}': {}; rows stay in memory", file_, again.what()));
    }
    if (old)
        old->close_as_it_is();
    const Spooled lost{before.own - records_.own, before.former - records_.former};
    damaged_.own += lost.own;
    damaged_.former += lost.former;
    say_(fmt::format("'{}' was damaged: {}; it is kept as '{}', and {} in it are not sent", file_, error.what(), aside,
                     before.total() > 0 ? fmt::format("{} rows", lost.total()) : "rows"));
}

void Spool::copy_from(Database &old, std::uint64_t sent, std::uint64_t former)
{
    std::vector<std::uint64_t> ids;
    const auto copy = [&](const Request &request) {
        insert(request);
        if (request.is_former)
            last_former_ = last_;
    };

    try {
        old.query(
            "SELECT id FROM requests WHERE id > ? ORDER BY id", [&](const auto &row) { ids.push_back(row.number(0)); },
            sent);
    } catch (const DatabaseError &) { // after some of them
    }
    if (front_) { // is in memory
        std::erase(ids, std::exchange(front_id_, 1));
        copy(*front_);
    }
    for (const std::uint64_t id : ids) {
        std::optional<Request> request;
        try {
            old.query(
                "SELECT records, body FROM requests WHERE id = ?",
                [&](const auto &row) {
                    request = Request{std::string{row.bytes(1)}, row.number(0), id <= former};
                },
                id);
        } catch (const DatabaseError &) {
            continue;
        }
        if (request)
            copy(*request);
    }
}

// Not again for each request.
void Spool::say_once(std::string line)
{
    if (line != last_said_)
        say_(line);
    last_said_ = std::move(line);
}

} // namespace snoop::snoop_export
