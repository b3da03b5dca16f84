// SPDX-License-Identifier: BSD-2-Clause
// What tests find or put into the system around a tool: directories, programs, users,
// mounts, cgroups. All of it goes when its object does, or with the process.
//     TempDir dir;
//     run({.path = dir.program("hello", 3), .argv = {"hello", marker()}});   // exits with 3
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace snoop::test {

// A string that no other event on this machine has: "m815-3z".
std::string marker();

std::string read_file(const std::string &path);
void write_file(const std::string &path, std::string_view bytes, mode_t mode = 0644);
// To a file of the kernel's, which is there and takes it in one write.
void tell_kernel(const std::string &path, std::string_view text);

// A directory of its own below /tmp, open to every user.
class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] std::string at(std::string_view name) const { return path_ + "/" + std::string{name}; }

    // Each writes a file and returns its path. The programs are static ELF files of
    // some hundred bytes: one ends at once, one waits for a signal.
    std::string file(std::string_view name, std::string_view bytes, mode_t mode = 0644) const;
    std::string program(std::string_view name, int exit_code = 0) const;
    std::string waiting_program(std::string_view name) const;
    // Makes a directory and those above it.
    std::string folder(std::string_view name) const;

private:
    std::string path_;
};

// The bytes of these programs, for this machine's architecture.
std::string program_bytes(int exit_code);
std::string waiting_program_bytes();
// One that dies of SIGSEGV.
std::string crashing_program_bytes();
// One that executes another, whose path and arguments lie in a page that it never touches.
std::string executing_program_bytes(const std::string &path, const std::vector<std::string> &argv);
// One that has a loader, as dynamic ones have; and a loader that ends at once.
std::string dynamic_program_bytes(const std::string &loader);
std::string loader_bytes();
// One that writes so many bytes of its argv[1], as it got it, to a descriptor.
std::string reporting_program_bytes(int fd, std::uint32_t bytes);

struct User {
    uid_t uid;
    gid_t gid;
    std::string name;
};
// One that is in /etc/passwd and is not root.
User ordinary_user();

// For a child: becomes that user, with no other groups.
void become(uid_t uid, gid_t gid);

// This process gets mounts of its own; what it mounts no other process sees.
void private_mounts();
// An empty tmpfs over a directory, if there is one. `options` as mount -o takes them.
void cover(const std::string &path, const std::string &options = "size=64k,mode=755");
// The same for as long as it lives.
class TmpFs {
public:
    TmpFs(std::string path, const std::string &options) : path_(std::move(path)) { cover(path_, options); }
    ~TmpFs();
    TmpFs(const TmpFs &) = delete;
    TmpFs &operator=(const TmpFs &) = delete;

private:
    std::string path_;
};
// A directory appears a second time, without what is mounted below it.
void bind_mount(const std::string &from, const std::string &to);
// An overlay over `lower`, whose upper layer is a tmpfs at `upper`.
void overlay_mount(const std::string &lower, const std::string &upper, const std::string &to);
// Files that begin with `magic` are executed by `interpreter`. The file system of
// binfmt_misc is mounted at `place`; its file `name` there takes "-1" to end this.
void add_binary_format(const std::string &place, const std::string &name, const std::string &magic,
                       const std::string &interpreter);

// A cgroup (v2) of its own, below the mount point or another one.
class Cgroup {
public:
    explicit Cgroup(const Cgroup *above = nullptr);
    ~Cgroup();
    Cgroup(const Cgroup &) = delete;
    Cgroup &operator=(const Cgroup &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }
    // The directory's inode, which is the cgroup's id.
    [[nodiscard]] std::uint64_t id() const;
    // For a child: moves the calling process there.
    void enter() const;

private:
    std::string path_;
};

// Where cgroup v2 is mounted.
std::optional<std::string> cgroup2_mount();

} // namespace snoop::test
