// SPDX-License-Identifier: BSD-2-Clause
// The attackers of openguard --enforce: uid 1000, who owns the guarded directory, and what he tries.
//     Attack{.name = "hard_link", .attempt = [](const Arena &a) { return reads(a.link_of_secret()); }}
#pragma once

#include "hooks.hpp"
#include "process.hpp"
#include "shared.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace snoop::test {

class TempDir;

constexpr uid_t attacker = 1000;

// How long each attack goes on: SNOOP_SOAK in seconds, or else one.
std::chrono::seconds attack_time();

// The files of one attacker, who owns all of them. Everything below `keys` is guarded.
struct Arena {
    Arena(const TempDir &dir, const std::string &name);

    std::string top, keys, inner; // directories, each in the one before
    std::string secret, program;  // in inner; the program exits with 0
    std::string out, decoys;      // in top and in out; the file decoys/secret says "decoy"

    [[nodiscard]] std::string outside(const std::string &name) const { return out + "/" + name; }
};

struct Attack {
    const char *name;
    // Called by the attacker over and over. Returns 0 if the attack succeeded, or the errno of what failed.
    int (*attempt)(const Arena &);
    // Meanwhile another process of his calls this over and over.
    void (*rival)(const Arena &) = nullptr;
    // Before openguard starts, root calls this in the process of the attempts.
    void (*prepare)(const Arena &) = nullptr;
    std::optional<Hook> needs{};
    unsigned keeps = 0; // a mask of capabilities that he has
};
inline void PrintTo(const Attack &attack, std::ostream *out) { *out << attack.name; }

// One table for each kind.
std::vector<Attack> races(), names(), namespaces(), descriptors(), loads();

// ---- Steps of an attempt. Each returns 0 or errno, and counts EPERM, which is how openguard denies. -------------

// `ret` is that of a system call that openguard may deny.
int tell(long ret);
// Closes the file.
int opened(int fd);
// Reads the secret from the file and closes it. EIO: something else is in it.
int reads(int fd);
int reads(const std::string &path);
// True if the secret is at the beginning of the file.
bool has_secret(int fd);
// 0 if one of them is.
int either(int a, int b);

// ---- Steps that openguard has nothing to do with --------------------------------------------------------------

// Runs body in a process of its own.
int apart(const std::function<int()> &body);
// Likewise, as root of a new user namespace with mounts of its own.
int in_user_namespace(const std::function<int()> &body);
int mounts(const std::string &from, const std::string &to, unsigned long flags, const char *type = nullptr,
           const std::string &options = {});
// Sends the descriptor over a Unix socket to a process of its own, for `use`.
int pass_on(int fd, const std::function<int(int)> &use);
// Executes it in a process of its own, which openguard may deny.
int executes(const std::string &path);

// The attempts and the rival of an attack count here.
struct Tally {
    std::uint64_t tries, won, denied;
    int last_error;
    bool stop;
};

// A run of an attack. The constructor prepares it.
class Battle {
public:
    Battle(const Attack &attack, const Arena &arena);

    void begin() { gate_.open(); }
    // Waits until the present attempt has ended.
    void end();
    [[nodiscard]] const Tally &tally() const { return *tally_; }

private:
    Shared<Tally> tally_;
    Gate gate_;
    std::optional<Process> process_;
};

} // namespace snoop::test
