// SPDX-License-Identifier: BSD-2-Clause
// Writes the inputs that fuzzing starts with, from what unit tests and benchmarks build.
//     make_corpus tests/fuzz/corpus
#include "bench/records.hpp"
#include "unit/elf.hpp"

#include <snoop/openguard.h>
#include <snoop/usdtsnoop.h>

#include <bpf/btf.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace std::string_literals;

std::filesystem::path corpus;

void write(const std::string &program, const std::string &name, const std::string &bytes)
{
    std::filesystem::create_directories(corpus / program);
    std::ofstream{corpus / program / name, std::ios::binary} << bytes;
}

std::string piece_of(const bench::Record &record)
{
    const auto size = static_cast<std::uint16_t>(record.bytes().size());
    return {reinterpret_cast<const char *>(&size), sizeof(size)};
}

// An input of replay_fuzz.cpp: options, then the records that follow one another.
std::string replay_input(char options, const std::vector<bench::Record> &records, std::size_t from, std::size_t count)
{
    std::string bytes(1, options);
    for (std::size_t i = from; i < from + count && i < records.size(); i++) {
        bytes += piece_of(records[i]);
        bytes.append(reinterpret_cast<const char *>(records[i].bytes().data()), records[i].bytes().size());
    }
    return bytes;
}

void write_replays(const std::string &tool, const std::vector<bench::Record> &records)
{
    for (std::size_t i = 0; i < records.size() && i < 11; i++)
        write(tool, "record" + std::to_string(i), replay_input(static_cast<char>(i), records, i, 1));
    write(tool, "several", replay_input(1, records, 0, 6));
}

std::vector<bench::Record> execs()
{
    std::vector<bench::Record> all = bench::execs();
    const snoop_record first = all[0].rec();
    exec_args more{};
    more.rec = first;
    more.rec.kind = EXEC_ARGS;
    more.len = 5;
    all.emplace(all.begin() + 1, more, "-l\0x\0"s);
    all[0].rec().flags |= SNOOP_FLAG_MORE;
    exec_exit end{};
    end.rec = first;
    end.rec.kind = EXEC_EXIT;
    end.rec.ts_ns += 1'000'000;
    end.pid = first.tid;
    all.emplace(all.begin() + 2, end, "");
    return all;
}

std::vector<bench::Record> hits()
{
    std::vector<bench::Record> all;
    for (const std::uint16_t type :
         {std::uint16_t{4}, std::uint16_t{8 | USDT_TYPE_SIGNED}, std::uint16_t{8 | USDT_TYPE_FLOAT},
          std::uint16_t{8 | USDT_TYPE_STRING}, std::uint16_t{8 | USDT_TYPE_STRING | USDT_TYPE_CUT},
          std::uint16_t{USDT_TYPE_LOST}}) {
        usdt_event e{};
        e.task = bench::task_of(bench::processes[2]);
        e.rec = bench::record_header(USDT_EVENT, all.size(), e.task);
        const std::string names = "/usr/bin/app\0app\0start\0"s, string = type & USDT_TYPE_STRING ? "text\n" : "";
        e.location = 0x401010;
        e.names_len = static_cast<std::uint16_t>(names.size());
        e.arg_count = 2;
        for (std::size_t i = 0; i < e.arg_count; i++) {
            e.types[i] = type;
            e.args[i] = 0x4045000000000000;
            e.lens[i] = static_cast<std::uint16_t>(string.size());
        }
        all.emplace_back(e, names + string + string);
    }
    return all;
}

