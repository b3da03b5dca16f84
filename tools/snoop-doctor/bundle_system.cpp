// SPDX-License-Identifier: BSD-2-Clause
#include "snoop-doctor/bundle_system.hpp"
#include "kernel/lsm.hpp"
#include "kernel/system.hpp"
#include "snoop-doctor/bundle_kernel.hpp"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <mntent.h>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

namespace snoop {
namespace {

constexpr std::array file_systems{"bpf", "cgroup", "cgroup2", "debugfs", "overlay", "proc", "securityfs", "tracefs"};

struct Named {
    const char *name, *path;
};
constexpr std::array runtimes{Named{"containerd", "/run/containerd/containerd.sock"},
                              Named{"crio", "/run/crio/crio.sock"}, Named{"docker", "/run/docker.sock"},
                              Named{"podman", "/run/podman"}, Named{"systemd", "/run/systemd/system"}};

// A file that exists inside of such a container.
constexpr std::array container_marks{Named{"docker", "/.dockerenv"}, Named{"podman", "/run/.containerenv"},
                                     Named{"systemd-nspawn, or another that tells systemd", "/run/systemd/container"}};

// The inode numbers of the first namespaces: include/linux/proc_ns.h. The others have none.
struct Namespace {
    const char *name;
    ino_t first;
};
constexpr std::array namespaces{Namespace{"cgroup", 0xeffffffb}, Namespace{"pid", 0xeffffffc},
                                Namespace{"user", 0xeffffffd}};

struct Limit {
    const char *name;
    decltype(RLIMIT_NOFILE) resource;
};
constexpr std::array limits{Limit{"address_space", RLIMIT_AS}, Limit{"locked_memory", RLIMIT_MEMLOCK},
                            Limit{"open_files", RLIMIT_NOFILE}, Limit{"processes", RLIMIT_NPROC}};

// The value of a line "NAME=VALUE" or "NAME:\tVALUE", without quotes.
std::optional<std::string> value_in(const char *path, std::string_view name)
{
    std::ifstream file{path};

    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(name) || line.size() <= name.size() ||
            std::string_view{"=:"}.find(line[name.size()]) == std::string_view::npos)
            continue;
        const auto from = line.find_first_not_of(" \t\"", name.size() + 1);
        const auto to = line.find_last_not_of(" \t\"");
        return from == line.npos ? "" : line.substr(from, to + 1 - from);
    }
    return std::nullopt;
}

void put_libraries(JsonWriter &json)
{
    json.key("libraries").begin_object();
    json.key("compiler").value(__VERSION__);
    json.key("fmt").value(FMT_VERSION);
    json.key("libbpf").value(libbpf_version_string());
#ifdef __GLIBC__
    json.key("glibc").value(gnu_get_libc_version());
#endif
    json.end_object();
}

void put_machine(JsonWriter &json)
{
    json.key("distribution").begin_object();
    for (const char *key : {"ID", "VERSION_ID"})
        json.key(key).value(value_in("/etc/os-release", key));
    json.end_object();
    json.key("machine").begin_object();
    json.key("cpus_configured").value(sysconf(_SC_NPROCESSORS_CONF)).key("cpus_online");
    json.value(sysconf(_SC_NPROCESSORS_ONLN)).key("page_bytes").value(sysconf(_SC_PAGESIZE));
    for (const char *key : {"MemTotal", "MemAvailable"})
        json.key(key).value(value_in("/proc/meminfo", key));
    json.end_object();
}

template <std::size_t N> void put_found(JsonWriter &json, const char *key, const std::array<Named, N> &places)
{
    json.key(key).begin_array();
    for (const Named &place : places)
        if (access(place.path, F_OK) == 0)
            json.value(place.name);
    json.end_array();
}

void put_environment(JsonWriter &json)
{
    json.key("environment").begin_object();
    json.key("is_root").value(geteuid() == 0);
    put_found(json, "container", container_marks);
    put_found(json, "runs_here", runtimes);
    json.key("is_first_namespace").begin_object();
    for (const Namespace &one : namespaces) {
        struct stat about {};
        json.key(one.name);
        if (stat(fmt::format("/proc/self/ns/{}", one.name).c_str(), &about) == 0)
            json.value(about.st_ino == one.first);
        else
            json.value(nullptr);
    }
    json.end_object();
    json.end_object();
}

// How many there are of each type, not where.
void put_mounts(JsonWriter &json)
{
    std::map<std::string, int> counts;
    const std::unique_ptr<FILE, int (*)(FILE *)> mounts{setmntent("/proc/self/mounts", "r"), endmntent};

    while (const mntent *entry = mounts ? getmntent(mounts.get()) : nullptr)
        counts[entry->mnt_type]++;
    json.key("mounts").begin_object();
    for (const char *type : file_systems)
        json.key(type).value(counts[type]);
    json.end_object();
}

void put_security(JsonWriter &json)
{
    const std::string lockdown = kernel::setting("/sys/kernel/security/lockdown");

    json.key("security").begin_object();
    json.key("lsms").value(lsm::active());
    json.key("lockdown").value(lockdown.empty() ? std::nullopt : std::optional{lockdown});
    for (const char *key : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"})
        json.key(key).value(value_in("/proc/self/status", key));
    json.end_object();
}

void put_limits(JsonWriter &json)
{
    json.key("limits").begin_object();
    for (const Limit &one : limits) {
        rlimit now{};
        getrlimit(one.resource, &now);
        json.key(one.name);
        if (now.rlim_cur == RLIM_INFINITY)
            json.value("unlimited");
        else
            json.value(now.rlim_cur);
    }
    json.end_object();
}

} // namespace

void put_system(JsonWriter &json)
{
    put_libraries(json);
    put_kernel(json);
    put_machine(json);
    put_environment(json);
    put_mounts(json);
    put_sysctls(json);
    put_security(json);
    put_limits(json);
}

} // namespace snoop
