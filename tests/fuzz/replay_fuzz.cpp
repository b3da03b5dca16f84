// SPDX-License-Identifier: BSD-2-Clause
// A tool replays records of any bytes, in this process: rows or an error, but never out of bounds.
// Input: options (1 byte; the highest bit: what follows is not in records), then pieces.
#include "fuzz.hpp"

#include "events/recorder.hpp"
#include "events/recording.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#define NAME_OF(tool) #tool
#define NAME(tool) NAME_OF(tool)
#define MAIN_OF(tool) tool##_main
#define MAIN(tool) MAIN_OF(tool)

// The tool's main(), see snoop_tool_main().
int MAIN(FUZZ_TOOL)(int argc, char **argv);

namespace {

constexpr std::string_view tool_name = NAME(FUZZ_TOOL);
constexpr std::uint32_t format = 1; // of all tools' records
constexpr std::uint64_t start_ns = 5'000'000'000'000;

std::vector<std::string> options_of(unsigned choice)
{
    static const std::vector<std::vector<std::string>> common{
        {}, {"-o", "json"}, {"-T", "-t", "-U"}, {"-u", "1000"}, {"-n", "cat", "-o", "json"}, {"-c", "2"}};
    static const std::vector<std::vector<std::string>> execsnoop{
        {"--exit"}, {"--exit", "-o", "json"}, {"-q"}, {"-l", "a"}, {"-x"}};
    static const std::vector<std::vector<std::string>> opensnoop{{"-e"}, {"-x"}, {"-e", "-x", "-U"}};

    std::vector<std::vector<std::string>> all = common;
    if (tool_name == "execsnoop")
        all.insert(all.end(), execsnoop.begin(), execsnoop.end());
    else if (tool_name == "opensnoop")
        all.insert(all.end(), opensnoop.begin(), opensnoop.end());
    return all[choice % all.size()];
}

std::vector<std::byte> record_of(std::string_view piece)
{
    std::vector<std::byte> record(std::max(piece.size(), sizeof(snoop_record)));
    if (!piece.empty())
        std::memcpy(record.data(), piece.data(), piece.size());
    const auto size = static_cast<std::uint32_t>(record.size());
    std::memcpy(record.data(), &size, sizeof(size));
    return record;
}

void write_recording(const fuzz::File &file, fuzz::Input &input)
{
    snoop::RecordingHeader header = snoop::make_header(tool_name, format);
    header.start_ns = start_ns;
    snoop::Recorder recorder{file.path()};
    recorder.begin(header);
    while (!input.empty())
        recorder.add(record_of(input.piece()));
    recorder.finish({});
}

void write_damaged(fuzz::File &file, fuzz::Input &input)
{
    const snoop::RecordingHeader header = snoop::make_header(tool_name, format);
    file.write(std::string{reinterpret_cast<const char *>(&header), sizeof(header)}.append(input.rest()));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static fuzz::File file;
    fuzz::Input input{data, size};
    const unsigned choice = input.byte();

    if (choice & 0x80)
        write_damaged(file, input);
    else
        write_recording(file, input);

    std::vector<std::string> words{std::string{tool_name}, "--replay", file.path()};
    for (std::string &option : options_of(choice & 0x7f))
        words.push_back(std::move(option));
    std::vector<char *> argv;
    for (std::string &word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    const int code = MAIN(FUZZ_TOOL)(static_cast<int>(words.size()), argv.data());
    fuzz::require(code >= 0 && code <= 2, "the exit code is none of those of a replay");
    return 0;
}
