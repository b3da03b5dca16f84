// SPDX-License-Identifier: BSD-2-Clause
#include "base/cgroup_path.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace snoop {
namespace {

enum class Id { hex, name, escaped };
enum class Kind { container, pod };

// One way to name the cgroup of a container: PREFIX ID SUFFIX, directly below `parent` if that is not empty.
struct Rule {
    std::string_view parent, prefix, suffix;
    Id id;
    std::string_view runtime;
    Kind kind = Kind::container;
};

// The first rule that fits counts.
constexpr std::array rules{
    // Docker, with the driver cgroupfs and with systemd.
    Rule{"docker", "", "", Id::hex, "docker"},
    Rule{"", "docker-", ".scope", Id::hex, "docker"},
    // containerd: of Kubernetes, of nerdctl, and namespaces of containerd itself.
    Rule{"", "cri-containerd-", ".scope", Id::hex, "containerd"},
    Rule{"", "nerdctl-", ".scope", Id::hex, "containerd"},
    Rule{"k8s.io", "", "", Id::hex, "containerd"},
    Rule{"default", "", "", Id::hex, "containerd"},
    Rule{"", "crio-", ".scope", Id::hex, "cri-o"},
    Rule{"", "crio-", "", Id::hex, "cri-o"},
    // podman; the last is that of --cgroups=split.
    Rule{"", "libpod-", ".scope", Id::hex, "podman"},
    Rule{"", "libpod-payload-", "", Id::hex, "podman"},
    Rule{"", "libpod-", "", Id::hex, "podman"},
    Rule{"libpod_parent", "", "", Id::hex, "", Kind::pod},
    Rule{"", "machine-libpod_pod_", ".slice", Id::hex, "", Kind::pod},
    Rule{"", "user-libpod_pod_", ".slice", Id::hex, "", Kind::pod},
    // LXC since 4.0, Proxmox and older LXC.
    Rule{"", "lxc.payload.", "", Id::name, "lxc"},
    Rule{"lxc.payload", "", "", Id::name, "lxc"},
    Rule{"lxc", "", "", Id::name, "lxc"},
    // systemd-nspawn, started as a service or by hand.
    Rule{"", "systemd-nspawn@", ".service", Id::escaped, "nspawn"},
    Rule{"machine.slice", "machine-", ".scope", Id::escaped, "nspawn"},
    // Low-level runtimes, used without any of the above.
    Rule{"", "runc-", ".scope", Id::name, "runc"},
    Rule{"", "crun-", ".scope", Id::name, "crun"},
    Rule{"", "youki-", ".scope", Id::name, "youki"},
    // Below a parent that the user chose, or of Kubernetes with the driver cgroupfs.
    Rule{"", "", "", Id::hex, ""},
};

bool is_lower_hex(std::string_view text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

int hex_value(char c) { return c >= 'a' ? c - 'a' + 10 : c - '0'; }

// systemd writes bytes that a unit's name cannot have as \x2d.
std::string without_escapes(std::string_view text)
{
    std::string out;

    while (!text.empty()) {
        if (text.size() >= 4 && text.starts_with("\\x") && is_lower_hex(text.substr(2, 2))) {
            out.push_back(static_cast<char>(hex_value(text[2]) << 4 | hex_value(text[3])));
            text.remove_prefix(4);
        } else {
            out.push_back(text.front());
            text.remove_prefix(1);
        }
    }
    return out;
}

// libvirt registers virtual machines and containers in the same slice, as qemu-3-NAME and lxc-3-NAME.
bool is_of_libvirt(std::string_view machine)
{
    for (const std::string_view driver : {"qemu-", "lxc-"})
        if (machine.starts_with(driver) && machine.size() > driver.size() && machine[driver.size()] >= '0' &&
            machine[driver.size()] <= '9')
            return true;
    return false;
}

bool cut_ends(std::string_view &name, std::string_view prefix, std::string_view suffix)
{
    if (name.size() < prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix))
        return false;
    name.remove_prefix(prefix.size());
    name.remove_suffix(suffix.size());
    return !name.empty();
}

// The id that a name has by a rule.
std::optional<std::string> id_by(const Rule &rule, std::string_view parent, std::string_view name)
{
    if ((!rule.parent.empty() && rule.parent != parent) || !cut_ends(name, rule.prefix, rule.suffix))
        return std::nullopt;
    if (rule.id == Id::hex)
        return name.size() == 64 && is_lower_hex(name) ? std::optional{std::string{name}} : std::nullopt;
    std::string id = rule.id == Id::escaped ? without_escapes(name) : std::string{name};
    if (rule.id == Id::escaped && is_of_libvirt(id))
        return std::nullopt;
    return id;
}

// Kubernetes calls a pod pod6e3a…, or kubepods-burstable-pod6e3a….slice, where _ stands for -.
std::optional<std::string> pod_of(std::string_view name)
{
    const bool is_slice = name.ends_with(".slice");
    if (is_slice) {
        name.remove_suffix(6);
        const auto at = name.rfind("-pod");
        if (at == name.npos || name.find("kubepods") >= at)
            return std::nullopt;
        name.remove_prefix(at + 1);
    }
    if (!name.starts_with("pod"))
        return std::nullopt;
    std::string uid{name.substr(3)};
    if (is_slice)
        std::replace(uid.begin(), uid.end(), '_', '-');
    if (uid.size() == 32 && is_lower_hex(uid)) // of a static pod
        return uid;
    std::string digits;
    for (std::size_t i = 0; i < uid.size(); i++) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash != (uid[i] == '-'))
            return std::nullopt;
        if (!is_dash)
            digits.push_back(uid[i]);
    }
    return digits.size() == 32 && is_lower_hex(digits) ? std::optional{uid} : std::nullopt;
}

