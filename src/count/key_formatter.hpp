// SPDX-License-Identifier: BSD-2-Clause
// How a counting tool shows its keys; CountView asks it.
//     class Keys : public KeyFormatter { … };
#pragma once

#include "base/json.hpp"
#include "metrics/metric.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop {

// Formats the keys of a tool.
class KeyFormatter {
public:
    virtual ~KeyFormatter() = default;
    // The titles of the columns for a key: "UID", "USER".
    [[nodiscard]] virtual std::vector<std::string_view> titles() const = 0;
    // The cells of a key, unescaped.
    virtual std::vector<std::string> cells(std::string_view key) = 0;
    // Appends the JSON members of a key, "key" among them; an empty key is that of "other".
    virtual void put_json(JsonWriter &json, std::string_view key) = 0;
    // Whether the table has other keys than the map: those that group() gives.
    [[nodiscard]] virtual bool groups() const { return false; }
    // The key in the table, which several keys of the map can share; nothing while it is not known. It is asked for
    // until it is, and never empty.
    virtual std::optional<std::string> group(std::string_view key) { return std::string{key}; }
    // The labels of a key in metrics; an empty key is that of what has none. No label is a pid, a path or an argument.
    [[nodiscard]] virtual MetricLabels labels(std::string_view key) { return {{"key", std::string{key}}}; }
    // A description for the first line of each block; may be empty.
    [[nodiscard]] virtual std::string about() const { return {}; }
    // Called at each interval: the reason why nothing is left to count, if so.
    virtual std::optional<std::string> gone() { return std::nullopt; }
    // Called after it: lines for the user, such as that part of it is gone, each once.
    virtual std::vector<std::string> news() { return {}; }
};

} // namespace snoop
