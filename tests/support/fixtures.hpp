// SPDX-License-Identifier: BSD-2-Clause
// Fixtures that a test sets up in the system around a tool: directories, programs, users,
// mounts, cgroups. Each is removed with its object, or with the process.
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

// Returns a string that no other event on this machine has: "m815-3z".
std::string marker();

std::string read_file(const std::string &path);
void write_file(const std::string &path, std::string_view bytes, mode_t mode = 0644);
// Writes to an existing file of /proc or /sys, in one write.
void tell_kernel(const std::string &path, std::string_view text);

// A temporary directory below /tmp, open to every user.
class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] std::string at(std::string_view name) const { return path_ + "/" + std::string{name}; }

    // Each writes a file and returns its path. The programs are static ELF files of
    // a few hundred bytes: one exits at once, one waits for a signal.
    std::string file(std::string_view name, std::string_view bytes, mode_t mode = 0644) const;
    std::string program(std::string_view name, int exit_code = 0) const;
    std::string waiting_program(std::string_view name) const;
    // Creates a directory and its parents.
    std::string folder(std::string_view name) const;

private:
    std::string path_;
};

// The ELF images of these programs, for this machine's architecture.
std::string program_bytes(int exit_code);
std::string waiting_program_bytes();
// A program that dies of SIGSEGV.
std::string crashing_program_bytes();
// A program that executes another, whose path and arguments lie in a page that it never touches.
std::string executing_program_bytes(const std::string &path, const std::vector<std::string> &argv);
// A program with an ELF interpreter, and an interpreter that exits at once.
std::string dynamic_program_bytes(const std::string &loader);
std::string loader_bytes();
// A program that writes the first `bytes` bytes of its argv[1] to a descriptor.
std::string reporting_program_bytes(int fd, std::uint32_t bytes);

struct User {
    uid_t uid;
    gid_t gid;
    std::string name;
};
// A user from /etc/passwd other than root.
User ordinary_user();

// In a child: becomes that user, without supplementary groups.
void become(uid_t uid, gid_t gid);

// Unshares the mount namespace: no other process sees what this one mounts.
void private_mounts();
// Mounts an empty tmpfs over a directory, if it exists. `options` as mount -o takes them.
void cover(const std::string &path, const std::string &options = "size=64k,mode=755");
// Such a mount, for the lifetime of the object.
class TmpFs {
public:
    TmpFs(std::string path, const std::string &options) : path_(std::move(path)) { cover(path_, options); }
    ~TmpFs();
    TmpFs(const TmpFs &) = delete;
    TmpFs &operator=(const TmpFs &) = delete;

private:
    std::string path_;
};
// Bind-mounts a directory, without the mounts below it.
void bind_mount(const std::string &from, const std::string &to);
// Likewise, with mapped owners: what belongs to `uid` appears to be root's.
void idmapped_mount(const std::string &from, const std::string &to, uid_t uid);
// An overlay over `lower`, whose upper layer is a tmpfs at `upper`.
void overlay_mount(const std::string &lower, const std::string &upper, const std::string &to);
// Registers `interpreter` for files that begin with `magic`. The file system of
// binfmt_misc is mounted at `place`; writing "-1" to its file `name` unregisters it.
void add_binary_format(const std::string &place, const std::string &name, const std::string &magic,
                       const std::string &interpreter);

// A temporary cgroup (v2), below the mount point or another cgroup.
class Cgroup {
public:
    // Without a name it gets one of its own.
    explicit Cgroup(const Cgroup *above = nullptr, const std::string &name = {});
    ~Cgroup();
    Cgroup(const Cgroup &) = delete;
    Cgroup &operator=(const Cgroup &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }
    // The inode number of the directory, which is the cgroup's id.
    [[nodiscard]] std::uint64_t id() const;
    // In a child: moves the calling process there.
    void enter() const;

private:
    std::string path_;
};

// Returns the mount point of cgroup v2.
std::optional<std::string> cgroup2_mount();

} // namespace snoop::test
