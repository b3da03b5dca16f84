// SPDX-License-Identifier: BSD-2-Clause
// The kernel's own types (/sys/kernel/btf/vmlinux), read in one pass and reduced for libbpf,
// which compares all names (126,000 on one kernel) once for each type that a program reads:
// the largest part of the startup cost.
//     KernelBtf types;
//     options.btf_custom_path = types.path();   // for bpf_object__open
//     types.reduce_for(object);                 // before bpf_object__load
#pragma once

#include "base/fd.hpp"
#include "kernel/btf_types.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct bpf_object;
struct bpf_program;

namespace snoop {

class KernelBtf {
public:
    // While this object exists, it resolves the targets of programs in the sections tp_btf,
    // fentry, fexit, fmod_ret and iter. Only one object can exist at a time.
    KernelBtf();
    ~KernelBtf();
    KernelBtf(const KernelBtf &) = delete;
    KernelBtf &operator=(const KernelBtf &) = delete;

    // The file in memory that reduce_for() fills.
    [[nodiscard]] const char *path() const noexcept { return path_.c_str(); }

    // Writes the types that the object's programs refer to. A second call does nothing: a
    // tool has one object. Throws Error (exit 1) if the kernel's types cannot be read.
    void reduce_for(const bpf_object *object);

    // The ID of a type, for attach_btf_id; nothing if there is no such type.
    std::optional<std::uint32_t> find(std::uint32_t kind, std::string_view name);

    // Frees the types once the programs are loaded.
    void release() noexcept;

private:
    class Mapping;

    const BtfTypes &types();

    Fd file_;
    std::string path_;
    bool is_reduced_ = false;
    std::unique_ptr<const Mapping> mapping_;
    std::optional<BtfTypes> types_;
    std::vector<int> handlers_; // IDs of libbpf's handlers, one for each section
};

// Sets the function that a program attaches to if its section (fentry, fexit or fmod_ret)
// names none. Call it before the load, which fails if the kernel has no such function.
void set_attach_function(const bpf_program *program, std::string function);

} // namespace snoop
