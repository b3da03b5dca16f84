// SPDX-License-Identifier: BSD-2-Clause
// The accounting summary that ends every run: where each event that a hook saw went.
//     Accounting sum{"execsnoop", 13};
//     sum.add({"printed", 10, "Rows."}).add_lost({{"ring_full", 3, "The ring had no room."}});
//     sum.print(Format::text);   // "execsnoop: seen 13 = printed 10 + lost 3; lost, ring full: 3"
#pragma once

#include "base/escape.hpp"
#include "cli/options.hpp"
#include "libbpf/event_counters.hpp"
#include "table/json_schema.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// One number of the summary. JSON has all of them.
struct AccountingItem {
    enum InText { always, unless_zero, never };

    std::string_view key; // in JSON: "ring_full"
    std::uint64_t count;
    std::string_view meaning; // in the schema
    InText in_text = always;
    std::string_view name{}; // in text; empty: the key with spaces, "ring full"
    std::string_view only{}; // as JsonKey has it
    bool is_pending = false; // the events may still become something else
};

// Says how many descendants of COMMAND were not followed.
AccountingItem descendants_lost(const EventCounters &counters);
// Says how many processes have no ancestors.
AccountingItem lineages_lost(const EventCounters &counters);

// The words of a summary, beside its summands.
struct AccountingWords {
    std::string_view event = "accounting", meaning = "Where each event went: the last line, on standard error.";
    std::string_view total = "seen", total_meaning = "All events: the sum of the numbers between this and lost_by.";
    std::string_view lost = "lost", lost_meaning = "Events that were lost, from whatever cause.";
    std::string_view causes = "lost_by", causes_meaning = "Lost events by cause.";
};

class Accounting {
public:
    Accounting(std::string_view tool, std::uint64_t total, const AccountingWords &words = {})
        : tool_(tool), total_(total), words_(words)
    {}

    // A summand: the summands add up to what was seen.
    Accounting &add(const AccountingItem &summand);
    // Events that are not done with: their number also goes down.
    Accounting &add_pending(AccountingItem summand)
    {
        summand.is_pending = true;
        return add(summand);
    }
    // The summand "lost", the sum of its causes. Text names those that occurred.
    Accounting &add_lost(std::vector<AccountingItem> causes);
    // A number beside the sum.
    Accounting &add_note(const AccountingItem &note);

    [[nodiscard]] std::uint64_t lost() const;
    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
    [[nodiscard]] std::string_view tool() const noexcept { return tool_; }
    [[nodiscard]] const std::vector<AccountingItem> &summands() const noexcept { return summands_; }
    [[nodiscard]] const std::vector<AccountingItem> &causes() const noexcept { return causes_; }

    // Writes the line to stderr.
    void print(Format format) const;

    // The text without the tool's name.
    [[nodiscard]] std::string as_text() const;
    // A JSON object and a newline.
    void put_json(Buffer &out) const;
    // The keys of that object, and the object as a part of a tool's schema.
    [[nodiscard]] std::vector<JsonKey> keys() const;
    [[nodiscard]] JsonRow describe() const;

private:
    std::string_view tool_;
    std::uint64_t total_;
    AccountingWords words_;
    std::vector<AccountingItem> summands_, causes_, notes_;
};

} // namespace snoop
