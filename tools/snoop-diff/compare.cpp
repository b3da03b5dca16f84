// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-diff/compare.hpp"
#include "snoop-diff/align.hpp"
#include "snoop-diff/program_differences.hpp"
#include "snoop-diff/slower.hpp"
#include "snoop-diff/wrappers.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace snoop::snoop_diff {
namespace {

const Program &last_program(const Job &job, std::size_t process)
{
    return job.program(job.process(process).programs.back());
}

class Comparison {
public:
    Comparison(Job &a, Job &b, const CompareOptions &options) : a_(a), b_(b), options_(options) {}

    std::vector<Difference> run()
    {
        std::vector<std::size_t> roots_a = a_.roots(), roots_b = b_.roots();
        skip_wrappers(a_, roots_a, b_, roots_b);
        pair_processes(roots_a, roots_b, {});
        // It grows; those below come after those above.
        for (std::size_t i = 0; i < pairs_.size(); i++) {
            const ProcessPair pair = pairs_[i];
            pair_programs(i);
            pair_processes(children_of(a_, pair.a, wrappers_a_), children_of(b_, pair.b, wrappers_b_), i);
        }
        place_after_children();
        mark_consequences();
        add_slower(a_, b_, pairs_, options_, all_);
        put_in_order();
        return std::move(all_);
    }

private:
    [[nodiscard]] std::uint64_t in_b(std::uint64_t ts_ns) const
    {
        return ts_ns - std::min(ts_ns, b_.forest().first_ns());
    }

    static std::vector<Element> elements(Job &job, const std::vector<std::size_t> &processes)
    {
        std::vector<Element> all;
        for (const std::size_t i : processes) {
            const Process &process = job.process(i);
            const std::size_t first = process.programs.front();
            all.push_back({process.fingerprint, process.command, job.name_number(first),
                           job.argument_numbers(job.program(first).args)});
        }
        return all;
    }

    // Processes below the pair `above`.
    void pair_processes(const std::vector<std::size_t> &of_a, const std::vector<std::size_t> &of_b,
                        std::optional<std::size_t> above)
    {
        const Pairs pairs = align(elements(a_, of_a), elements(b_, of_b));

        for (std::size_t i = 0; i < of_a.size(); i++)
            if (pairs.of_a[i] != Pairs::none)
                pairs_.push_back({of_a[i], of_b[pairs.of_a[i]], above});
        std::vector<std::size_t> only_a, only_b;
        for (std::size_t i = 0; i < of_a.size(); i++)
            if (pairs.of_a[i] == Pairs::none)
                only_a.push_back(i);
        for (std::size_t i = 0; i < of_b.size(); i++)
            if (pairs.of_b[i] == Pairs::none)
                only_b.push_back(i);
        if (above)
            drop_failed_commands(*above, of_a, only_a, of_b, only_b);
        add_only_in_a(of_a, only_a, pairs, of_b, above);
        for (const std::size_t i : only_b) {
            const Process &process = b_.process(of_b[i]);
            Difference difference{Kind::only, {}, {process.programs.front(), {}}};
            difference.processes = process.size;
            difference.at_ns = in_b(b_.program(process.programs.front()).start_ns);
            add(std::move(difference), above);
        }
    }

    // A process that runs in A alone would have run in B after the one that A ran before it.
    void add_only_in_a(const std::vector<std::size_t> &of_a, const std::vector<std::size_t> &only_a, const Pairs &pairs,
                       const std::vector<std::size_t> &of_b, std::optional<std::size_t> above)
    {
        std::uint64_t at_ns =
            above ? b_.program(b_.process(pairs_[*above].b).programs.front()).start_ns : b_.forest().first_ns();
        std::size_t i = 0;

        for (const std::size_t only : only_a) {
            for (; i < only; i++)
                if (pairs.of_a[i] != Pairs::none)
                    at_ns = std::max(at_ns, last_program(b_, of_b[pairs.of_a[i]]).end_ns());
            const Process &process = a_.process(of_a[only]);
            Difference difference{Kind::only, {process.programs.front(), {}}, {}};
            difference.processes = process.size;
            difference.at_ns = in_b(at_ns);
            add(std::move(difference), above);
        }
    }

