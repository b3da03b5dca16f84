// SPDX-License-Identifier: BSD-2-Clause
// Finds and reduces types in BTF that libbpf builds and in that of the running kernel.
#include "kernel/btf_types.hpp"
#include "kernel/features.hpp"

#include "unit/files.hpp"

#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace snoop;

using Btf = std::unique_ptr<btf, void (*)(btf *)>;

Btf empty_btf() { return {btf__new_empty(), btf__free}; }
Btf read_btf(const std::vector<std::byte> &bytes)
{
    return {btf__new(bytes.data(), static_cast<std::uint32_t>(bytes.size())), btf__free};
}

std::span<const std::byte> bytes_of(const Btf &types)
{
    std::uint32_t size = 0;
    const void *data = btf__raw_data(types.get(), &size);
    return {static_cast<const std::byte *>(data), size};
}

const btf_type *type_of(const Btf &types, const char *name, std::uint32_t kind = BTF_KIND_STRUCT)
{
    const int id = btf__find_by_name_kind(types.get(), name, kind);
    return id > 0 ? btf__type_by_id(types.get(), static_cast<std::uint32_t>(id)) : nullptr;
}

// "name offset size" of each member, size as libbpf resolves it.
std::vector<std::string> members(const Btf &types, const char *name)
{
    std::vector<std::string> all;
    const btf_type *type = type_of(types, name);
    for (std::uint32_t i = 0; type && i < btf_vlen(type); i++) {
        const btf_member &member = btf_members(type)[i];
        all.push_back(fmt::format("{} {} {}", btf__name_by_offset(types.get(), member.name_off),
                                  btf_member_bit_offset(type, i) / 8, btf__resolve_size(types.get(), member.type)));
    }
    return all;
}

// struct task { int pid; struct inner in; const struct other *where; struct other *all[4]; }
// with struct inner { enum state now; union { long a; } }, and a function.
class BtfTypesTest : public testing::Test {
protected:
    BtfTypesTest()
    {
        btf *b = kernel_.get();
        const int number = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
        const int longer = btf__add_int(b, "long", 8, BTF_INT_SIGNED);
        btf__add_struct(b, "other", 128);
        const int other = btf__add_struct(b, "other_too", 64);
        const int constant = btf__add_const(b, other);
        const int pointer = btf__add_ptr(b, constant);
        const int pointer_name = btf__add_typedef(b, "other_ptr", btf__add_ptr(b, other));
        const int several = btf__add_array(b, number, pointer_name, 4);
        const int state = btf__add_enum(b, "state", 4);
        btf__add_enum_value(b, "RUNNING", 0);
        btf__add_enum_value(b, "DEAD", 7);
        const int choice = btf__add_union(b, nullptr, 8);
        btf__add_field(b, "a", longer, 0, 0);
        const int inner = btf__add_struct(b, "inner", 16);
        btf__add_field(b, "now", state, 0, 0);
        btf__add_field(b, "", choice, 64, 0);
        btf__add_struct(b, "task", 64);
        btf__add_field(b, "pid", number, 0, 0);
        btf__add_field(b, "in", inner, 64, 0);
        btf__add_field(b, "where", pointer, 192, 0);
        btf__add_field(b, "all", several, 256, 0);
        const int proto = btf__add_func_proto(b, number);
        btf__add_func_param(b, "fd", number);
        function_ = btf__add_func(b, "do_open", BTF_FUNC_GLOBAL, proto);
        typedef_ = btf__add_typedef(b, "btf_trace_open", btf__add_ptr(b, proto));
    }

    Btf kernel_ = empty_btf();
    int function_ = 0, typedef_ = 0;
};

TEST_F(BtfTypesTest, FindsFunctionsAndTracepoints)
{
    const BtfTypes types{bytes_of(kernel_)};

    EXPECT_EQ(types.find(BTF_KIND_FUNC, "do_open"), function_);
    EXPECT_EQ(types.find(BTF_KIND_TYPEDEF, "btf_trace_open"), typedef_);
    EXPECT_EQ(types.find(BTF_KIND_TYPEDEF, "do_open"), std::nullopt);
    EXPECT_EQ(types.find(BTF_KIND_FUNC, "do_ope"), std::nullopt);
    EXPECT_EQ(types.find(BTF_KIND_FUNC, "do_opened"), std::nullopt);
    EXPECT_EQ(types.find(BTF_KIND_FUNC, ""), std::nullopt);
}

TEST_F(BtfTypesTest, ReducesToAStructAndItsParts)
{
    const Btf some = read_btf(BtfTypes{bytes_of(kernel_)}.reduced({"task"}));

    ASSERT_TRUE(some);
    EXPECT_EQ(members(some, "task"), (std::vector<std::string>{"pid 0 4", "in 8 16", "where 24 8", "all 32 32"}));
    EXPECT_EQ(members(some, "inner"), (std::vector<std::string>{"now 0 4", " 8 8"}));
    const btf_type *state = type_of(some, "state", BTF_KIND_ENUM);
    ASSERT_TRUE(state);
    EXPECT_EQ(btf_enum(state)[1].val, 7);
    EXPECT_STREQ(btf__name_by_offset(some.get(), btf_enum(state)[1].name_off), "DEAD");
    // Neither targets of pointers nor other types.
    for (const char *name : {"other", "other_too"})
        EXPECT_FALSE(type_of(some, name)) << name;
    EXPECT_FALSE(type_of(some, "do_open", BTF_KIND_FUNC));
}

