// SPDX-License-Identifier: BSD-2-Clause
// The kernel types that the programs of a BPF object use: its CO-RE relocations, by the names that
// libbpf looks up when it loads the object.
//     for (const Use &use : Object{"execsnoop.bpf.o"}.uses)
//         fmt::print("{}\n", use.path());        // struct task_struct.signal.pids[1]
// The layout of .BTF.ext is Documentation/bpf/btf.rst's, the relocation's linux/bpf.h's.
#pragma once

#include <bpf/btf.h>
#include <linux/bpf.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

struct FreeBtf {
    void operator()(btf *b) const noexcept { btf__free(b); }
};
using Btf = std::unique_ptr<btf, FreeBtf>;

// A type by its number in one BTF. bits: width of a bit field, otherwise 0.
struct Type {
    std::uint32_t id = 0, bits = 0;
};

// A step from a struct to a field: a member by its name, or an array's element.
struct Step {
    std::string name; // empty: an element
    std::uint32_t index = 0;
    Type type;

    [[nodiscard]] std::string text() const;
};

struct Use {
    enum class What { field, type, value };

    What what = What::type;
    bool question = false;          // bpf_core_*_exists, bpf_core_type_matches: may be missing
    std::uint32_t root = 0;         // the struct, type or enum in the object's own BTF
    std::string type;               // its kind and name: "struct task_struct", no ___flavor
    std::vector<Step> steps;        // for a value one, its name; for a type none
    unsigned kinds = 0;             // 1 << BPF_CORE_…, for each of its relocations
    std::set<std::string> programs; // functions that contain the relocations

    [[nodiscard]] std::string path() const;
    [[nodiscard]] bool has(bpf_core_relo_kind kind) const { return kinds >> kind & 1; }
};

struct Object {
    explicit Object(const std::string &file); // throws std::runtime_error

    std::string name; // of the file, without its folder
    Btf types;
    std::vector<Use> uses;
};

// Removes a flavor from a name: libbpf looks up struct x___old as struct x.
std::string without_flavor(const std::string &name);

// "struct task_struct", "enum", "typedef pid_t".
std::string kind_and_name(const btf *types, std::uint32_t id);

// Reads BTF, raw or in an ELF file; throws std::runtime_error.
Btf read_btf(const std::string &file, btf_ext **ext = nullptr);