    // A command that one job executes and the other one fails to execute is one difference, not two.
    void drop_failed_commands(std::size_t above, const std::vector<std::size_t> &of_a, std::vector<std::size_t> &only_a,
                              const std::vector<std::size_t> &of_b, std::vector<std::size_t> &only_b)
    {
        const auto drop = [](const Job &job, const std::vector<std::size_t> &of, std::vector<std::size_t> &only,
                             std::vector<MissedExec> &missed) {
            std::unordered_map<std::uint64_t, MissedExec *> by_command;
            for (MissedExec &each : missed)
                by_command.emplace(each.command, &each);
            std::erase_if(only, [&](std::size_t i) {
                const Process &process = job.process(of[i]);
                const auto found = by_command.find(process.command);
                if (found == by_command.end() || found->second->executed)
                    return false;
                found->second->executed = process.programs.front();
                return true;
            });
        };

        drop(b_, of_b, only_b, missed_.in_a);
        drop(a_, of_a, only_a, missed_.in_b);
        for (const MissedExec &each : missed_.in_a)
            add(difference_of(each, true), above);
        for (const MissedExec &each : missed_.in_b)
            add(difference_of(each, false), above);
    }

    [[nodiscard]] Difference difference_of(const MissedExec &missed, bool is_in_a) const
    {
        const FailedExec &exec = (is_in_a ? a_ : b_).forest().failed_execs()[missed.exec];
        const std::string other = missed.executed ? "executed" : "not tried";
        Difference difference{Kind::exec,
                              {missed.a, is_in_a ? std::string{exec.error} : other},
                              {missed.b, is_in_a ? other : std::string{exec.error}}};
        difference.paths.push_back(exec.args.empty() ? exec.file : exec.args.front());
        difference.at_ns = in_b(!is_in_a          ? exec.ts_ns
                                : missed.executed ? b_.program(*missed.executed).start_ns
                                                  : b_.program(missed.b).start_ns);
        return difference;
    }

    void pair_programs(std::size_t index)
    {
        const auto elements = [](Job &job, const std::vector<std::size_t> &programs) {
            std::vector<Element> all;
            for (const std::size_t i : programs)
                all.push_back(
                    {job.command(i), job.command(i), job.name_number(i), job.argument_numbers(job.program(i).args)});
            return all;
        };
        const auto &of_a = a_.process(pairs_[index].a).programs, &of_b = b_.process(pairs_[index].b).programs;
        const Pairs pairs = align(elements(a_, of_a), elements(b_, of_b));
        ProgramComparison comparison{a_, b_, options_};
        // At the root, programs before the first pair have only started the job.
        const std::size_t skipped_a = pairs_[index].above ? 0 : first_paired(pairs.of_a),
                          skipped_b = pairs_[index].above ? 0 : first_paired(pairs.of_b);
        wrappers_a_.insert(of_a.data(), of_a.data() + skipped_a);
        wrappers_b_.insert(of_b.data(), of_b.data() + skipped_b);

        for (std::size_t i = skipped_a; i < of_a.size(); i++) {
            if (pairs.of_a[i] != Pairs::none) {
                comparison.compare(of_a[i], of_b[pairs.of_a[i]]);
                continue;
            }
            Difference only{Kind::only, {of_a[i], {}}, {}};
            only.processes = 1;
            only.at_ns = in_b(b_.program(of_b.front()).end_ns());
            add(std::move(only), index);
        }
        for (std::size_t i = skipped_b; i < of_b.size(); i++)
            if (pairs.of_b[i] == Pairs::none) {
                Difference only{Kind::only, {}, {of_b[i], {}}};
                only.processes = 1;
                only.at_ns = in_b(b_.program(of_b[i]).start_ns);
                add(std::move(only), index);
            }
        for (Difference &each : comparison.differences())
            add(std::move(each), index);
        missed_ = std::move(comparison.missed());
    }

    // 0 if none is.
    static std::size_t first_paired(const std::vector<std::size_t> &pairs)
    {
        const auto first = std::ranges::find_if(pairs, [](std::size_t pair) { return pair != Pairs::none; });
        return first == pairs.end() ? 0 : static_cast<std::size_t>(first - pairs.begin());
    }

