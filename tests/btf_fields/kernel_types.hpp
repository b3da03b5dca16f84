// SPDX-License-Identifier: BSD-2-Clause
// A kernel's BTF, searched as libbpf does: types by name, fields by name through unnamed structs and
// unions. CO-RE compares kinds only. Here the sizes and signs of integers must agree, too, and an
// array must not be longer in the object than in the kernel: a program reads as much as its own
// declaration says, without a warning from libbpf.
//     if (auto difference = kernel.compare(object, use)) …
#pragma once

#include "object.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

struct Difference {
    std::string path;  // where the types differ: "struct task_struct.signal"
    std::string here;  // the type in the object, "pointer"; empty: it is missing in the kernel
    std::string there; // the type in the kernel
};

class KernelTypes {
public:
    explicit KernelTypes(const std::string &file); // throws std::runtime_error

    // Returns the first difference of `use` between object and kernel, if any. Uses that only test
    // for existence are compared as CO-RE does, all others exactly.
    [[nodiscard]] std::optional<Difference> compare(const Object &object, const Use &use) const;

private:
    [[nodiscard]] std::optional<Difference> walk(const Object &object, const Use &use, std::uint32_t id) const;

    Btf types_;
    std::unordered_map<std::string, std::vector<std::uint32_t>> named_; // by kind_and_name()
};
