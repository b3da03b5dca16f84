// SPDX-License-Identifier: BSD-2-Clause
// A kernel's BTF, asked as libbpf asks it: types by name, fields by name through unnamed
// structs and unions. Beyond what CO-RE compares (the kinds), the sizes and signs of
// integers must agree, and no array may be longer here than there: a program reads as much
// as its own declaration says, and libbpf is silent about it.
//     if (auto difference = kernel.compare(object, use)) …
// KernelTypes' constructor throws std::runtime_error.
#pragma once

#include "object.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

struct Difference {
    std::string path; // how far the kernel's types were followed: "struct task_struct.signal"
    std::string here; // what the object has there, "pointer"; empty: the kernel has nothing
    std::string there;
};

class KernelTypes {
public:
    explicit KernelTypes(const std::string &file);

    // The difference between what `use` is in the object and in the kernel, if any. A place
    // that is only asked for is compared as CO-RE does it, all others exactly.
    [[nodiscard]] std::optional<Difference> compare(const Object &object, const Use &use) const;

private:
    [[nodiscard]] std::optional<Difference> walk(const Object &object, const Use &use, std::uint32_t id) const;

    Btf types_;
    std::unordered_map<std::string, std::vector<std::uint32_t>> named_; // by kind_and_name()
};