std::vector<bench::Record> guards()
{
    std::vector<bench::Record> all;
    for (const guard_action action : {GUARD_AUDITED, GUARD_DENIED}) {
        guard_event e{};
        e.task = bench::task_of(bench::processes[3]);
        e.rec = bench::record_header(GUARD_EVENT, all.size(), e.task);
        const std::string path = bench::components_of("/etc/shadow"), guard = "/etc/sha*";
        e.ino = 131;
        e.dev = 8 << 20 | 1;
        e.flags = O_RDWR;
        e.path_len = static_cast<std::uint16_t>(path.size());
        e.text_len = static_cast<std::uint16_t>(guard.size());
        e.action = static_cast<std::uint8_t>(action);
        e.via = OPEN_VIA_OPENAT;
        all.emplace_back(e, path + guard);
    }
    return all;
}

void write_elf_files()
{
    TinyElf elf;
    elf.symbol = "counter";
    elf.symbol_value = 0x401010;
    elf.notes = usdt_note({.arguments = "4@counter(%rip) -8@-8(%rbp)"}) + usdt_note({.semaphore = 0x401100});
    for (const std::string program : {"usdt_notes", "elf_functions"}) {
        write(program, "elf64", elf.bytes());
        write(program, "elf32", elf.bytes32());
    }
}

void write_arguments()
{
    const std::vector<std::string> x86{"-4@%eax",         "8@-16(%rbp)",     "4@$-7",
                                       "1@%ah",           "8@counter(%rip)", "8@8+counter(%rip)",
                                       "8@(%rax,%rbx,8)", "8f@%xmm0",        "-8@$-9223372036854775808"};
    const std::vector<std::string> arm64{"-4@w0", "8@x1", "8@[sp, 16]", "8@[x2]", "4@7", "8@[x0,x1,lsl 3]"};
    for (std::size_t i = 0; i < x86.size(); i++)
        write("usdt_args", "x86_" + std::to_string(i), "\0"s + x86[i]);
    for (std::size_t i = 0; i < arm64.size(); i++)
        write("usdt_args", "arm64_" + std::to_string(i), "\1"s + arm64[i]);
}

void write_btf()
{
    btf *types = btf__new_empty();
    const int number = btf__add_int(types, "int", 4, BTF_INT_SIGNED);
    const int other = btf__add_struct(types, "other", 128);
    const int pointer = btf__add_typedef(types, "other_ptr", btf__add_ptr(types, btf__add_const(types, other)));
    const int several = btf__add_array(types, number, pointer, 4);
    const int state = btf__add_enum(types, "state", 4);
    btf__add_enum_value(types, "RUNNING", 0);
    btf__add_union(types, "choice", 8);
    btf__add_field(types, "a", number, 0, 0);
    btf__add_struct(types, "task", 64);
    btf__add_field(types, "pid", number, 0, 0);
    btf__add_field(types, "now", state, 32, 0);
    btf__add_field(types, "all", several, 64, 0);
    const int prototype = btf__add_func_proto(types, number);
    btf__add_func_param(types, "task", pointer);
    btf__add_func(types, "do_open", BTF_FUNC_GLOBAL, prototype);
    btf__add_fwd(types, "unknown", BTF_FWD_STRUCT);
    btf__add_float(types, "double", 8);
    std::uint32_t size = 0;
    const void *data = btf__raw_data(types, &size);
    write("btf", "all", "\xff\xff"s + std::string{static_cast<const char *>(data), size});
    write("btf", "some", "\x05\x00"s + std::string{static_cast<const char *>(data), size});
    btf__free(types);
}

void write_texts()
{
    const std::vector<std::string> texts{"plain",
                                         "a b\\c'd\"e\n\t\x1b[31m",
                                         "\xe2\x80\xae\xef\xbb\xbf\xc2\x9b",
                                         "\xf0\x9f\x98",
                                         "\xed\xa0\x80\xff",
                                         "$(id) `id` !x ~",
                                         "\xe1\x85\x9f\xe3\x85\xa4\xe2\xa0\x80",
                                         "\xf3\xa0\x80\xa1\xf0\x9d\x85\xb3"};
    for (std::size_t i = 0; i < texts.size(); i++) {
        write("escape", "text" + std::to_string(i), texts[i]);
        write("json", "text" + std::to_string(i),
              "\x05" + std::string(1, static_cast<char>(texts[i].size())) + texts[i]);
    }
    write("json", "document",
          "\x09\x05\x08\x03\x02\x01\x01\x01\x01\x07\0\0\0\0\0\0\xf0?\x06\x02\x03"
          "abc\x02"
          "de\x04"s);
}

