// SPDX-License-Identifier: BSD-2-Clause
// Probe notes: from a compiler, from a file built by hand, and damaged ones.
#include "unit/elf.hpp"
#include "unit/files.hpp"
#include "unit/random.hpp"
#include "unit/run.hpp"

#include "base/error.hpp"
#include "usdtsnoop/usdt_notes.hpp"

#include <gmock/gmock.h>

namespace {

using namespace snoop;
using namespace snoop::usdtsnoop;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class UsdtNotes : public testing::Test {
protected:
    std::vector<UsdtProbe> read(const std::string &bytes)
    {
        const std::string path = dir_ / "file";
        write_file(path, bytes);
        return read_usdt_probes(path);
    }
    // The error message for a file that is refused.
    std::string refusal(const std::string &bytes)
    {
        try {
            read(bytes);
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), exit_usage);
            return error.what();
        }
        return "no refusal";
    }
    std::string refusal_of_note(const NoteSpec &spec)
    {
        elf_.notes = usdt_note(spec);
        return refusal(elf_.bytes());
    }

    TempDir dir_;
    TinyElf elf_;
};

// The probes of a program's own: a static C library may have some, too.
std::vector<UsdtProbe> own_probes(const char *program)
{
    auto probes = read_usdt_probes(tool_path(program));

    std::erase_if(probes, [](const UsdtProbe &probe) { return probe.provider == "libc"; });
    return probes;
}

TEST_F(UsdtNotes, Program)
{
    const auto probes = own_probes("usdt_target");
    std::vector<std::string> names;
    for (const UsdtProbe &probe : probes) {
        EXPECT_EQ(probe.provider, "snooptest");
        EXPECT_EQ(probe.semaphore_offset, 0u);
        EXPECT_FALSE(probe.is_32bit);
        for (const usdt_arg_spec &arg : probe.args)
            EXPECT_NE(arg.where, USDT_NOWHERE) << probe.name << ": " << probe.arguments;
        names.push_back(fmt::format("{}/{}", probe.name, probe.args.size()));
    }
    EXPECT_THAT(names, testing::ElementsAre("absent/2", "flood/1", "mark/2", "strings/6", "table/2", "thread/1",
                                            "twice/1", "twice/1", "types/12"));
}

// The semaphore is at its offset in the file, and 0 there.
TEST_F(UsdtNotes, ProgramWithSemaphore)
{
    for (const char *name : {"usdt_guarded", "usdt_guarded_fixed"}) {
        const auto probes = own_probes(name);
        ASSERT_THAT(probes, SizeIs(1));
        const std::string file = read_file(tool_path(name));
        ASSERT_LT(probes[0].semaphore_offset, file.size());
        EXPECT_GT(probes[0].semaphore_offset, 0u);
        EXPECT_EQ(file.substr(probes[0].semaphore_offset, 2), std::string(2, '\0'));
#if defined(__x86_64__)
        EXPECT_EQ(file.at(probes[0].offset), '\x90'); // nop
#endif
    }
}

TEST_F(UsdtNotes, ReadsTheWholeNote)
{
    elf_.notes = usdt_note({.semaphore = 0x401100, .provider = "one", .name = "two", .arguments = "-4@8 8@16"});
    const auto probes = read(elf_.bytes());

    ASSERT_THAT(probes, SizeIs(1));
    EXPECT_EQ(probes[0].provider, "one");
    EXPECT_EQ(probes[0].name, "two");
    EXPECT_EQ(probes[0].arguments, "-4@8 8@16");
    EXPECT_EQ(probes[0].location, 0x401010u);
    EXPECT_EQ(probes[0].offset, 0x1010u);
    EXPECT_EQ(probes[0].semaphore_offset, 0x1100u);
    EXPECT_THAT(probes[0].args, SizeIs(2));
}

TEST_F(UsdtNotes, SortedByNameAndLocation)
{
    elf_.notes = usdt_note({.location = 0x401030, .name = "b"}) + usdt_note({.location = 0x401020, .name = "b"}) +
                 usdt_note({.location = 0x401040, .name = "a"});
    std::string all;
    for (const auto &probe : read(elf_.bytes()))
        all += fmt::format("{} {:x} ", probe.name, probe.location);
    EXPECT_EQ(all, "a 401040 b 401020 b 401030 ");
}

