// SPDX-License-Identifier: BSD-2-Clause
// Receives the texts of keys that are paths, directories or suffixes: the map of counters has only their hashes.
//     OpenNames names{tracer, OPEN_BY_PATH};
//     auto attached = tracer.attach_first(methods, names.observer());
//     names.take(key);                       // "/etc/passwd"
#pragma once

#include "count/count_view.hpp"
#include "run/attach_method.hpp"
#include "run/event_wait.hpp"
#include "run/tracer.hpp"
#include "run/transport.hpp"
#include <snoop/opencount.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "opencount.skel.h"

namespace snoop::opencount {

class OpenNames : public CountRecords {
public:
    OpenNames(Tracer &tracer, open_by by);

    // Sizes the ring before the load, and opens it after.
    AttachObserver<opencount_bpf> observer();

    // The text of a key of the map, if it has come. It is given once.
    std::optional<std::string> take(std::string_view key);

    void watch(Loop &loop) override;
    void drain() override;
    void wait(std::optional<std::chrono::milliseconds> limit) override;
    void finish() override;
    [[nodiscard]] std::vector<AccountingItem> items(const EventCounters &) const override { return {}; }
    [[nodiscard]] bool is_lossy(const EventCounters &) const override { return false; }

private:
    void put(const snoop_record &rec, std::span<const std::byte> whole);

    EventTransport transport_;
    open_by by_;
    const Redactor *redactor_;
    std::optional<EventWait> wait_;
    std::unordered_map<std::string, std::string> texts_; // by key, until they are taken
    bool found_ = false;
};

} // namespace snoop::opencount
