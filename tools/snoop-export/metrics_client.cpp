// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-export/metrics_client.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace snoop::snoop_export {

// An answer that comes too late is not taken.
MetricSet MetricsClient::collect()
{
    const std::scoped_lock one_at_a_time{scrape_};
    std::unique_lock lock{mutex_};
    MetricSet metrics;

    answer_.reset();
    const bool is_asked = !has_ended_ && ask(++asked_);
    if (is_asked)
        changed_.wait_for(lock, patience_, [this] { return answer_ || has_ended_; });
    if (answer_)
        metrics = *std::exchange(answer_, std::nullopt);
    else if (!has_ended_ && !std::exchange(has_said_, true))
        say_(fmt::format("{} did not answer a scrape within {} s", tool_,
                         std::chrono::duration<double>(patience_).count()));
    const std::string tool = tool_;
    const bool is_up = !metrics.families().empty();
    lock.unlock();
    limits_.apply(metrics);
    metrics.gauge("snoop_up", "Whether the tool answered: 1, or 0.").add({{"tool", tool}}, is_up ? 1 : 0);
    return metrics;
}

// Does not wait: a tool that reads nothing has no room for a question at some time.
bool MetricsClient::ask(std::uint64_t number)
{
    const std::string line = metrics_message_line({MetricsMessage::Kind::collect, number});

    return send(out_, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
}

void MetricsClient::read()
{
    std::array<char, 64 * 1024> chunk;
    std::string unread;
    bool goes_on = true;

    while (goes_on) {
        const ssize_t n = ::read(in_, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        unread.append(chunk.data(), static_cast<std::size_t>(n));
        std::size_t from = 0;
        for (auto end = unread.find('\n'); goes_on && end != unread.npos; end = unread.find('\n', from)) {
            goes_on = take(std::string_view{unread}.substr(from, end - from));
            from = end + 1;
        }
        unread.erase(0, from);
    }
    const std::scoped_lock lock{mutex_};
    has_ended_ = true;
    changed_.notify_all();
}

bool MetricsClient::take(std::string_view line)
{
    const MetricsReader::Took took = reader_.take(line);

    if (took == MetricsReader::Took::invalid) {
        say_("the tool that started this program is of another version");
        return false;
    }
    const std::scoped_lock lock{mutex_};
    tool_ = reader_.tool();
    if (took == MetricsReader::Took::answer && reader_.number() == asked_) {
        answer_ = std::move(reader_.metrics());
        changed_.notify_all();
    }
    return true;
}

bool MetricsClient::has_ended()
{
    const std::scoped_lock lock{mutex_};

    return has_ended_;
}

bool MetricsClient::wait_for_end(std::chrono::milliseconds most)
{
    std::unique_lock lock{mutex_};

    return changed_.wait_for(lock, most, [this] { return has_ended_; });
}

} // namespace snoop::snoop_export
