// SPDX-License-Identifier: BSD-2-Clause
// usdtsnoop's rows, text and JSON, from records built here.
#include "unit/replay.hpp"

#include <snoop/usdtsnoop.h>

#include <nlohmann/json.hpp>

#include <bit>

namespace {

using namespace std::string_literals;
using nlohmann::json;

struct Arg {
    std::uint16_t type;
    std::uint64_t value = 0;
    std::string string = {};
};

struct HitSpec {
    std::string binary = "/usr/bin/app", provider = "app", name = "start";
    std::vector<Arg> args = {};
    unsigned record_flags = 0;
};

constexpr std::uint16_t s8 = 1 | USDT_TYPE_SIGNED, u8 = 1, s16 = 2 | USDT_TYPE_SIGNED, u16 = 2, u32 = 4,
                        s32 = 4 | USDT_TYPE_SIGNED, u64 = 8, s64 = 8 | USDT_TYPE_SIGNED, f32 = 4 | USDT_TYPE_FLOAT,
                        f64 = 8 | USDT_TYPE_FLOAT, str = 8 | USDT_TYPE_STRING;

Record hit_record(const HitSpec &spec)
{
    auto e = new_event<usdt_event>(USDT_EVENT, spec.record_flags, "app");
    const std::string names = with_nuls({spec.binary, spec.provider, spec.name});
    std::string strings;

    e.rec.tid = e.task.tid = 4243;
    e.location = 0x401010;
    e.names_len = static_cast<std::uint16_t>(names.size());
    e.arg_count = static_cast<std::uint8_t>(spec.args.size());
    for (std::size_t i = 0; i < spec.args.size(); i++) {
        e.types[i] = spec.args[i].type;
        e.args[i] = spec.args[i].value;
        e.lens[i] = static_cast<std::uint16_t>(spec.args[i].string.size());
        strings += spec.args[i].string;
    }
    e.rec.size = static_cast<std::uint32_t>(sizeof(e) + names.size() + strings.size());
    return record_of(e, names + strings);
}

class UsdtsnoopReplay : public Replay {
protected:
    UsdtsnoopReplay() : Replay("usdtsnoop", USDT_FORMAT, USDT_EVENT) {}

