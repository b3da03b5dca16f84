// SPDX-License-Identifier: BSD-2-Clause
// Memory shared by a child and its parent.
//     Shared<int> fd;
//     in_child([&] { *fd = open(…); });
#pragma once

#include <cerrno>
#include <sys/mman.h>
#include <system_error>
#include <type_traits>

namespace snoop::test {

template <class T> class Shared {
    static_assert(std::is_trivially_copyable_v<T>, "a child would destroy its own copy");

public:
    Shared() : at_(mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
    {
        if (at_ == MAP_FAILED)
            throw std::system_error(errno, std::generic_category(), "mmap");
    }
    ~Shared() { munmap(at_, sizeof(T)); }
    Shared(const Shared &) = delete;
    Shared &operator=(const Shared &) = delete;

    T &operator*() const { return *static_cast<T *>(at_); }
    T *operator->() const { return static_cast<T *>(at_); }

private:
    void *at_; // zeroed
};

} // namespace snoop::test
