// SPDX-License-Identifier: BSD-2-Clause
// The keys that opencount counts by, as table cells and in JSON.
//     Keys keys{OPEN_BY_USER, nullptr};
//     CountView view{tracer, keys, options.view};
#pragma once

#include "base/users.hpp"
#include "count/cgroup_groups.hpp"
#include "count/count_view.hpp"
#include "opencount/names.hpp"
#include <snoop/opencount.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::opencount {

// The JSON keys that Keys::put_json() writes.
std::vector<JsonKey> key_columns();

// Throws Error (exit 2) if metrics cannot have the key as a label: a path, or a part of one.
void check_label(open_by by, const MetricsOptions &metrics);

class Keys : public KeyFormatter {
public:
    // `names` has the texts of keys that are texts; otherwise it is null.
    // Without a redactor, keys are shown as they are.
    Keys(open_by by, OpenNames *names, const Redactor *redactor);

    // Names cgroups by what the programs of this object keep.
    void read_cgroups_from(bpf_object *object) { cgroups_.read_from(object); }

    [[nodiscard]] std::vector<std::string_view> titles() const override;
    std::vector<std::string> cells(std::string_view key) override;
    void put_json(JsonWriter &json, std::string_view key) override;
    MetricLabels labels(std::string_view key) override;
    [[nodiscard]] bool groups() const override { return true; }
    std::optional<std::string> group(std::string_view bytes) override;

private:
    std::optional<std::string> user(std::string_view key);
    [[nodiscard]] std::string shown(std::string_view text) const;

    open_by by_;
    OpenNames *names_;
    const Redactor *redactor_;
    UserNames users_;
    CgroupGroups cgroups_;
};

} // namespace snoop::opencount
