// SPDX-License-Identifier: BSD-2-Clause
#include "attach/uprobe_groups.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "kernel/privileges.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <iterator>
#include <set>
#include <utility>

namespace snoop {

// A file in the memory of this process. Nothing is read from it.
class UprobeGroups::MappedCode {
public:
    explicit MappedCode(const std::string &file)
    {
        const Fd fd{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        struct stat info {};

        if (!fd || fstat(fd.get(), &info) != 0 || info.st_size <= 0)
            return;
        bytes_ = static_cast<std::size_t>(info.st_size);
        address_ = mmap(nullptr, bytes_, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd.get(), 0);
    }
    ~MappedCode()
    {
        if (address_ != MAP_FAILED)
            munmap(address_, bytes_);
    }
    MappedCode(const MappedCode &) = delete;
    MappedCode &operator=(const MappedCode &) = delete;

private:
    void *address_ = MAP_FAILED;
    std::size_t bytes_ = 0;
};

UprobeGroups::UprobeGroups(const Log &log, std::vector<UprobePoint> points) : log_(log), points_(std::move(points))
{
    std::set<std::string> files;

    for (std::size_t i = 0; i < points_.size(); i++) {
        by_group_[points_[i].group].push_back(i);
        if (files.insert(points_[i].file).second)
            mapped_.push_back(std::make_unique<MappedCode>(points_[i].file));
    }
}

UprobeGroups::~UprobeGroups() = default;

std::vector<Link> UprobeGroups::attach(bpf_program *program, const UprobeAttach &how)
{
    std::vector<std::uint32_t> groups;
    std::vector<Link> links;

    for (const auto &[group, points] : by_group_)
        if (!refused_.contains(group))
            groups.push_back(group);
    if (how.at_once)
        attach_at_once(program, groups, how.at_return, links);
    else
        for (const std::uint32_t group : groups)
            attach_singly(program, group, how.at_return, links);
    return links;
}

// If the kernel refuses a link, each half of the groups is tried, down to the groups to blame.
void UprobeGroups::attach_at_once(bpf_program *program, std::span<const std::uint32_t> groups, bool at_return,
                                  std::vector<Link> &all)
{
    std::map<std::pair<pid_t, std::string>, std::vector<UprobeTarget>> targets;
    std::vector<Link> links;

    for (const std::uint32_t group : groups)
        for (const std::size_t i : by_group_[group])
            targets[{points_[i].pid, points_[i].file}].push_back(points_[i].target);
    try {
        for (const auto &[where, of_file] : targets)
            links.push_back(attach_uprobes(log_, program, where.second, of_file, at_return, where.first));
        std::ranges::move(links, std::back_inserter(all));
    } catch (const kernel::Refusal &) {
        throw;
    } catch (const Error &error) {
        if (error.code() == exit_usage)
            throw;
        if (groups.size() == 1) {
            refused_.emplace(groups.front(), error.what());
            return;
        }
        attach_at_once(program, groups.first(groups.size() / 2), at_return, all);
        attach_at_once(program, groups.subspan(groups.size() / 2), at_return, all);
    }
}

void UprobeGroups::attach_singly(bpf_program *program, std::uint32_t group, bool at_return, std::vector<Link> &all)
{
    std::vector<Link> links;

    try {
        for (const std::size_t i : by_group_[group])
            links.push_back(
                attach_uprobe(log_, program, points_[i].pid, points_[i].file, points_[i].target, at_return));
        std::ranges::move(links, std::back_inserter(all));
    } catch (const kernel::Refusal &) {
        throw;
    } catch (const Error &error) {
        if (error.code() == exit_usage)
            throw;
        refused_.emplace(group, error.what());
    }
}

} // namespace snoop
