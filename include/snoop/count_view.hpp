// SPDX-License-Identifier: BSD-2-Clause
// The face of a tool that counts in the kernel: a table at each interval, redrawn in place
// on a terminal, block by block elsewhere, or JSON; and the books at the end.
//     CountView view{trace, keys, options.view};
//     view.run(counts, object);        // until something ends it
//     attached.detach();
//     return view.finish();            // the last counts, the books, the exit code
#pragma once

#include <snoop/cli.hpp>
#include <snoop/columns.hpp>
#include <snoop/count_table.hpp>
#include <snoop/map_view.hpp>
#include <snoop/output.hpp>
#include <snoop/screen.hpp>
#include <snoop/trace.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// -i, --once, --top, --sort.
struct CountViewOptions {
    std::string interval_text = "2", top_text;
    double interval_s = 2;
    std::optional<std::uint64_t> top;
    bool once = false;
    Order order = Order::count;

    void add_to(Cli &cli);
    // Throws Error (exit 2).
    void check();
};

// What a tool's keys show as.
class KeyNames {
public:
    virtual ~KeyNames() = default;
    // Of the columns that a key takes: "UID", "USER".
    [[nodiscard]] virtual std::vector<std::string_view> titles() const = 0;
    // What they hold, unescaped.
    virtual std::vector<std::string> cells(std::string_view key) = 0;
    // The members "key" and those that go with it; an empty key is that of all others.
    virtual void put_json(JsonWriter &json, std::string_view key) = 0;
};

class CountView {
public:
    CountView(Trace &trace, KeyNames &keys, const CountViewOptions &options);

    // Shows counts until something ends it. The object has the map `books`.
    void run(MapView &counts, bpf_object *object);
    // When no program counts any more: shows what came since, and states the books.
    int finish();

private:
    using Clock = std::chrono::steady_clock;

    void snapshot();
    void end_interval();
    void show();
    void put_block(Buffer &out, std::size_t rows, std::optional<std::size_t> width);
    void put_json(Buffer &out);
    void take_keys();
    int close_books();
    [[nodiscard]] std::vector<Count> rows(std::size_t most) const;

    Trace &trace_;
    KeyNames &keys_;
    const CountViewOptions &options_;
    Output output_;
    std::unique_ptr<Screen> screen_;
    CountTable table_;
    Order order_;
    MapView *counts_ = nullptr;
    bpf_object *object_ = nullptr;
    std::uint64_t other_ = 0, other_before_ = 0, other_cleared_ = 0, other_delta_ = 0;
    Clock::time_point began_;
    double seconds_ = 0;
    bool shown_ = false;
};

} // namespace snoop
