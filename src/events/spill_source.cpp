// SPDX-License-Identifier: BSD-2-Clause
#include "events/event_source.hpp"

#include <bpf/bpf.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace snoop {
namespace {

class SpillSource : public EventSource {
public:
    SpillSource(std::unique_ptr<EventSource> inner, SpilledRecords spilled, snoop_wake *wake)
        : inner_(std::move(inner)), spilled_(spilled), wake_(wake), value_((spilled.record_bytes + 7) / 8)
    {}

    std::size_t drain(const RecordHandler &handler) override
    {
        // Before the drain: a record that is spilled later may belong after records that this drain does not see.
        const std::vector<std::uint64_t> keys = keys_to_look_at();
        std::uint64_t until_ns = 0;
        const std::size_t found = inner_->drain([&](const snoop_record &rec, std::span<const std::byte> whole) {
            until_ns = std::max<std::uint64_t>(until_ns, rec.ts_ns);
            handler(rec, whole);
        });

        return found + take(spilled_.map_fd, keys, found > 0 ? until_ns : UINT64_MAX, handler);
    }

    void drain_rest(const RecordHandler &handler) override
    {
        inner_->drain_rest(handler);
        for (const int map : {spilled_.map_fd, spilled_.unfinished_fd})
            if (map >= 0)
                take(map, keys(map), UINT64_MAX, handler);
    }

    [[nodiscard]] int fd() const override { return inner_->fd(); }
    void announce(snoop_consumer state) override { inner_->announce(state); }
    [[nodiscard]] int looks() const override { return inner_->looks(); }
    [[nodiscard]] bool is_announced(snoop_consumer state) const override { return inner_->is_announced(state); }
    [[nodiscard]] bool ended() const override { return inner_->ended(); }

private:
    // Empty if no record was spilled since the last call.
    std::vector<std::uint64_t> keys_to_look_at()
    {
        const std::uint32_t count = wake_ ? std::atomic_ref{wake_->spilled}.load() : 0;

        if (wake_ && count == count_ && !is_left_)
            return {};
        count_ = count;
        is_left_ = false;
        return keys(spilled_.map_fd);
    }

    // Takes the records with these keys until that time. Returns how many there were.
    std::size_t take(int map, const std::vector<std::uint64_t> &keys, std::uint64_t until_ns,
                     const RecordHandler &handler)
    {
        std::size_t taken = 0;

        for (const std::uint64_t key : keys) {
            if (bpf_map_lookup_elem(map, &key, value_.data()) != 0)
                continue;
            const snoop_record *rec = as_record(value_.data(), spilled_.record_bytes);
            if (rec && rec->ts_ns > until_ns) {
                is_left_ = true;
                continue;
            }
            bpf_map_delete_elem(map, &key);
            if (rec)
                handler(*rec, std::as_bytes(std::span{value_}).first(rec->size));
            taken++;
        }
        return taken;
    }

    [[nodiscard]] static std::vector<std::uint64_t> keys(int map)
    {
        std::vector<std::uint64_t> keys;
        std::uint64_t key = 0; // a shorter key is in its first bytes

        for (int err = bpf_map_get_next_key(map, nullptr, &key); err == 0; err = bpf_map_get_next_key(map, &key, &key))
            keys.push_back(key);
        return keys;
    }

    std::unique_ptr<EventSource> inner_;
    SpilledRecords spilled_;
    snoop_wake *wake_;
    std::uint32_t count_ = 0; // of wake_->spilled, when the map was read
    bool is_left_ = false;    // some were too young
    std::vector<std::uint64_t> value_;
};

} // namespace

std::unique_ptr<EventSource> spill_source(std::unique_ptr<EventSource> inner, SpilledRecords spilled, snoop_wake *wake)
{
    return std::make_unique<SpillSource>(std::move(inner), spilled, wake);
}

} // namespace snoop