// As execsnoop --exit and opensnoop print them, and odd ones.
void write_rows()
{
    const std::vector<std::string> rows{
        R"({"event":"exec","time":"2026-11-22T10:04:10.123456789Z","pid":7,"ppid":1,"tid":7,"uid":0,"user":"root",)"
        R"("comm":"sh","filename":"/bin/sh","resolved":null,"args":["sh","-c","exit 3"],"args_truncated":false,)"
        R"("exec_id":"00000000000000a1","parent_exec_id":"00000000000000a0","parent_seen":false,"ret":0,"errno":null,)"
        R"("duration_ns":1500,"exit_code":3,"signal":null,"ancestors":[{"pid":1,"comm":"init","exec_id":null}]})",
        R"({"event":"exec","time":"2026-11-22T10:04:10Z","pid":7,"filename":"/none","exec_id":"a1","ret":-2,)"
        R"("errno":"ENOENT","duration_ns":null})",
        R"({"event":"open","time":"2026-11-22T10:04:10.5Z","pid":7,"process":"cat","path":"/etc/\u00e9","flags":)"
        R"(["O_RDONLY","O_CLOEXEC"],"mode":null,"fd":3,"env":{"PATH":"/bin"},"ratio":1.5e3})",
        R"({"args":[[[{"a":[]}]]],"pid":18446744073709551616,"uid":-1,"time":"2026-02-30T10:04:10Z"})",
        "{\"comm\":\"\xff\xed\xa0\x80\"}\n\n[1]\n{}"};
    for (std::size_t i = 0; i < rows.size(); i++)
        for (const char kind : {0, 3})
            write("export_rows", "row" + std::to_string(i) + (kind ? "_span" : ""), std::string(1, kind) + rows[i]);
}

