// SPDX-License-Identifier: BSD-2-Clause
// Files of a test: a temporary directory, and functions that read and write whole files.
//     TempDir dir;
//     write_file(dir / "short", "abc");
#pragma once

#include "base/fd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unistd.h>

class TempDir {
public:
    TempDir()
    {
        std::string name = (std::filesystem::temp_directory_path() / "snoop-unit-XXXXXX").string();
        if (!mkdtemp(name.data()))
            ADD_FAILURE() << "no temporary directory " << name;
        path_ = name;
    }
    ~TempDir()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;

    [[nodiscard]] std::string path() const { return path_.string(); }
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

inline std::string read_file(const std::string &path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

inline void write_file(const std::string &path, std::string_view bytes)
{
    std::ofstream file{path, std::ios::binary};
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(file.flush()) << path;
}

struct Pipe {
    snoop::Fd reads, writes;

    Pipe()
    {
        std::array<int, 2> fds{-1, -1};
        if (pipe2(fds.data(), O_CLOEXEC) != 0)
            ADD_FAILURE() << "no pipe";
        reads = snoop::Fd{fds[0]};
        writes = snoop::Fd{fds[1]};
    }
};

// Everything up to the end of the file or pipe.
inline std::string read_all(int fd)
{
    std::string bytes;
    std::array<char, 65536> part{};
    for (ssize_t n = 0; (n = read(fd, part.data(), part.size())) > 0;)
        bytes.append(part.data(), static_cast<std::size_t>(n));
    return bytes;
}
