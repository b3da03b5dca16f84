// SPDX-License-Identifier: BSD-2-Clause
#include "execsnoop/sink.hpp"
#include "execsnoop/redaction.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace snoop::execsnoop {

ExecSink::ExecSink(Session &session, const Options &options)
    : session_(session),
      options_(options),
      rows_(session, make_columns(session.options(), options)),
      assembler_([this](const Assembled &exec) { complete(exec); })
{
    if (options.tree)
        tree_.emplace(session, options);
}

void ExecSink::record(const snoop_record &rec, std::span<const std::byte> whole)
{
    if (rec.kind == EXEC_HEAD && whole.size() >= sizeof(exec_event))
        assembler_.first(rec, whole);
    else if ((rec.kind == EXEC_ARGS || rec.kind == EXEC_ENV) && whole.size() >= sizeof(exec_args))
        assembler_.next(rec, whole.subspan(sizeof(exec_args)));
    else if (rec.kind == EXEC_ENV_BEFORE && whole.size() >= sizeof(exec_args))
        env_before_.add(rec, whole.subspan(sizeof(exec_args)));
    else if (rec.kind == EXEC_EXIT && whole.size() >= sizeof(exec_exit))
        see_exit(*reinterpret_cast<const exec_exit *>(whole.data()));
}

void ExecSink::see_exit(const exec_exit &exit)
{
    exec_exit shown = exit;

    // After its exec, the thread that called it has the tid of the process.
    assembler_.give_up_before(exit.rec.ts_ns, exit.pid);
    if (const Redactor *redactor = session_.redactor()) {
        redactor->name(shown.killer_comm);
        shown.rec.size = sizeof(shown);
        session_.record(std::as_bytes(std::span{&shown, 1}));
    }
    end_process(shown);
}

// Processes that are still running are printed without an exit status, in the order in which they started.
void ExecSink::finish()
{
    assembler_.finish();
    std::vector<std::pair<Assembled, bool>> left;
    for (const auto &[pid, running] : running_)
        left.emplace_back(running.exec.event(), running.parent_seen);
    std::sort(left.begin(), left.end(),
              [](const auto &a, const auto &b) { return event_of(a.first).rec.ts_ns < event_of(b.first).rec.ts_ns; });
    for (const auto &[exec, parent_seen] : left)
        print(exec, std::nullopt, parent_seen);
    running_.clear();
    if (tree_)
        tree_->finish();
}

void ExecSink::complete(const Assembled &assembled)
{
    const exec_event &event = event_of(assembled);
    const std::uint32_t pid = event.task.pid;
    const std::optional<std::string> before = env_before_.take(event.who.before_ns, event.old_tid);
    Assembled exec = assembled;

    exec.env_before = before;
    if (session_.redactor())
        record_exec(session_, redacted(*session_.redactor(), exec).event());
    const bool parent_seen = options_.exit && see(exec);
    if (tree_) {
        print(exec, std::nullopt, parent_seen);
        return;
    }
    if (event.ret == 0)
        end_image(pid, event.rec.ts_ns, nullptr);
    if (exec.flags & EXEC_FLAG_EXIT_FOLLOWS)
        running_.insert_or_assign(pid, Running{StoredEvent{exec}, parent_seen});
    else
        print(exec, std::nullopt, parent_seen);
}

void ExecSink::end_process(const exec_exit &exit)
{
    if (tree_) {
        tree_->end(exit);
        return;
    }
    const auto found = running_.find(exit.pid);

    // A spilled exit may arrive late, when another process already has the pid.
    if (found != running_.end() && !(exit.rec.flags & EXIT_FLAG_FORKED) &&
        exit.rec.ts_ns >= event_of(found->second.exec.event()).rec.ts_ns)
        end_image(exit.pid, exit.rec.ts_ns, &exit);
}

void ExecSink::end_image(std::uint32_t pid, std::uint64_t ts_ns, const exec_exit *exit)
{
    if (const auto node = running_.extract(pid)) {
        const Assembled exec = node.mapped().exec.event();
        print(exec, Ending{ts_ns - event_of(exec).rec.ts_ns, exit}, node.mapped().parent_seen);
    }
}

Row ExecSink::make_row(const Assembled &exec, const std::optional<Ending> &ending) const
{
    Row row{session_, exec};

    row.ending = ending;
    row.quote = options_.quote;
    row.env_names = options_.env;
    return row;
}

bool ExecSink::see(const Assembled &exec)
{
    const exec_event &event = event_of(exec);

    if (event.ret != 0) // it has the id of the program that tried
        return seen_.has(event.task.exec_id);
    const bool parent_seen = seen_.has(event.task.parent_exec_id);
    if (const Row row = make_row(exec, std::nullopt); rows_.passes(*row.task) && has_words(row))
        seen_.add(event.task.exec_id);
    return parent_seen;
}

void ExecSink::print(const Assembled &exec, const std::optional<Ending> &ending, bool parent_seen)
{
    Row row = make_row(exec, ending);
    row.parent_seen = parent_seen;

    if (!rows_.passes(*row.task, event_of(exec).ret) || !has_words(row)) {
        rows_.skip();
    } else if (session_.redactor()) {
        const StoredEvent shown = redacted(*session_.redactor(), exec);
        Row redacted_row = make_row(shown.event(), ending);
        redacted_row.parent_seen = parent_seen;
        print(redacted_row);
    } else {
        print(row);
    }
}

void ExecSink::print(Row row)
{
    if (tree_ && !session_.rows().is_full())
        tree_->place(row);
    rows_.print(row);
}

bool ExecSink::has_words(const Row &row)
{
    if (options_.words.empty())
        return true;
    const auto resolved = row.resolved_path();
    searched_.assign(row.filename);
    if (resolved)
        searched_.append(" ").append(to_string(*resolved));
    std::string_view args = row.args;
    take_string(args);
    while (!args.empty())
        searched_.append(" ").append(take_string(args));
    return conditions_hold(options_.words,
                           [&](const std::string &word) { return searched_.find(word) != std::string::npos; });
}

} // namespace snoop::execsnoop