TEST_F(BtfTypesTest, KeepsAllTypesOfAName)
{
    btf__add_struct(kernel_.get(), "other", 200); // as in some kernels
    const Btf some = read_btf(BtfTypes{bytes_of(kernel_)}.reduced({"other"}));
    std::vector<std::uint32_t> sizes;

    ASSERT_TRUE(some);
    for (std::uint32_t id = 1; id < btf__type_cnt(some.get()); id++)
        if (btf_is_struct(btf__type_by_id(some.get(), id)))
            sizes.push_back(btf__type_by_id(some.get(), id)->size);
    EXPECT_EQ(sizes, (std::vector<std::uint32_t>{128, 200}));
}

TEST_F(BtfTypesTest, KeepsTheTargetOfATypedef)
{
    const Btf some = read_btf(BtfTypes{bytes_of(kernel_)}.reduced({"btf_trace_open"}));

    ASSERT_TRUE(some);
    const btf_type *type = type_of(some, "btf_trace_open", BTF_KIND_TYPEDEF);
    ASSERT_TRUE(type);
    type = btf__type_by_id(some.get(), type->type);
    ASSERT_TRUE(btf_is_ptr(type));
    type = btf__type_by_id(some.get(), type->type);
    ASSERT_TRUE(btf_is_func_proto(type));
    EXPECT_STREQ(btf__name_by_offset(some.get(), btf_params(type)[0].name_off), "fd");
}

TEST_F(BtfTypesTest, NamesWithoutFlavors)
{
    Btf program = empty_btf();
    btf__add_struct(program.get(), "task___old", 4);
    btf__add_struct(program.get(), "task", 4);
    btf__add_union(program.get(), nullptr, 4);
    btf__add_enum(program.get(), "state", 4);
    btf__add_func_proto(program.get(), 0);
    btf__add_var(program.get(), "count", BTF_VAR_GLOBAL_ALLOCATED, 1);

    EXPECT_EQ(BtfTypes{bytes_of(program)}.names(), (BtfTypes::Names{"task", "state"}));
}

TEST_F(BtfTypesTest, DamagedOrUnknownHasNoTypes)
{
    const auto good = bytes_of(kernel_);
    const std::vector<std::byte> all{good.begin(), good.end()};

    EXPECT_FALSE(BtfTypes{all}.empty());
    EXPECT_TRUE(BtfTypes{std::span<const std::byte>{}}.empty());
    for (std::size_t size = 0; size < all.size(); size++)
        EXPECT_TRUE(BtfTypes{std::span{all}.first(size)}.empty()) << size;

    std::vector<std::byte> newer = all;
    const auto &header = *reinterpret_cast<const btf_header *>(newer.data());
    reinterpret_cast<btf_type *>(newer.data() + header.hdr_len + header.type_off)->info = 30u << 24;
    EXPECT_TRUE(BtfTypes{newer}.empty());

    std::vector<std::byte> misaligned = all;
    reinterpret_cast<btf_header *>(misaligned.data())->type_off = 2;
    EXPECT_TRUE(BtfTypes{misaligned}.empty());
}

// libbpf finds the same offsets in the reduced types of this kernel as in all types.
// Found by fuzzing: references to types that do not exist, and a typedef of itself.
TEST(BtfTypesOfDamagedBtf, BadReferencesLeadToVoid)
{
    const Btf damaged = empty_btf();
    const int self = btf__add_typedef(damaged.get(), "self", 1);
    btf__add_typedef(damaged.get(), "lost", 4711);
    const BtfTypes types{bytes_of(damaged)};

    EXPECT_FALSE(types.is_pointer(static_cast<BtfTypes::Id>(self)));
    EXPECT_FALSE(types.is_pointer(4711));
    EXPECT_FALSE(types.reduced({"self", "lost"}).empty());
}

TEST(BtfTypesOfThisKernel, KeepsTheOffsetsOfFields)
{
    std::string file;
    try {
        file = read_file(kernel::vmlinux_btf);
    } catch (const std::exception &) {}
    if (file.empty())
        GTEST_SKIP() << "SKIP: lacks btf: this kernel has no BTF, or it cannot be read";
    const std::vector<std::byte> bytes = [&] {
        std::vector<std::byte> copy(file.size());
        std::memcpy(copy.data(), file.data(), file.size());
        return copy;
    }();
    const Btf all = read_btf(bytes);
    ASSERT_TRUE(all);
    const Btf some = read_btf(BtfTypes{bytes}.reduced({"task_struct", "mm_struct", "dentry", "mount", "file"}));
    ASSERT_TRUE(some);

    EXPECT_LT(btf__type_cnt(some.get()), btf__type_cnt(all.get()) / 50);
    for (const char *name : {"task_struct", "mm_struct", "dentry", "mount", "file"}) {
        EXPECT_FALSE(members(all, name).empty()) << name;
        EXPECT_EQ(members(some, name), members(all, name)) << name;
    }
}

} // namespace
