// SPDX-License-Identifier: BSD-2-Clause
// execsnoop: real containers, by runc and by podman, with busybox as their root file system.
#include "accounting.hpp"
#include "execsnoop/execsnoop.hpp"

#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <optional>
#include <poll.h>

namespace snoop::test {
namespace {

namespace fs = std::filesystem;

// Runs a program with its standard error in a file. Returns the last line of that if it fails.
std::optional<std::string> failure_of(const TempDir &dir, const std::vector<std::string> &argv)
{
    const std::string errors = dir.file("errors", "");
    const Ended done = in_child([&] {
        setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1);
        if (dup2(open(errors.c_str(), O_WRONLY | O_TRUNC), STDERR_FILENO) < 0 ||
            dup2(open("/dev/null", O_RDWR), STDOUT_FILENO) < 0)
            _exit(126);
        execvp(argv[0].c_str(), pointers(argv).data());
        _exit(127);
    });
    if (done.status == 0)
        return std::nullopt;
    const std::string text = read_file(errors);
    return fmt::format("{} ended with status {}: {}", argv[0], done.status, text.substr(0, text.find('\n')));
}

// A root file system with a shell.
std::string busybox_root(const TempDir &dir)
{
    const std::string root = dir.folder("bundle/rootfs"), bin = dir.folder("bundle/rootfs/bin");

    fs::copy_file("/bin/busybox", bin + "/sh", fs::copy_options::overwrite_existing);
    return root;
}

// The command in a container of this name; the cgroup is named as with systemd.
std::vector<std::string> by_runc(const TempDir &dir, const std::string &name, const std::string &command)
{
    busybox_root(dir);
    fs::remove(dir.at("bundle/config.json"));
    if (const auto failure = failure_of(dir, {"runc", "spec", "--bundle", dir.at("bundle")}))
        return {"false"};
    Json config = Json::parse(read_file(dir.at("bundle/config.json")));
    config["process"]["terminal"] = false;
    config["process"]["args"] = {"/bin/sh", "-c", command};
    config["linux"]["cgroupsPath"] = "/runc-" + name + ".scope";
    write_file(dir.at("bundle/config.json"), config.dump());
    return {"runc", "--root", dir.at("state"), "run", "--bundle", dir.at("bundle"), name};
}

// With the defaults of `runc run`: the cgroup is called as the container, and a file below /run/runc says whose it is
// as long as the container is there.
std::vector<std::string> by_plain_runc(const TempDir &dir, const std::string &name, const std::string &command)
{
    const auto words = by_runc(dir, name, command + "; sleep 0.1");
    if (words.front() != "runc") // there is none
        return words;
    Json config = Json::parse(read_file(dir.at("bundle/config.json")));
    config["linux"].erase("cgroupsPath");
    write_file(dir.at("bundle/config.json"), config.dump());
    return {"runc", "run", "--bundle", dir.at("bundle"), name};
}

std::vector<std::string> by_podman(const TempDir &dir, const std::string &name, const std::string &command)
{
    return {"podman",
            "--runtime=runc",
            "--cgroup-manager=cgroupfs",
            "--events-backend=none",
            "run",
            "--rm",
            "--network=none",
            "--ulimit=nofile=1024:1024",
            "--ulimit=nproc=1024:1024",
            "--name=" + name,
            "--rootfs",
            busybox_root(dir),
            "/bin/sh",
            "-c",
            command};
}

class RealContainer : public testing::Test {
protected:
    using Make = std::vector<std::string> (*)(const TempDir &, const std::string &name, const std::string &command);

    // Why such containers do not run here, as a run shows.
    std::optional<std::string> lacks(Make make)
    {
        if (const auto reason = snoop::test::lacks(Hook::cgroup2))
            return reason;
        if (access("/bin/busybox", X_OK) != 0)
            return "busybox is not installed";
        return failure_of(dir, make(dir, "probe-" + marker(), ":"));
    }

    // Runs a command in two containers, and returns the row of the one that the tool is to show.
    Json row_of_shown(Make make, const std::string &name)
    {
        const std::string mark = marker(), other = marker();
        ToolRun tool{"execsnoop", {"-o", "json", "--container", name}};

        EXPECT_EQ(failure_of(dir, make(dir, "other-" + other, "/bin/sh -c : " + other)), std::nullopt);
        EXPECT_EQ(failure_of(dir, make(dir, name, "/bin/sh -c : " + mark)), std::nullopt);
        Json row = tool.row_where([&](const Json &at) { return at["args"] == Json{"/bin/sh", "-c", ":", mark}; });
        EXPECT_EQ(tool.stop(), 0);
        EXPECT_EQ(tool.count_with(other), 0u) << tool.out();
        expect_balance(tool.err());
        return row;
    }

    TempDir dir;
};

TEST_F(RealContainer, ByRunc)
{
    if (const auto reason = lacks(by_runc))
        GTEST_SKIP() << "SKIP: lacks runc: " << *reason;
    const std::string name = "box-" + marker();
    const Json row = row_of_shown(by_runc, name);

    EXPECT_EQ(row["runtime"], "runc");
    EXPECT_EQ(row["container_id"], name);
    EXPECT_EQ(row["container_name"], name);
    EXPECT_EQ(row["filename"], "/bin/sh");
}

TEST_F(RealContainer, ByRuncWithItsDefaults)
{
    if (const auto reason = lacks(by_plain_runc))
        GTEST_SKIP() << "SKIP: lacks runc: " << *reason;
    const std::string name = "box-" + marker();
    const Json row = row_of_shown(by_plain_runc, name);

    EXPECT_EQ(row["runtime"], "runc");
    EXPECT_EQ(row["container_id"], name);
    EXPECT_EQ(row["filename"], "/bin/sh");
}

// The name is in podman's files alone.
TEST_F(RealContainer, ByPodman)
{
    if (const auto reason = lacks(by_podman))
        GTEST_SKIP() << "SKIP: lacks podman: " << *reason;
    const std::string name = "fox-" + marker();
    const Json row = row_of_shown(by_podman, name);

    EXPECT_EQ(row["runtime"], "podman");
    EXPECT_THAT(row["container_id"].get<std::string>(), testing::MatchesRegex("[0-9a-f]{64}"));
    EXPECT_EQ(row["container_name"], name);
}

} // namespace
} // namespace snoop::test
