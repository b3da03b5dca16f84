// SPDX-License-Identifier: BSD-2-Clause
// A row of usdtsnoop: the columns of a hit of a probe, and the sink that prints them.
//     UsdtSink sink{session, options};
//     session.run<usdtsnoop_bpf>(sink, …);
#pragma once

#include "run/row_sink.hpp"
#include "run/session.hpp"
#include "run/task_columns.hpp"
#include "table/values.hpp"
#include "usdtsnoop/options.hpp"
#include <snoop/usdtsnoop.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace snoop::usdtsnoop {

// Views into one record; valid while the record is.
struct Row : TaskRow {
    const usdt_event *event;
    std::string binary, provider, name;
    std::string_view strings; // concatenated

    Row(Session &session, const usdt_event &hit, std::string_view data);
};

// The types of a probe's arguments: "s32 u64" in text, an array in JSON.
struct Types {
    std::vector<unsigned> types;
};
void put_text(Buffer &out, const Types &types, Spaces spaces);
void put_json(JsonWriter &json, const Types &types);
constexpr JsonType json_type_of(std::type_identity<Types>) { return json_type<std::vector<std::string_view>>; }

// "0x4f3a0", as readelf shows an address.
std::string hex(std::uint64_t address);

// The keys of JSON rows.
std::vector<JsonKey> row_keys();

class UsdtSink : public RowSink<usdt_event, Row> {
public:
    UsdtSink(Session &session, const Options &options);

private:
    [[nodiscard]] Row make_row(const usdt_event &event, std::string_view data) const override;
    void redact_event(const Redactor &redactor, usdt_event &event, std::string &data) const override;
    [[nodiscard]] bool passes_options(const Row &row) const override;

    const Options &options_;
};

} // namespace snoop::usdtsnoop
