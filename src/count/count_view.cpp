// SPDX-License-Identifier: BSD-2-Clause
#include "count/count_view.hpp"
#include "base/error.hpp"
#include "libbpf/event_counters.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <limits>
#include <unistd.h>

namespace snoop {

std::vector<Choice<SortOrder>> CountViewOptions::orders() const
{
    std::vector<Choice<SortOrder>> all;

    for (std::size_t i = 0; i < measures.size(); i++)
        if (!measures[i].title.empty())
            all.push_back({std::string{measures[i].name}, SortOrder{SortOrder::count, i}});
    all.push_back({"rate", SortOrder::rate});
    all.push_back({"key", SortOrder::key});
    return all;
}

void CountViewOptions::add_to(Cli &cli)
{
    cli.seconds("-i,--interval", interval_s, "Time between tables")
        .defaults_to(fmt::format("{}", default_interval_s))
        .manual("Print a table every SECONDS. Fractions are accepted. With --metrics or --metrics-file, no tables are "
                "printed without this option or --once.");
    cli.flag("--once", once, "Print one table and exit")
        .manual("Print one table, after one interval or, with a command, when that exits; then exit.");
    cli.count("--top", top, "Print only the top N rows");
    cli.choice<SortOrder>("--sort", "COLUMN", order, orders(), "Sort by COLUMN").manual("Sort the table by COLUMN.");
}

CountView::CountView(Tracer &tracer, KeyFormatter &keys, const CountViewOptions &options)
    : tracer_(tracer),
      keys_(keys),
      options_(options),
      output_(STDOUT_FILENO),
      table_(options.measures.size()),
      order_(options.order),
      other_(options.measures.size())
{
    if (keys_.groups())
        groups_.emplace(keys_);
}

namespace {

// The counters of a per-CPU array's only entry, summed.
std::vector<std::uint64_t> sums_in(bpf_object *object, const char *name)
{
    const bpf_map *map = bpf_object__find_map_by_name(object, name);
    const std::size_t measures = bpf_map__value_size(map) / sizeof(std::uint64_t);
    std::vector<std::uint64_t> values(measures * static_cast<std::size_t>(std::max(1, libbpf_num_possible_cpus())));
    std::vector<std::uint64_t> sums(measures);
    const std::uint32_t zero = 0;

    if (bpf_map_lookup_elem(bpf_map__fd(map), &zero, values.data()) != 0)
        throw Error{exit_runtime, "cannot read the counters: {}", describe_errno(errno)};
    for (std::size_t i = 0; i < values.size(); i++)
        sums[i % measures] += values[i];
    return sums;
}

} // namespace

void CountView::snapshot()
{
    counts_->read([&](std::span<const std::byte> key, std::span<const std::uint64_t> sums) {
        const std::string_view text{reinterpret_cast<const char *>(key.data()), key.size()};
        if (groups_)
            groups_->set(text, sums[0]);
        else
            table_.set(text, sums);
    });
    const auto sums = bpf_object__find_map_by_name(object_, "other")
                          ? sums_in(object_, "other")
                          : std::vector{read_counters(object_)[SNOOP_LOST_MAP_FULL]};
    for (std::size_t i = 0; i < other_.size(); i++)
        other_[i].sum = sums[i];
    if (!groups_)
        return;
    groups_->write_to(table_);
    if (ended_) // no name will come any more
        other_[0].sum += unnamed_ = groups_->unnamed();
}

void CountView::end_interval()
{
    const auto now = Clock::now();

    snapshot();
    seconds_ = std::chrono::duration<double>(now - began_).count();
    began_ = now;
    table_.end_interval(seconds_);
    for (Other &other : other_) {
        other.delta = other.sum - other.before;
        other.before = other.sum;
    }
    look_for_end();
}

void CountView::look_for_end()
{
    gone_ = keys_.gone();
    if (gone_)
        tracer_.loop().stop();
    std::ranges::move(keys_.news(), std::back_inserter(news_));
    if (!screen_)
        print_news();
}

bool CountView::is_silent() const
{
    return options_.silent || (tracer_.options().metrics.is_on() && !options_.interval_s && !options_.once);
}

void CountView::print_news()
{
    for (const std::string &line : news_)
        tracer_.log().line("{}", line);
    news_.clear();
}

void CountView::wait(std::chrono::milliseconds limit)
{
    if (!records_) {
        tracer_.loop().wait(limit);
        return;
    }
    records_->drain();
    if (!tracer_.loop().stopped())
        records_->wait(limit);
}

void CountView::run(CounterMap &counts, bpf_object *object, CountRecords *records)
{
    const bool is_text = tracer_.options().format == Format::text;
    const bool has_command = !tracer_.options().command.empty();
    Loop &loop = tracer_.loop();

    counts_ = &counts;
    object_ = object;
    records_ = records;
    if (records_)
        records_->watch(loop);
    loop.watch_stdout(output_.fd());
    tracer_.serve_metrics(object, [this](MetricSet &to) { add_metrics(to); });
    tracer_.begin();
    if (is_text && !options_.once && !is_silent() && Screen::is_possible(output_.fd())) {
        screen_ = std::make_unique<Screen>(output_.fd());
        if (screen_->keys_fd() >= 0)
            loop.watch_keys(screen_->keys_fd());
        show();
    }
    const auto interval = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(options_.interval_s.value_or(options_.default_interval_s)));
    began_ = Clock::now();
    auto next = began_ + interval;
    while (!loop.stopped() && !output_.closed()) {
        if (options_.once && has_command) {
            wait(std::chrono::hours{24}); // until the command ends
            continue;
        }
        wait(std::max(std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()), std::chrono::milliseconds{0}));
        if (loop.stopped())
            break;
        if (Clock::now() >= next) {
            if (options_.once)
                break; // finish() shows it, when it is final
            if (is_silent())
                look_for_end();
            else
                end_interval();
            // Skip the intervals that passed during a pause, such as SIGSTOP.
            next = std::max(next + interval, Clock::now());
            show();
        } else if (screen_ && (take_keys() || !records_)) {
            show(); // also for a window that was resized
        }
    }
}

