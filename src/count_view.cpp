// SPDX-License-Identifier: BSD-2-Clause
#include <snoop/books.hpp>
#include <snoop/count_view.hpp>
#include <snoop/error.hpp>
#include <snoop/kernel.hpp>
#include <snoop/when.hpp>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <limits>
#include <numeric>
#include <unistd.h>

namespace snoop {
namespace {

constexpr std::size_t bar_columns = 20; // where there is no window to fill
constexpr std::size_t number_columns = 10 + 1 + 10 + 1 + 6 + 1;
constexpr std::string_view order_names[] = {"count", "rate", "key"};

std::string percent(double share) { return fmt::format("{:.1f}%", share * 100); }

// Lines of cells under their titles, each column as wide as its widest cell.
class Grid {
public:
    explicit Grid(const std::vector<std::string_view> &titles)
    {
        for (const auto title : titles)
            widths_.push_back(title.size());
    }
    // A key's cell as text: escaped, so that it can be neither a column nor a line more.
    void add(const std::vector<std::string> &cells, std::size_t most)
    {
        std::vector<std::string> line;
        for (std::size_t i = 0; i < widths_.size(); i++) {
            Buffer text;
            append_escaped(text, cells[i], Blanks::escape);
            std::string cell = fmt::to_string(text);
            if (width_from(text, 0) > most && cell.size() > most)
                cell = "..." + cell.substr(cell.size() - std::max<std::size_t>(most, 4) + 3);
            widths_[i] = std::max(widths_[i], columns(cell));
            line.push_back(std::move(cell));
        }
        lines_.push_back(std::move(line));
    }
    [[nodiscard]] std::size_t width() const
    {
        std::size_t all = 0;
        for (const std::size_t width : widths_)
            all += width + 1;
        return all;
    }
    void put(Buffer &out, std::size_t i, std::string_view cell) const
    {
        const std::size_t from = out.size();
        append(out, cell);
        align(out, from, widths_[i], Align::left);
        out.push_back(' ');
    }
    [[nodiscard]] const std::vector<std::vector<std::string>> &lines() const { return lines_; }

private:
    static std::size_t columns(std::string_view text)
    {
        Buffer out;
        append(out, text);
        return width_from(out, 0);
    }

    std::vector<std::size_t> widths_;
    std::vector<std::vector<std::string>> lines_;
};

std::int64_t wall_ns() { return kernel::clock_ns(CLOCK_REALTIME); }

} // namespace

void CountViewOptions::add_to(Cli &cli)
{
    cli.option("-i,--interval", "SECONDS", interval_text, "Time between two tables (default 2); fractions are fine");
    cli.option("--top", "N", top_text, "Show the N largest alone");
    cli.flag("--once", once, "Show one table, after an interval, and end");
    cli.choice<Order>("--sort", order, {{"count", Order::count}, {"rate", Order::rate}, {"key", Order::key}},
                      "What the table is sorted by (default: count)");
}

void CountViewOptions::check()
{
    interval_s = parse_seconds("--interval", interval_text);
    if (!top_text.empty())
        top = parse_count("--top", top_text);
}

CountView::CountView(Trace &trace, KeyNames &keys, const CountViewOptions &options)
    : trace_(trace), keys_(keys), options_(options), output_(STDOUT_FILENO), order_(options.order)
{}

void CountView::snapshot()
{
    Books books;

    counts_->read([&](std::span<const std::byte> key, std::uint64_t sum) {
        table_.set({reinterpret_cast<const char *>(key.data()), key.size()}, sum);
    });
    books.read_kernel(object_);
    other_ = books.kernel.count[SNOOP_LOST_STATE];
}

void CountView::end_interval()
{
    const auto now = Clock::now();

    snapshot();
    seconds_ = std::chrono::duration<double>(now - began_).count();
    began_ = now;
    table_.end_interval(seconds_);
    other_delta_ = other_ - other_before_;
    other_before_ = other_;
}

void CountView::run(MapView &counts, bpf_object *object)
{
    const bool is_text = trace_.options().format == Format::text;
    Loop &loop = trace_.loop();

    counts_ = &counts;
    object_ = object;
    loop.watch_reader(output_.fd());
    trace_.begin();
    if (is_text && !options_.once && Screen::is_possible(output_.fd())) {
        screen_ = std::make_unique<Screen>(output_.fd());
        if (screen_->keys_fd() >= 0)
            loop.watch_keys(screen_->keys_fd());
        show();
    }
    const auto interval =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.interval_s));
    began_ = Clock::now();
    auto next = began_ + interval;
    while (!loop.stopped() && !output_.closed()) {
        loop.wait(std::max(std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()),
                           std::chrono::milliseconds{0}));
        if (loop.stopped())
            break;
        if (Clock::now() >= next) {
            if (options_.once)
                break; // finish() shows it, when it is final
            end_interval();
            // After a pause, such as SIGSTOP, there is no queue of intervals to catch up with.
            next = std::max(next + interval, Clock::now());
            show();
        } else if (screen_) {
            take_keys();
            show(); // also for a window that was resized
        }
    }
}

void CountView::take_keys()
{
    while (const auto key = screen_->key()) {
        if (*key == 'q')
            trace_.loop().stop();
        if (*key == 'c') {
            snapshot();
            table_.clear();
            other_cleared_ = other_;
            other_delta_ = 0;
        }
        if (*key == 's')
            order_ = static_cast<Order>((static_cast<int>(order_) + 1) % std::ssize(order_names));
    }
}

