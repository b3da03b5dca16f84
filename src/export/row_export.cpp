// SPDX-License-Identifier: BSD-2-Clause
#include "export/row_export.hpp"
#include "base/error.hpp"
#include "base/stop.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace snoop {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_kept = 4 << 20;
// Linking libcurl takes milliseconds, but files may be on a slow disk or on the network.
constexpr milliseconds start_within{30'000};
// Beyond what snoop-export takes by itself.
constexpr milliseconds grace{2000};
// A user is told why the tool waits.
constexpr milliseconds notice{1000};

std::uint64_t lines_in(const char *data, std::size_t size)
{
    return static_cast<std::uint64_t>(std::count(data, data + size, '\n'));
}

} // namespace

void RowExport::start(Feed feed)
{
    const auto deadline = Clock::now() + start_within;

    feed_ = feed;
    helper_ = start_helper(options_, feed, are_spans_);
    while (!is_ready_ && helper_.socket && Clock::now() < deadline) {
        wait_for(POLLIN, start_within);
        read_messages();
    }
    if (!is_ready_)
        throw Error{exit_lacks, "--otlp: snoop-export {} at its start",
                    helper_.socket ? "did not answer" : how_it_ended(helper_)};
}

void RowExport::commit(std::uint64_t unprinted)
{
    const char *end = staged_.data() + staged_.size();

    // Each row ends in a newline.
    for (; unprinted > 0 && end > staged_.data(); unprinted--)
        for (end--; end > staged_.data() && end[-1] != '\n';)
            end--;
    const auto size = static_cast<std::size_t>(end - staged_.data());
    const std::uint64_t rows = lines_in(staged_.data(), size);
    printed_ += rows;
    give_rows();
    if (!helper_.socket)
        drops_.no_helper += rows;
    else if (is_behind() && feed_ == Feed::live && kept_.size() - given_ + size > most_kept)
        drops_.slow += rows;
    else
        kept_.append(staged_.data(), size);
    staged_.clear();
    give_rows();
}

void RowExport::give_rows()
{
    while (helper_.socket && is_behind()) {
        const char *from = kept_.data() + given_;
        const ssize_t n = write(helper_.socket.get(), from, kept_.size() - given_);
        const int err = errno;
        if (n > 0) {
            given_ += static_cast<std::size_t>(n);
            continue;
        }
        read_messages();
        if (err != EAGAIN && err != EINTR)
            end_helper();
        if (feed_ == Feed::live || stop::signal() != 0)
            break;
        wait_for(POLLOUT, milliseconds{1000});
    }
    // Moving what is left costs no more than writing as much did.
    if (given_ >= kept_.size() - given_) {
        kept_.erase(0, given_);
        given_ = 0;
    }
}

void RowExport::read_messages()
{
    if (helper_.socket &&
        !read_lines(helper_.socket.get(), unread_, [this](std::string_view line) { take_message(line); }))
        end_helper();
}

void RowExport::take_message(std::string_view line)
{
    const auto message = parse_message(line);

    if (!message)
        return;
    switch (message->kind) {
    case Message::Kind::failed:
        if (!is_ready_)
            throw Error{static_cast<ExitCode>(message->number), "{}", message->text};
        log_.line("snoop-export: {}", message->text);
        break;
    case Message::Kind::ready:
        is_ready_ = true;
        patience_ = milliseconds{message->number};
        break;
    case Message::Kind::end: has_said_end_ = true; [[fallthrough]];
    case Message::Kind::so_far: counts_ = message->counts;
    }
}

// It has closed its socket. If it gave up, it has said so on stderr.
void RowExport::end_helper()
{
    if (!helper_.socket)
        return;
    helper_.socket.reset();
    kept_.clear();
    given_ = 0;
    has_failed_ = is_ready_ && !has_said_end_;
    if (has_failed_)
        log_.line("snoop-export {}: rows are no longer sent", how_it_ended(helper_));
}