    // The ARGS of a row.
    std::string text(const std::vector<Arg> &args)
    {
        const std::string row = rows_below("PID     COMM             PROBE                        ARGS\n",
                                           {hit_record({.args = args})}, {});
        const std::string before = fmt::format("{:<7} {:<16} {:<28} ", 4242, "app", "app:start");
        EXPECT_TRUE(row.starts_with(before)) << row;
        EXPECT_TRUE(row.ends_with('\n'));
        return row.substr(before.size(), row.size() - before.size() - 1);
    }
    json object(const HitSpec &spec) { return object_of({hit_record(spec)}); }
};

std::uint64_t bits(double number) { return std::bit_cast<std::uint64_t>(number); }
std::uint64_t bits(float number) { return std::bit_cast<std::uint32_t>(number); }

TEST_F(UsdtsnoopReplay, Numbers)
{
    EXPECT_EQ(text({}), "");
    EXPECT_EQ(text({{s8, 0xff}, {u8, 0xff}, {s16, 0x8000}, {u16, 0x8000}}), "-1 255 -32768 32768");
    EXPECT_EQ(text({{s32, 0xffffffff}, {u32, 0xffffffff}}), "-1 4294967295");
    EXPECT_EQ(text({{s64, UINT64_MAX}, {u64, 1000000}}), "-1 1000000");
    // The bits above an argument's size are not part of it.
    EXPECT_EQ(text({{s8, 0x1234'5601}, {u16, 0xffff'0002}, {s32, 0x9'0000'0003}, {u32, UINT64_MAX}}),
              "1 2 3 4294967295");
    // Most likely an address.
    EXPECT_EQ(text({{u64, 0xffffffff}, {u64, 0x100000000}, {u64, 0x7ffc12345678}}),
              "4294967295 0x100000000 0x7ffc12345678");
}

TEST_F(UsdtsnoopReplay, Floats)
{
    EXPECT_EQ(text({{f32, bits(0.1F)}, {f64, bits(0.1)}, {f64, bits(-1e300)}, {f64, bits(1.0)}}), "0.1 0.1 -1e+300 1");
    EXPECT_EQ(text({{f64, bits(1 / 3.0)}, {f64, bits(HUGE_VAL)}, {f32, 0xdead'0000'0000 | bits(2.5F)}}),
              "0.3333333333333333 inf 2.5");
    EXPECT_EQ(object({.args = {{f64, bits(1 / 3.0)}, {f32, bits(0.1F)}, {f64, bits(HUGE_VAL)}}})["args"],
              (json{1 / 3.0, 0.1, nullptr}));
}

TEST_F(UsdtsnoopReplay, Strings)
{
    EXPECT_EQ(text({{str, 1, "one"}, {str, 2, ""}, {str, 3, "two words"}}), R"("one" "" "two words")");
    EXPECT_EQ(text({{str, 1, "a\"b\\c\n\x1b[1m\xff"}}), R"("a\"b\\c\n\x1b[1m\xff")");
    EXPECT_EQ(text({{str, 1, "\"\""}}), R"("\"\"")");
    EXPECT_EQ(text({{str | USDT_TYPE_CUT, 1, "beg"}, {u8, 7}}), R"("beg"... 7)");
    EXPECT_EQ(object({.args = {{u8, 1}, {str, 1, "one"}, {str, 2, "\xff"}, {str, 3, ""}}})["args"],
              (json{1, "one", "\ufffd", ""}));
}

TEST_F(UsdtsnoopReplay, Redacted)
{
    const Record record =
        hit_record({.binary = "/opt/ab",
                    .args = {{str, 1, "ab token=x"}, {u8, 7}, {str, 2, "c"}, {str | USDT_TYPE_CUT, 3, "d a"}}});
    const Finished f = replay({record}, {"--redact", "ab", "--redact", "secrets", "-o", "json"});
    const json shown = json::parse(f.out.substr(0, f.out.find('\n')));
    EXPECT_EQ(shown["args"], (json{"*** token=***", 7, "c", "d ***"}));
    EXPECT_EQ(shown["binary"], "/opt/***");
}

TEST_F(UsdtsnoopReplay, UnreadableMemory)
{
    const std::vector<Arg> args{
        {str | USDT_TYPE_FAULT}, {s32 | USDT_TYPE_FAULT}, {f64 | USDT_TYPE_LOST}, {USDT_TYPE_LOST}};

    EXPECT_EQ(text(args), "<fault> <fault> ? ?");
    const json row = object({.args = args, .record_flags = SNOOP_FLAG_FAULTED});
    EXPECT_EQ(row["args"], (json{nullptr, nullptr, nullptr, nullptr}));
    EXPECT_EQ(row["types"], (json{"str", "s32", "f64", "?"}));
    EXPECT_EQ(row["faulted"], true);
}

TEST_F(UsdtsnoopReplay, EveryKey)
{
    EXPECT_EQ(object({.args = {{u64, UINT64_MAX}}, .record_flags = 0u | SNOOP_FLAG_ABI32 | SNOOP_FLAG_TRUNCATED}),
              json::parse(R"({
        "event": "usdt", "time": "2026-11-22T10:04:11.500000000Z", "ts_ns": 5001500000000,
        "pid": 4242, "comm": "app", "ppid": 4000, "tid": 4243, "ns_pid": 42, "uid": 0, "gid": 100, "user": "root",
        "auid": 0, "auid_user": "root", "session": 0,
        "pcomm": "bash", "process": "server", "cgroup_id": 77, "cgroup": null,
        "exec_id": "0123456789abcdef", "parent_exec_id": null,
        "runtime": null, "container_id": null, "container_name": null, "image": null, "pod_uid": null,
        "pod_name": null, "pod_namespace": null, "unit": null, "slice": null, "binary": "/usr/bin/app", "provider": "app", "name": "start",
        "location": "0x401010", "args": [18446744073709551615], "types": ["u64"], "abi": 32,
        "truncated": true, "faulted": false})"));
}

// A probe's names come from a file, which any user may have written.
TEST_F(UsdtsnoopReplay, NamesCannotForgeARow)
{
    const Finished f = replay({hit_record({.provider = "a b\n", .name = "\x1b[1m"})});

    EXPECT_NE(f.out.find("a\\x20b\\n:\\x1b[1m"), std::string::npos) << f.out;
}

TEST_F(UsdtsnoopReplay, FiltersApply)
{
    const std::vector<Record> records{hit_record({.name = "a"}), hit_record({.binary = "/lib/libx.so", .name = "b"}),
                                      hit_record({.provider = "other", .name = "c"})};
    const auto shown = [&](const std::vector<std::string> &options) {
        const Finished f = replay(records, options);
        EXPECT_EQ(f.exit, 0) << f.err;
        std::string names;
        for (const char *name : {":a ", ":b ", ":c "})
            names += f.out.find(name) != f.out.npos ? name : "";
        return names;
    };

    EXPECT_EQ(shown({}), ":a :b :c ");
    EXPECT_EQ(shown({"*:app:*"}), ":a :b ");
    EXPECT_EQ(shown({"libx*:*:*"}), ":b ");
    EXPECT_EQ(shown({"/usr/bin/app:*:a", "*:other:*"}), ":a :c ");
    EXPECT_EQ(shown({"-n", "dog"}), "");
    EXPECT_NE(shown({"-n", "server"}), ""); // the process
    EXPECT_EQ(shown({"-p", "4242"}), ":a :b :c ");
}

// A recording may come from anywhere: lengths that exceed the record are not believed.
TEST_F(UsdtsnoopReplay, DamagedRecordsStayInBounds)
{
    Record record = hit_record({.args = {{str, 1, "one"}}});
    auto *event = reinterpret_cast<usdt_event *>(record.data());
    event->names_len = event->lens[0] = 0xffff;
    event->arg_count = 255;
    for (auto &type : event->types)
        type = 0xffff & ~(USDT_TYPE_LOST | USDT_TYPE_FAULT);
    Record short_record = hit_record({});
    short_record.resize(sizeof(usdt_event) - 8);
    reinterpret_cast<snoop_record *>(short_record.data())->size = sizeof(usdt_event) - 8;

    for (const char *format : {"text", "json"}) {
        const Finished f = replay({record, short_record}, {"-o", format});
        EXPECT_EQ(f.exit, 0) << f.err;
        expect_no_sanitizer_report(f);
    }
}

} // namespace