// Returns whether there was any.
bool CountView::take_keys()
{
    bool found = false;

    while (const auto key = screen_->key()) {
        found = true;
        if (*key == 'q')
            tracer_.loop().stop();
        if (*key == 'c') {
            snapshot();
            table_.clear();
            for (Other &other : other_) {
                other.cleared = other.sum;
                other.delta = 0;
            }
        }
        if (*key == 's') {
            const auto orders = options_.orders();
            auto at = std::ranges::find(orders, order_, &Choice<SortOrder>::value);
            if (at == orders.end() || ++at == orders.end())
                at = orders.begin();
            order_ = at->value;
        }
    }
    return found;
}

void CountView::show()
{
    Buffer &out = output_.buffer();

    if (is_silent())
        return;
    if (tracer_.options().format == Format::json) {
        put_json(out);
    } else if (screen_) {
        const auto [rows, columns] = screen_->size();
        Buffer block;
        // Leave room for the lines of time, titles, total, more keys and other.
        put_block(block, rows > 6 ? rows - 5 : 1, columns);
        screen_->draw(out, {block.data(), block.size()});
    } else {
        put_block(out, std::numeric_limits<std::size_t>::max(), std::nullopt);
    }
    shown_ = true;
    output_.flush();
}

std::vector<CountRow> CountView::rows(std::size_t most) const
{
    auto all = table_.sorted(order_);

    all.resize(std::min({all.size(), most, static_cast<std::size_t>(options_.top.value_or(all.size()))}));
    return all;
}

int CountView::finish(const bpf_map *in_flight)
{
    const std::uint64_t before = table_.sum() + other_[0].sum;

    if (records_)
        records_->finish();
    ended_ = true;
    end_interval();
    const bool was_on_screen = screen_ != nullptr;
    screen_.reset();
    print_news();
    // Prints what came since the last table, and what the screen showed last.
    if (was_on_screen || !shown_ || table_.sum() + other_[0].sum != before)
        show();
    tracer_.end();
    return tracer_.exit_code(print_accounting(in_flight));
}

} // namespace snoop