void RowExport::wait_for(short events, milliseconds most) const
{
    pollfd ready{helper_.socket.get(), events, 0};

    poll(&ready, 1, static_cast<int>(most.count()));
}

void RowExport::finish()
{
    const bool had_signal = stop::signal() != 0;
    const auto begin = Clock::now();
    auto deadline = begin + patience_ + grace;
    bool is_closed = false, has_told = false;

    // A live one gives up as long after the last row, a replay after the last answer.
    const bool is_replay = std::exchange(feed_, Feed::live) == Feed::replay;
    for (auto now = begin; helper_.socket && now < deadline; now = Clock::now()) {
        const ExportCounts before = counts_;
        give_rows();
        if (helper_.socket && !is_behind() && !std::exchange(is_closed, true))
            shutdown(helper_.socket.get(), SHUT_WR);
        if (now > begin + notice && !std::exchange(has_told, true))
            log_.line("{} rows are not sent yet: waiting up to {} s; Ctrl-C ends that", unsent(),
                      std::chrono::duration<double>(patience_).count());
        wait_for(is_behind() ? POLLIN | POLLOUT : POLLIN, notice);
        read_messages();
        if (is_replay && counts_ != before)
            deadline = now + patience_ + grace;
        if (!had_signal && stop::signal() != 0)
            break;
    }
    // A helper that was killed may have sent more than it said.
    (has_failed_ ? drops_.no_helper : counts_.queued) += unsent();
}

int RowExport::finish(std::string_view tool, int code)
{
    finish();
    accounting(tool).print(options_.format);
    const bool is_complete = counts_.sent + counts_.spooled == printed_;
    return has_failed_ || (options_.strict && !is_complete) ? exit_runtime : code;
}

// Rows that were dropped here do not count.
std::uint64_t RowExport::unsent() const { return printed_ - drops_.slow - drops_.no_helper - counts_.total(); }

Accounting RowExport::accounting(std::string_view tool) const
{
    return export_accounting(tool, printed_, counts_, drops_);
}

Accounting export_accounting(std::string_view tool, std::uint64_t printed, const ExportCounts &counts,
                             const ExportDrops &drops)
{
    Accounting sum{tool,
                   printed,
                   {.event = "export",
                    .meaning = "With --otlp, what became of the printed rows: a line after that, on standard error.",
                    .total = "printed",
                    .total_meaning = "All rows: the sum of sent, queued and dropped.",
                    .lost = "dropped",
                    .lost_meaning = "Rows that were dropped, from whatever cause.",
                    .causes = "dropped_by",
                    .causes_meaning = "Dropped rows by cause."}};

    sum.add({"sent", counts.sent, "Rows that the receiver accepted."});
    sum.add({"queued", counts.queued, "Rows that were not accepted when the tool ended."});
    sum.add_lost({{"queue_full", counts.queue_full, "The queue had no room: see --otlp-queue."},
                  {"rejected", counts.rejected, "The receiver rejected them."},
                  {"invalid", counts.invalid, "The row is longer than 16 MiB."},
                  {"spool_damaged", counts.damaged, "The file of --otlp-spool is damaged."},
                  {"exporter_slow", drops.slow, "snoop-export did not take rows as fast as they came."},
                  {"exporter_ended", drops.no_helper, "snoop-export had ended, and may have sent some of them."}});
    sum.add_note({"spooled", counts.spooled, "Queued rows that are in the folder of --otlp-spool.",
                  AccountingItem::unless_zero});
    sum.add_note({"former_sent", counts.former_sent, "Rows of former runs in that folder that were sent.",
                  AccountingItem::unless_zero, "sent of former runs"});
    sum.add_note({"former_queued", counts.former_queued, "Rows of former runs that are still there.",
                  AccountingItem::unless_zero, "queued of former runs"});
    sum.add_note({"former_dropped", counts.former_dropped,
                  "Rows of former runs that the receiver rejected, or that were in a damaged file.",
                  AccountingItem::unless_zero, "dropped of former runs"});
    return sum;
}

} // namespace snoop