void CountView::show()
{
    Buffer &out = output_.buffer();

    if (trace_.options().format == Format::json) {
        put_json(out);
    } else if (screen_) {
        const auto [rows, columns] = screen_->size();
        Buffer block;
        // Beside the keys: time, titles, total, and what there may be of more and other.
        put_block(block, rows > 6 ? rows - 5 : 1, columns);
        screen_->draw(out, {block.data(), block.size()});
    } else {
        put_block(out, std::numeric_limits<std::size_t>::max(), std::nullopt);
    }
    shown_ = true;
    output_.flush();
}

std::vector<Count> CountView::rows(std::size_t most) const
{
    auto all = table_.sorted(order_);

    all.resize(std::min({all.size(), most, static_cast<std::size_t>(options_.top.value_or(all.size()))}));
    return all;
}

// Lines that begin with "# " are about the block; no key can begin so, its blanks being
// escaped.
void CountView::put_block(Buffer &out, std::size_t most, std::optional<std::size_t> width)
{
    const auto to = std::back_inserter(out);
    const auto shown = rows(most);
    const std::size_t hidden = table_.sorted(order_).size() - shown.size();
    const Count total = table_.total();
    const std::uint64_t other = other_ - other_cleared_;
    const auto titles = keys_.titles();
    Grid grid{titles};
    const std::size_t most_of_key = width ? std::max<std::size_t>(*width / 2, 16) : 4096;

    for (const Count &row : shown)
        grid.add(keys_.cells(row.key), most_of_key);
    const std::size_t used = grid.width() + number_columns;
    const std::size_t bar = width ? (*width > used ? *width - used : 0) : bar_columns;

    append(out, "# ");
    put_text(out, WallTime{wall_ns()}, Blanks::keep);
    fmt::format_to(to, ", {:.1f} s, by {}\n", seconds_, order_names[static_cast<int>(order_)]);
    for (std::size_t i = 0; i < titles.size(); i++)
        grid.put(out, i, titles[i]);
    fmt::format_to(to, "{:>10} {:>10} {:>6} BAR\n", "COUNT", "PER-SEC", "SHARE");
    const double largest = std::accumulate(shown.begin(), shown.end(), 0.0,
                                           [](double most_yet, const Count &c) { return std::max(most_yet, c.share); });
    for (std::size_t row = 0; row < shown.size(); row++) {
        const Count &count = shown[row];
        for (std::size_t i = 0; i < titles.size(); i++)
            grid.put(out, i, grid.lines()[row][i]);
        fmt::format_to(to, "{:>10} {:>10.1f} {:>6} {:#<{}}\n", count.count, count.rate, percent(count.share), "",
                       static_cast<std::size_t>(count.share / largest * static_cast<double>(bar) + 0.5));
    }
    fmt::format_to(to, "# total {}, {:.1f} a second\n", total.count + other,
                   seconds_ > 0 ? static_cast<double>(total.delta + other_delta_) / seconds_ : 0.0);
    if (hidden > 0)
        fmt::format_to(to, "# {} more keys\n", hidden);
    if (other > 0)
        fmt::format_to(to, "# other {}: --max-keys was reached\n", other);
    if (!width)
        out.push_back('\n');
}

void CountView::put_json(Buffer &out)
{
    const WallTime now{wall_ns()};
    const auto put = [&](std::string_view key, std::uint64_t count, std::uint64_t delta) {
        JsonWriter json{out};
        json.begin_object().key("event").value("count").key("time");
        snoop::put_json(json, now);
        keys_.put_json(json, key);
        json.key("count").value(count).key("delta").value(delta);
        json.key("rate").value(seconds_ > 0 ? static_cast<double>(delta) / seconds_ : 0.0);
        json.key("other").value(key.empty()).end_object();
        out.push_back('\n');
    };

    for (const Count &row : rows(std::numeric_limits<std::size_t>::max()))
        put(row.key, row.count, row.delta);
    if (other_ > 0)
        put({}, other_, other_delta_);
}

int CountView::finish()
{
    const std::uint64_t before = table_.sum() + other_;

    end_interval();
    const bool was_on_screen = screen_ != nullptr;
    screen_.reset();
    // What came since the last table; and what the screen showed stays.
    if (was_on_screen || !shown_ || table_.sum() + other_ != before)
        show();
    trace_.end();
    return close_books();
}

int CountView::close_books()
{
    Books books;

    books.read_kernel(object_);
    const std::uint64_t filtered = books.filtered(), counted = table_.sum();
    if (trace_.options().format == Format::json) {
        Buffer line;
        JsonWriter json{line};
        json.begin_object().key("event").value("books").key("tool").value(trace_.info().name);
        json.key("seen").value(books.seen()).key("counted").value(counted).key("filtered").value(filtered);
        json.key("other").value(other_).key("lost").value(books.not_run).key("lost_by").begin_object();
        json.key("not_run").value(books.not_run).end_object();
        json.key("not_followed").value(std::uint64_t{books.kernel.count[SNOOP_UNTRACKED]}).end_object();
        line.push_back('\n');
        [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, line.data(), line.size());
    } else {
        std::string text = fmt::format("seen {} = counted {} + filtered {} + other {} + lost {}", books.seen(), counted,
                                       filtered, other_, books.not_run);
        if (books.not_run > 0)
            text += fmt::format("; lost, not run: {}", books.not_run);
        if (books.kernel.count[SNOOP_UNTRACKED] > 0)
            text += fmt::format("; processes not followed {}", books.kernel.count[SNOOP_UNTRACKED]);
        trace_.log().line("{}", text);
    }
    return trace_.options().strict && (books.not_run > 0 || other_ > 0) ? exit_runtime : exit_ok;
}

} // namespace snoop
