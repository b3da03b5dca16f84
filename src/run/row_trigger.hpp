// SPDX-License-Identifier: BSD-2-Clause
// --when: the rows at which a flight recorder writes what it holds.
//     const RowTrigger<Row> trigger{options.keep.when, columns};
//     if (trigger.fires(row)) …
#pragma once

#include "base/error.hpp"
#include "base/row_condition.hpp"
#include "table/columns.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace snoop {

template <class Row> class RowTrigger {
public:
    // Throws Error (exit 2) for a key that rows do not have.
    RowTrigger(const std::vector<RowCondition> &conditions, const Columns<Row> &columns)
    {
        for (const RowCondition &condition : conditions) {
            const Column<Row> *column = columns.find_key(condition.key);
            if (!column)
                throw Error{exit_usage, "--when: rows have no key '{}' with these options; -o json shows the keys",
                            condition.key};
            tests_.emplace_back(condition, *column);
        }
    }

    [[nodiscard]] bool fires(const Row &row) const
    {
        return std::ranges::any_of(tests_, [&row](const auto &test) {
            Buffer json;
            test.second.put_value(json, row);
            return test.first.holds({json.data(), json.size()});
        });
    }

private:
    std::vector<std::pair<RowCondition, Column<Row>>> tests_;
};

} // namespace snoop
