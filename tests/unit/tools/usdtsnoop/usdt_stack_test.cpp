// SPDX-License-Identifier: BSD-2-Clause
// The stack of the sleepable program: since 6.13 a function that needs 64 bytes or more gets one stack per CPU, which
// tasks that sleep in it would share (bpf/lib/private_stack.bpf.h).
#include <snoop/usdtsnoop.h>

#include <gtest/gtest.h>

#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <gelf.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "usdtsnoop.skel.h"

namespace {

// The instructions of each section that has some, by its name.
std::map<std::string, std::vector<bpf_insn>> code_of_object()
{
    std::size_t size = 0;
    const auto *bytes = static_cast<const char *>(usdtsnoop_bpf::elf_bytes(&size));
    std::string copy{bytes, size};
    elf_version(EV_CURRENT);
    const std::unique_ptr<Elf, int (*)(Elf *)> elf{elf_memory(copy.data(), copy.size()), elf_end};
    std::map<std::string, std::vector<bpf_insn>> sections;
    std::size_t names = 0;

    EXPECT_EQ(elf_getshdrstrndx(elf.get(), &names), 0);
    for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf.get(), section));) {
        GElf_Shdr header;
        const Elf_Data *data = elf_rawdata(section, nullptr);
        if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_EXECINSTR) || !data || data->d_size == 0)
            continue;
        std::vector<bpf_insn> &code = sections[elf_strptr(elf.get(), names, header.sh_name)];
        code.resize(data->d_size / sizeof(bpf_insn));
        std::memcpy(code.data(), data->d_buf, code.size() * sizeof(bpf_insn));
    }
    return sections;
}

// The most bytes below the frame pointer that any instruction addresses.
int stack_bytes(const std::vector<bpf_insn> &code)
{
    std::array<bool, 16> is_frame{};
    int lowest = 0;

    for (const bpf_insn &insn : code) {
        const int kind = BPF_CLASS(insn.code);
        if ((kind == BPF_ST || kind == BPF_STX) && insn.dst_reg == BPF_REG_10)
            lowest = std::min<int>(lowest, insn.off);
        if (kind == BPF_LDX && insn.src_reg == BPF_REG_10)
            lowest = std::min<int>(lowest, insn.off);
        // "r1 = r10; r1 += -32"
        if (insn.code == (BPF_ALU64 | BPF_ADD | BPF_K) && is_frame[insn.dst_reg])
            lowest = std::min<int>(lowest, insn.imm);
        is_frame[insn.dst_reg] = insn.code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn.src_reg == BPF_REG_10;
    }
    return -lowest;
}

TEST(UsdtStack, SleepableProgramHasNoPrivateStack)
{
    constexpr int most = 48; // rounded up to 16 bytes, less than 64
    auto code = code_of_object();

    ASSERT_FALSE(code["?uprobe.s"].empty());
    ASSERT_FALSE(code[".text"].empty());
    EXPECT_GT(stack_bytes(code["?uprobe"]), most) << "this test sees the stack of the other program";
    EXPECT_LE(stack_bytes(code["?uprobe.s"]), most);
    EXPECT_LE(stack_bytes(code[".text"]), most) << "its functions";
}

} // namespace
