// SPDX-License-Identifier: BSD-2-Clause
// Every attack of the tables: it succeeds without openguard, and never against --enforce, where each denial is
// in the accounting. SNOOP_SOAK says for how many seconds each goes on.
#include "accounting.hpp"
#include "openguard/attack.hpp"
#include "openguard/openguard.hpp"

#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <thread>

namespace snoop::test {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<Attack> all_attacks()
{
    std::vector<Attack> all;

    for (const auto &table : {races, names, namespaces, descriptors, loads})
        for (const Attack &attack : table())
            all.push_back(attack);
    return all;
}

std::uint64_t now_of(const std::uint64_t &number) { return __atomic_load_n(&number, __ATOMIC_SEQ_CST); }

class Attacks : public testing::TestWithParam<Attack> {
protected:
    const TempDir dir;
    // Initial file systems take no mapped owners.
    const TmpFs files{dir.folder("files"), "mode=755"};
};

TEST_P(Attacks, NeverSucceed)
{
    SNOOP_NEEDS(lsm);
    const Attack &attack = GetParam();
    if (attack.needs)
        SNOOP_NEEDS_HOOK(*attack.needs);
    {
        Battle unopposed{attack, Arena{dir, "files/unguarded"}};
        const Tally &tally = unopposed.tally();
        unopposed.begin();
        EXPECT_TRUE(eventually([&] { return now_of(tally.won) > 0; })) << strerror(tally.last_error);
        unopposed.end();
    }

    const Arena arena{dir, "files/guarded"};
    Battle battle{attack, arena};
    const Tally &tally = battle.tally();
    const Fd null{open("/dev/null", O_WRONLY | O_CLOEXEC)};
    ToolRun tool{"openguard", {"--enforce", arena.keys}, {.out_fd = null.get()}};
    const auto end = Clock::now() + attack_time();
    battle.begin();
    std::this_thread::sleep_until(end); // the attack goes on meanwhile
    EXPECT_TRUE(eventually([&] { return now_of(tally.denied) > 0; })) << strerror(tally.last_error);
    battle.end();
    EXPECT_EQ(tool.stop(), 0);

    EXPECT_EQ(tally.won, 0u) << "of " << tally.tries;
    auto accounting = expect_balance(tool.err());
    EXPECT_EQ(accounting["filtered"] + accounting["after_stop"], 0u);
    // The rival is killed, perhaps before it has counted.
    const std::uint64_t shown = accounting["printed"] + accounting["lost"];
    EXPECT_GE(shown, tally.denied);
    EXPECT_LE(shown, tally.denied + (attack.rival ? 1 : 0));
    fmt::print("{} tries, {} denied\n", tally.tries, tally.denied);
}

INSTANTIATE_TEST_SUITE_P(, Attacks, testing::ValuesIn(all_attacks()),
                         [](const auto &attack) { return std::string{attack.param.name}; });

} // namespace
} // namespace snoop::test
