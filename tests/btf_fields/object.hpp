// SPDX-License-Identifier: BSD-2-Clause
// What the programs of a BPF object ask of the kernel's types: its CO-RE relocations,
// by the names that libbpf looks up when it loads the object.
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

// A type as one BTF numbers it. bits is a bit field's width, 0 for anything else.
struct Type {
    std::uint32_t id = 0, bits = 0;
};

// On the way from a struct to a field: a member by its name, or an array's element.
struct Step {
    std::string name; // empty: an element
    std::uint32_t index = 0;
    Type type;

    [[nodiscard]] std::string text() const;
};

struct Use {
    enum class What { field, type, value };

    What what = What::type;
    bool question = false;          // bpf_core_*_exists, bpf_core_type_matches: missing is an answer
    std::uint32_t root = 0;         // the struct, type or enum in the object's own BTF
    std::string type;               // its kind and name: "struct task_struct", no ___flavor
    std::vector<Step> steps;        // of a value one, its name; of a type none
    unsigned kinds = 0;             // 1 << BPF_CORE_…, for each relocation of this place
    std::set<std::string> programs; // functions that they are in

    [[nodiscard]] std::string path() const;
    [[nodiscard]] bool has(bpf_core_relo_kind kind) const { return kinds >> kind & 1; }
};

struct Object {
    explicit Object(const std::string &file); // throws std::runtime_error

    std::string name; // of the file, without folders
    Btf types;
    std::vector<Use> uses;
};

// "Use" of a flavor: struct x___old is looked up as struct x.
std::string without_flavor(const std::string &name);

// "struct task_struct", "enum", "typedef pid_t".
std::string kind_and_name(const btf *types, std::uint32_t id);

// Reads BTF, raw or in an ELF file; throws std::runtime_error.
Btf read_btf(const std::string &file, btf_ext **ext = nullptr);
