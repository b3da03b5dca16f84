// SPDX-License-Identifier: BSD-2-Clause
// The kernel's own types (/sys/kernel/btf/vmlinux), read once and in one pass. libbpf by
// itself compares the names of all of them (126,000 on one kernel) once for each type that a
// program reads, and copies all once more if a program attaches to a function: more time
// than all else from the start to the first event.
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
    // Takes over, for as long as this object lives, what programs of the sections tp_btf,
    // fentry, fexit and fmod_ret are attached to. There can be one at a time.
    KernelBtf();
    ~KernelBtf();
    KernelBtf(const KernelBtf &) = delete;
    KernelBtf &operator=(const KernelBtf &) = delete;

    // A file in memory, which reduce_for() writes.
    [[nodiscard]] const char *path() const noexcept { return path_.c_str(); }

    // Writes those types that the object's programs speak of. A second call does nothing: a
    // tool has one object. Throws Error (exit 1) if the kernel's cannot be read.
    void reduce_for(const bpf_object *object);

    // The number of a type, for attach_btf_id; nothing if there is none.
    std::optional<std::uint32_t> find(std::uint32_t kind, std::string_view name);

    // Programs are loaded: frees what was read.
    void forget() noexcept;

private:
    class Mapping;

    const BtfTypes &types();

    Fd file_;
    std::string path_;
    bool is_reduced_ = false;
    std::unique_ptr<const Mapping> mapping_;
    std::optional<BtfTypes> types_;
    std::vector<int> handlers_; // libbpf's, one for each section
};

// What a program of a section fentry, fexit or fmod_ret that names no function attaches to;
// before the load, which fails if the kernel has no such function.
void set_attach_function(const bpf_program *program, std::string function);

} // namespace snoop