bool is_unit(std::string_view name)
{
    constexpr std::array suffixes{".service", ".scope", ".mount", ".socket", ".swap"};
    return std::any_of(suffixes.begin(), suffixes.end(),
                       [&](std::string_view suffix) { return name.size() > suffix.size() && name.ends_with(suffix); });
}

class Parser {
public:
    void add(std::string_view name)
    {
        // systemd puts a _ before a name that the kernel could take for one of its own, such as cpu.service.
        if (name.starts_with('_'))
            name.remove_prefix(1);
        if (add_delegated(name))
            return;
        add_unit(name);
        add_container(name);
        parent_ = name;
    }
    CgroupPlace take() { return std::move(place_); }

private:
    // SLICE:PREFIX:ID, as runtimes write the path for systemd, which the driver cgroupfs takes for a name.
    bool add_delegated(std::string_view name)
    {
        const auto first = name.find(':'), second = name.find(':', first + 1);
        if (first == name.npos || second == name.npos || !name.substr(0, first).ends_with(".slice"))
            return false;
        const std::string_view id = name.substr(second + 1);
        add(name.substr(0, first));
        add_container(fmt::format("{}-{}.scope", name.substr(first + 1, second - first - 1), id));
        parent_ = name;
        return true;
    }
    void add_unit(std::string_view name)
    {
        if (name.size() > 6 && name.ends_with(".slice")) {
            slice_ = name;
            unit_is_below_ = false;
        } else if (is_unit(name)) {
            place_.unit = name;
            unit_is_below_ = true;
        }
        if (unit_is_below_ || !place_.unit)
            place_.slice = slice_;
    }
    void add_container(std::string_view name)
    {
        if (const auto pod = pod_of(name))
            place_.pod_uid = pod;
        // Part of the service of a container, but not inside it.
        if (name == "supervisor" && place_.runtime == "nspawn") {
            place_.runtime.reset();
            place_.container_id.reset();
        }
        for (const Rule &rule : rules) {
            const auto id = id_by(rule, parent_, name);
            if (!id)
                continue;
            if (rule.kind == Kind::pod) {
                place_.pod_uid = id;
            } else {
                place_.container_id = id;
                place_.runtime = rule.runtime.empty() ? std::nullopt : std::optional{rule.runtime};
            }
            return;
        }
    }

    CgroupPlace place_;
    std::optional<std::string> slice_;
    bool unit_is_below_ = false; // of slice_
    std::string_view parent_;
};

} // namespace

CgroupPlace parse_cgroup_path(std::string_view path)
{
    Parser parser;

    while (!path.empty()) {
        const std::string_view name = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), name.size() + 1));
        if (!name.empty() && name != ".." && name != "...")
            parser.add(name);
    }
    return parser.take();
}

CgroupPlace find_place(std::string_view path, const ContainerFinder *finder)
{
    CgroupPlace place = parse_cgroup_path(path);

    while (finder && !place.container_id && !path.empty() && path != "/") {
        const std::size_t slash = path.rfind('/');
        const std::string_view name = path.substr(slash == path.npos ? 0 : slash + 1);
        if (const auto runtime = finder->runtime_of(path)) {
            place.runtime = runtime;
            place.container_id = name;
        }
        path.remove_suffix(std::min(path.size(), name.size() + 1));
    }
    return place;
}

} // namespace snoop
