// SPDX-License-Identifier: BSD-2-Clause
#include "funclat/empty_functions.hpp"
#include "base/error.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <linux/memfd.h>
#include <span>
#include <string_view>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U // Linux 6.3
#endif

namespace snoop::funclat {
namespace {

using namespace std::literals;

constexpr std::size_t page_bytes = 4096, spacing = 64;

struct Code {
    Execution execution;
    std::string_view bytes;
    std::size_t exit; // offset of the instruction that ends it
};

// Each begins with an instruction of its kind, and returns.
constexpr Code with_entries[] = {
#if defined(__x86_64__)
    {Execution::stepped, "\x48\x8d\x04\x24\xc3"sv, 4},      // lea (%rsp),%rax; ret
    {Execution::nop, "\x90\xc3"sv, 1},                      // nop; ret
    {Execution::push, "\x50\x58\xc3"sv, 2},                 // push %rax; pop %rax; ret
    {Execution::call, "\xe8\x01\x00\x00\x00\xc3\xc3"sv, 5}, // call 1f; ret; 1: ret
    {Execution::jump, "\xeb\x00\xc3"sv, 2},                 // jmp 1f; 1: ret
    {Execution::jump_if, "\x74\x00\xc3"sv, 2},              // je 1f; 1: ret
#else
    {Execution::stepped, "\xe0\x03\x00\xaa\xc0\x03\x5f\xd6"sv, 4},              // mov x0,x0; ret
    {Execution::nop, "\x1f\x20\x03\xd5\xc0\x03\x5f\xd6"sv, 4},                  // nop; ret
    {Execution::jump, "\x01\x00\x00\x14\xc0\x03\x5f\xd6"sv, 4},                 // b 1f; 1: ret
#endif
};

// Each ends with an instruction of its kind.
constexpr Code with_exits[] = {
#if defined(__x86_64__)
    {Execution::stepped, "\x90\xc3"sv, 1},             // nop; ret
    {Execution::jump, "\x90\xeb\x00\xc3"sv, 1},        // nop; jmp 1f; 1: ret
    {Execution::jump_if, "\x31\xc0\x74\x00\xc3"sv, 2}, // xor %eax,%eax; je 1f; 1: ret
#else
    {Execution::stepped, "\x1f\x20\x03\xd5\xc0\x03\x5f\xd6"sv, 4},              // nop; ret
    {Execution::jump, "\x1f\x20\x03\xd5\x01\x00\x00\x14\xc0\x03\x5f\xd6"sv, 4}, // nop; b 1f; 1: ret
#endif
};

constexpr std::size_t first_exit = std::size(with_entries);

const Code &code_of(std::size_t number)
{
    return number < first_exit ? with_entries[number] : with_exits[number - first_exit];
}

// Kinds that this machine has not are alike: jumps of arm64.
std::size_t find(std::span<const Code> codes, Execution execution)
{
    for (const Execution wanted : {execution, Execution::jump})
        for (std::size_t i = 0; i < codes.size(); i++)
            if (codes[i].execution == wanted)
                return i;
    return 0;
}

std::array<std::byte, page_bytes> page()
{
    std::array<std::byte, page_bytes> bytes{};

    for (std::size_t i = 0; i < first_exit + std::size(with_exits); i++) {
        const auto code = std::as_bytes(std::span{code_of(i).bytes});
        std::copy(code.begin(), code.end(), &bytes[(i + 1) * spacing]);
    }
    return bytes;
}

// Before 6.3 the kernel knows no MFD_EXEC, and maps the code of any file in memory.
Fd create_file()
{
    Fd fd{memfd_create("funclat-empty-functions", MFD_CLOEXEC | MFD_EXEC)};

    if (!fd && errno == EINVAL)
        fd = Fd{memfd_create("funclat-empty-functions", MFD_CLOEXEC)};
    return fd;
}

} // namespace

EmptyFunctions::EmptyFunctions() : fd_(create_file()), file_(fmt::format("/proc/self/fd/{}", fd_.get()))
{
    const auto bytes = page();

    if (fd_ && write(fd_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) {
        void *at = mmap(nullptr, bytes.size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd_.get(), 0);
        code_ = at == MAP_FAILED ? nullptr : static_cast<std::byte *>(at);
    }
    if (!code_)
        throw Error{exit_lacks, "no code can be mapped from memory: {}", describe_errno(errno)};
}

EmptyFunctions::~EmptyFunctions() { munmap(code_, page_bytes); }

EmptyFunction EmptyFunctions::at(std::size_t number) const
{
    const std::uint64_t start = (number + 1) * spacing;
    EmptyFunction function{};

    function.call = reinterpret_cast<void (*)()>(code_ + start);
    function.entry = start;
    function.exit = start + code_of(number).exit;
    return function;
}

EmptyFunction EmptyFunctions::with_entry(Execution execution) const { return at(find(with_entries, execution)); }

EmptyFunction EmptyFunctions::with_exit(Execution execution) const
{
    return at(first_exit + find(with_exits, execution));
}

} // namespace snoop::funclat
