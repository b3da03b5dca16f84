// SPDX-License-Identifier: BSD-2-Clause
// The keys that execcount counts by, as table cells and in JSON.
//     Keys keys{COUNT_BY_UID};
//     CountView view{tracer, keys, options.view};
#pragma once

#include "base/redact.hpp"
#include "base/users.hpp"
#include "count/cgroup_groups.hpp"
#include "count/count_view.hpp"
#include "libbpf/cgroup_names.hpp"
#include <snoop/execcount.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snoop::execcount {

// The size of a key in the map of counters, in bytes.
std::uint32_t key_bytes(count_by by);

// The JSON keys that Keys::put_json() writes.
std::vector<JsonKey> key_columns();

// Throws Error (exit 2) if metrics cannot have the key as a label: a path.
void check_label(count_by by, const MetricsOptions &metrics);

class Keys : public KeyFormatter {
public:
    // Without a redactor, keys are shown as they are.
    explicit Keys(count_by by, const Redactor *redactor)
        : by_(by),
          redactor_(redactor),
          places_(by == COUNT_BY_UNIT ? CgroupGroups::By::unit : CgroupGroups::By::container)
    {}

    // Names cgroups by what the programs of this object keep.
    void read_cgroups_from(bpf_object *object);

    [[nodiscard]] std::vector<std::string_view> titles() const override;
    std::vector<std::string> cells(std::string_view bytes) override;
    void put_json(JsonWriter &json, std::string_view bytes) override;
    MetricLabels labels(std::string_view bytes) override;
    [[nodiscard]] bool groups() const override { return counts_places() || redactor_; }
    std::optional<std::string> group(std::string_view bytes) override;

private:
    // The keys are texts then: the cgroups of a container or a unit are one.
    [[nodiscard]] bool counts_places() const { return by_ == COUNT_BY_CONTAINER || by_ == COUNT_BY_UNIT; }
    [[nodiscard]] std::string text_of_key(std::string_view bytes);
    std::optional<std::string> user(const count_key &key);
    [[nodiscard]] std::string shown(std::string_view text) const;
    std::string cgroup(std::uint64_t id);

    count_by by_;
    const Redactor *redactor_;
    UserNames users_;
    CgroupNames cgroups_;
    CgroupGroups places_;
};

} // namespace snoop::execcount