// Rows of a script as execsnoop --exit --failed and opensnoop print them, without some keys.
void write_forests()
{
    const std::vector<std::string> rows{
        R"({"event":"exec","time":"2026-11-22T10:04:10.000689255Z","ts_ns":690255,"comm":"env","pid":7,"tid)"
        R"(":7,"exec_id":"b5d1a39a9d4a5e3c","parent_exec_id":"e4fedaa6316f2aed","user":"root","duration_ns")"
        R"(:661711,"filename":"/usr/bin/env","args":["env","nice","no-such-command"],"old_tid":7,"cwd":"/sr)"
        R"(c"})",
        R"({"event":"exec","time":"2026-11-22T10:04:10.001874708Z","ts_ns":1875708,"comm":"nice","pid":7,"t)"
        R"(id":7,"errno":"ENOENT","exec_id":"8399f8f5b616b286","parent_exec_id":"e4fedaa6316f2aed","user":")"
        R"(root","filename":"/usr/bin/no-such-command","args":["no-such-command"],"old_tid":7,"cwd":"/src"})",
        R"({"event":"exec","time":"2026-11-22T10:04:10.001880821Z","ts_ns":1881821,"comm":"nice","pid":7,"t)"
        R"(id":7,"errno":"ENOENT","exec_id":"8399f8f5b616b286","parent_exec_id":"e4fedaa6316f2aed","user":")"
        R"(root","filename":"/bin/no-such-command","args":["no-such-command"],"old_tid":7,"cwd":"/src"})",
        R"({"event":"exec","time":"2026-11-22T10:04:10.001350966Z","ts_ns":1351966,"comm":"nice","pid":7,"t)"
        R"(id":7,"exec_id":"8399f8f5b616b286","parent_exec_id":"e4fedaa6316f2aed","user":"root","duration_n)"
        R"(s":580502,"exit_code":127,"filename":"/usr/bin/nice","args":["nice","no-such-command"],"old_tid")"
        R"(:7,"cwd":"/src"})",
        R"({"event":"exec","time":"2026-11-22T10:04:10.011586575Z","ts_ns":11587575,"comm":"cat","pid":8,"t)"
        R"(id":8,"exec_id":"c18e7ebfbeafa193","parent_exec_id":"e4fedaa6316f2aed","user":"root","duration_n)"
        R"(s":651675,"exit_code":1,"filename":"/usr/bin/cat","args":["cat","/no/such/file"],"old_tid":8,"cw)"
        R"(d":"/src"})",
        R"({"event":"exec","time":"2026-11-22T10:04:10.014303965Z","ts_ns":14304965,"comm":"sh","pid":9,"ti)"
        R"(d":9,"exec_id":"a456bb6da98479a2","parent_exec_id":"e4fedaa6316f2aed","user":"root","duration_ns)"
        R"(":447215,"signal":"SIGKILL","killed_by":{"pid":24433,"comm":"sh"},"filename":"/usr/bin/sh","args)"
        R"(":["sh","-c","kill -9 $$"],"old_tid":9,"cwd":"/src"})",
        R"({"event":"exec","time":"2026-11-22T10:04:10.000005528Z","ts_ns":6528,"comm":"tiny.sh","pid":10,")"
        R"(tid":10,"exec_id":"e4fedaa6316f2aed","parent_exec_id":"0b794844a9e8bc3d","user":"root","duration)"
        R"(_ns":14817098,"exit_code":3,"filename":"./tiny.sh","args":["/bin/sh","./tiny.sh"],"old_tid":10,")"
        R"(cwd":"/src"})",
        R"({"event":"open","time":"2026-11-22T10:04:10.000000000Z","ts_ns":1000,"pid":10,"tid":10,"comm":"t)"
        R"(iny.sh","exec_id":"e4fedaa6316f2aed","parent_exec_id":"0b794844a9e8bc3d","path":"/bin/sh","resol)"
        R"(ved":"/usr/bin/dash","flags":["O_RDONLY"],"via":"exec"})",
        R"({"event":"open","time":"2026-11-22T10:04:10.012201062Z","ts_ns":12202062,"pid":8,"tid":8,"comm":)"
        R"("cat","exec_id":"c18e7ebfbeafa193","parent_exec_id":"e4fedaa6316f2aed","path":"/no/such/file","r)"
        R"(esolved":"/no/such/file","errno":"ENOENT","flags":["O_RDONLY"],"via":"openat"})"};
    std::string job, other;

    for (const std::string &row : rows) {
        job += row + "\n";
        other += &row == &rows[1] ? "" : row + "\n"; // a command that is not tried
    }
    write("forest", "job", job);
    write("forest", "two_jobs", job + "\n" + other);
    for (std::size_t i = 0; i < rows.size(); i++)
        write("forest", "row" + std::to_string(i), rows[i]);
    write("forest", "guard",
          R"({"event":"guard","ts_ns":7,"pid":2,"tid":2,"exec_id":"1","path":"/x","action":"deny","guard":"a"})");
    write("forest", "cycle",
          "{\"event\":\"exec\",\"exec_id\":\"1\",\"parent_exec_id\":\"2\"}\n"
          "{\"event\":\"open\",\"exec_id\":\"2\",\"parent_exec_id\":\"1\",\"path\":\"\"}\n");
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    corpus = argv[1];
    write_replays("execsnoop", execs());
    write_replays("opensnoop", bench::opens());
    write_replays("usdtsnoop", hits());
    write_replays("openguard", guards());
    write_elf_files();
    write_arguments();
    write_btf();
    write_texts();
    write_rows();
    write_forests();
    return 0;
}