    void add(Difference difference, std::optional<std::size_t> pair)
    {
        of_pair_.push_back(pair);
        if (pair && difference.kind == Kind::status)
            pairs_[*pair].status = all_.size();
        all_.push_back(std::move(difference));
    }

    // A file that A alone opened would have come in B after the children that had ended before it in A.
    void place_after_children()
    {
        std::vector<std::vector<std::size_t>> below(pairs_.size());

        for (std::size_t i = 0; i < pairs_.size(); i++)
            if (pairs_[i].above)
                below[*pairs_[i].above].push_back(i);
        for (std::size_t i = 0; i < all_.size(); i++) {
            if (!of_pair_[i] || !all_[i].in_a_ns)
                continue;
            for (const std::size_t child : below[*of_pair_[i]])
                if (last_program(a_, pairs_[child].a).end_ns() <= *all_[i].in_a_ns)
                    all_[i].at_ns = std::max(all_[i].at_ns, in_b(last_program(b_, pairs_[child].b).end_ns()));
        }
    }

    // A process fails because one below it did, and what it does not start any more is missing.
    void mark_consequences()
    {
        for (std::size_t i = pairs_.size(); i-- > 0;) {
            const ProcessPair &pair = pairs_[i];
            if (!pair.above)
                continue;
            ProcessPair &above = pairs_[*pair.above];
            if (!pair.status)
                continue;
            if (above.status && all_[*above.status].at_ns >= all_[*pair.status].at_ns)
                all_[*above.status].is_consequence = true;
        }
        for (std::size_t i = 0; i < all_.size(); i++) {
            if (all_[i].kind != Kind::only || !of_pair_[i])
                continue;
            const ProcessPair &pair = pairs_[*of_pair_[i]];
            if (!pair.status)
                continue;
            const Difference &status = all_[*pair.status];
            const bool a_failed = a_.program(*status.a.program).has_failed(),
                       b_failed = b_.program(*status.b.program).has_failed();
            all_[i].is_consequence = all_[i].a.program ? b_failed && !a_failed : a_failed && !b_failed;
        }
    }

    // The weight is that of the kind, but consequences come after all that explains them.
    void put_in_order()
    {
        const auto weight = [](const Difference &each) {
            const Kind last = each.is_consequence ? std::max(each.kind, Kind::resolved) : each.kind;
            return std::tuple{last, each.is_consequence, each.at_ns};
        };
        std::stable_sort(all_.begin(), all_.end(), [&](const auto &a, const auto &b) { return weight(a) < weight(b); });
        std::unordered_set<std::size_t> with_status; // programs of A
        for (const Difference &each : all_)
            if (each.kind == Kind::status)
                with_status.insert(*each.a.program);
        // Files that a program opens matter most if its end differs, too.
        const auto rank = [&](const Difference &each) {
            const bool is_explained = each.is_consequence || each.kind > Kind::resolved;
            const bool is_of_files = each.kind == Kind::opened || each.kind == Kind::resolved;
            return is_explained ? 2 : is_of_files && !with_status.contains(*each.a.program) ? 1 : 0;
        };
        const auto first = std::min_element(all_.begin(), all_.end(), [&](const auto &a, const auto &b) {
            return std::pair{rank(a), a.at_ns} < std::pair{rank(b), b.at_ns};
        });
        if (first == all_.end() || rank(*first) > 1)
            return;
        first->is_first = true;
        std::rotate(all_.begin(), first, first + 1);
    }

    Job &a_, &b_;
    const CompareOptions &options_;
    std::vector<ProcessPair> pairs_;
    std::unordered_set<std::size_t> wrappers_a_, wrappers_b_; // programs
    MissedExecs missed_;                                      // of the last pair
    std::vector<Difference> all_;
    std::vector<std::optional<std::size_t>> of_pair_; // by difference
};

} // namespace

std::vector<Difference> compare(Job &a, Job &b, const CompareOptions &options)
{
    return Comparison{a, b, options}.run();
}

} // namespace snoop::snoop_diff