// prelink(8) moves the file, and leaves the notes as they were.
TEST_F(UsdtNotes, PrelinkedFile)
{
    elf_.notes = usdt_note({.location = 0x1010, .base = 0x2000, .semaphore = 0x1100});
    const auto probes = read(elf_.bytes());

    ASSERT_THAT(probes, SizeIs(1));
    EXPECT_EQ(probes[0].location, 0x401010u);
    EXPECT_EQ(probes[0].semaphore_offset, 0x1100u);
    elf_.has_base = false;
    elf_.notes = usdt_note({.base = 0});
    EXPECT_EQ(read(elf_.bytes()).at(0).location, 0x401010u);
}

TEST_F(UsdtNotes, SkipsOtherNotes)
{
    elf_.notes = usdt_note({.owner = std::string("GNU", 4)}) + usdt_note({.type = 4}) +
                 usdt_note({.owner = std::string("stapsdt!", 8)}) + usdt_note({.name = "it"});
    const auto probes = read(elf_.bytes());
    ASSERT_THAT(probes, SizeIs(1));
    EXPECT_EQ(probes[0].name, "it");
    elf_.notes = "";
    EXPECT_THAT(read(elf_.bytes()), IsEmpty());
}

// The linker removes code that nothing uses, but leaves the notes of its probes.
TEST_F(UsdtNotes, SkipsProbesWithoutCode)
{
    // 0x402010 is in memory, but holds zeros that are not in the file.
    for (const std::uint64_t location : {std::uint64_t{0}, std::uint64_t{0x12}, std::uint64_t{0x402010}, UINT64_MAX})
        elf_.notes += usdt_note({.location = location, .semaphore = 0x10, .name = fmt::format("{:x}", location)});
    elf_.notes += usdt_note({.name = "alive"});
    write_file(dir_ / "file", elf_.bytes());
    std::vector<UsdtProbe> without_code;
    const auto probes = read_usdt_probes(dir_ / "file", &without_code);

    ASSERT_THAT(probes, SizeIs(1));
    EXPECT_EQ(probes[0].name, "alive");
    EXPECT_THAT(read(elf_.bytes()), SizeIs(1));
    ASSERT_THAT(without_code, SizeIs(4));
    EXPECT_EQ(describe_without_code("./app", {without_code[0]}),
              "'./app': skipped a probe without code, which the linker has removed: app:0");
    EXPECT_EQ(describe_without_code("./app", without_code),
              "'./app': skipped 4 probes without code, which the linker has removed: app:0, app:12, app:402010, ...");
}

// A segment with headers and code can contain the address 0.
TEST_F(UsdtNotes, SkipsAddress0OfPrelinkedFile)
{
    elf_.notes = usdt_note({.location = 0, .base = 0x2000}) + usdt_note({.location = 0x1010, .base = 0x2000});
    EXPECT_THAT(read(elf_.bytes()), SizeIs(1));
}

TEST_F(UsdtNotes, SkipsProbesInData)
{
    elf_.notes = usdt_note({});
    elf_.segment_flags = PF_R | PF_W;
    EXPECT_THAT(read(elf_.bytes()), IsEmpty());
}

TEST_F(UsdtNotes, LimitsArguments)
{
    std::string many = "4@1";
    for (int i = 0; i < 20; i++)
        many += " 4@1";
    elf_.notes = usdt_note({.arguments = many});
    EXPECT_THAT(read(elf_.bytes()).at(0).args, SizeIs(USDT_ARGS));
    elf_.notes = usdt_note({.arguments = "  4@1   4@2 "});
    EXPECT_THAT(read(elf_.bytes()).at(0).args, SizeIs(2));
    // arm64 has spaces within brackets; an open bracket extends to the end.
    elf_.notes = usdt_note({.arguments = "8@[x29, 24] 8@[x0, 8"});
    EXPECT_THAT(read(elf_.bytes()).at(0).args, SizeIs(2));
}

#if defined(__x86_64__)
TEST_F(UsdtNotes, ProgramOf32Bits)
{
    elf_.notes = usdt_note({.semaphore = 0x401100, .arguments = "4@%eax -4@8(%ebp)", .is_32bit = true});
    const auto probes = read(elf_.bytes32());

    ASSERT_THAT(probes, SizeIs(1));
    EXPECT_TRUE(probes[0].is_32bit);
    EXPECT_EQ(probes[0].offset, 0x1010u);
    EXPECT_EQ(probes[0].semaphore_offset, 0x1100u);
    EXPECT_THAT(probes[0].args, SizeIs(2));
}

TEST_F(UsdtNotes, VariableBySymbol)
{
    elf_.symbol = "counter";
    elf_.symbol_value = 0x402345;
    elf_.notes = usdt_note({.arguments = "4@counter(%rip) 4@other(%rip)"});
    const auto args = read(elf_.bytes()).at(0).args;

    EXPECT_EQ(args.at(0).where, USDT_MEMORY);
    EXPECT_EQ(args.at(0).value, 0x402345 - 0x401010);
    EXPECT_EQ(args.at(1).where, USDT_NOWHERE);
}
#endif

TEST_F(UsdtNotes, RejectsDamagedNotes)
{
    EXPECT_THAT(refusal_of_note({.semaphore = 0x10}), HasSubstr("the semaphore of app:start is at 0x10"));
    EXPECT_THAT(refusal_of_note({.provider = ""}), HasSubstr("it has no name"));
    EXPECT_THAT(refusal_of_note({.name = ""}), HasSubstr("it has no name"));

    const NoteSpec whole{.arguments = "-4@8"};
    const std::string description = usdt_description(whole);
    for (std::size_t size = 0; size < description.size(); size++) {
        elf_.notes = usdt_note(whole, description.substr(0, size));
        EXPECT_THAT(refusal(elf_.bytes()), HasSubstr("it is too short")) << size;
    }
    elf_.notes = usdt_note(whole);
    for (std::size_t size = 1; size < elf_.notes.size() - 4; size++) {
        TinyElf cut = elf_;
        cut.notes.resize(size);
        EXPECT_THAT(refusal(cut.bytes()), HasSubstr("exceeds its section")) << size;
    }
}

TEST_F(UsdtNotes, RejectsOtherFiles)
{
    EXPECT_THAT(refusal(std::string{"no program"}), HasSubstr("is not an ELF executable or library"));
    EXPECT_THAT(refusal(std::string{}), HasSubstr("is not an ELF executable or library"));
    elf_.machine = EM_S390;
    EXPECT_THAT(refusal(elf_.bytes()), HasSubstr("is for another architecture"));
    EXPECT_THROW(read_usdt_probes(dir_ / "nothing"), Error);
    EXPECT_THROW(read_usdt_probes(dir_.path()), Error);
    EXPECT_THROW(read_usdt_probes("/dev/null"), Error);
}

// A file of any contents is read or refused.
TEST_F(UsdtNotes, SurvivesRandomDamage)
{
    RandomBytes random{7};
    elf_.symbol = "counter";
    elf_.notes = usdt_note({.arguments = "4@counter(%rip) 8@-8(%rbp)"}) + usdt_note({.semaphore = 0x401100});
    const std::string whole = elf_.bytes();

    for (int i = 0; i < 600; i++) {
        std::string damaged = whole;
        for (std::size_t left = 1 + random.below(4); left > 0; left--) {
            // A byte of the headers, the notes or the sections, not of the zeros between them.
            const std::size_t at = random.below(2) ? random.below(0x80) : 0x2000 + random.below(whole.size() - 0x2000);
            damaged[at] = static_cast<char>(random.below(256));
        }
        if (random.below(8) == 0)
            damaged.resize(random.below(damaged.size()));
        try {
            read(damaged);
        } catch (const Error &error) {
            EXPECT_EQ(error.code(), exit_usage);
        }
    }
}

} // namespace
