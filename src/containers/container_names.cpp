// SPDX-License-Identifier: BSD-2-Clause
#include "containers/container_names.hpp"
#include "containers/root_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <utility>

namespace snoop {
namespace {

using Json = nlohmann::json;

constexpr std::size_t containers_most = 4096; // remembered at once
constexpr std::size_t text_most = 1024;       // bytes of a name
constexpr int depth_most = 64;

// These files are a few levels deep; a million would take seconds.
struct TooDeep {};

// Null if it is not JSON.
Json parse(std::string_view text)
{
    const auto limit_depth = [](int depth, Json::parse_event_t, const Json &) -> bool {
        if (depth > depth_most)
            throw TooDeep{};
        return true;
    };

    try {
        return Json::parse(text, limit_depth, false);
    } catch (const TooDeep &) {
        return {};
    }
}

// A member of a member; null if one is missing.
const Json *find(const Json &json, std::initializer_list<const char *> names)
{
    const Json *at = &json;

    for (const char *name : names) {
        if (!at->is_object())
            return nullptr;
        const auto member = at->find(name);
        if (member == at->end())
            return nullptr;
        at = &*member;
    }
    return at;
}

std::optional<std::string> text_of(const Json *json)
{
    if (!json || !json->is_string())
        return std::nullopt;
    const auto &text = json->get_ref<const std::string &>();
    const bool is_name = !text.empty() && text.size() <= text_most && text.find('\0') == text.npos;
    return is_name ? std::optional{text} : std::nullopt;
}

// The first of several members that is there.
std::optional<std::string> first_of(const Json *object, std::initializer_list<const char *> names)
{
    for (const char *name : names)
        if (object)
            if (auto text = text_of(find(*object, {name})))
                return text;
    return std::nullopt;
}

// Fills in what is missing.
void complete(ContainerInfo &info, const ContainerInfo &more)
{
    for (const auto member :
         {&ContainerInfo::name, &ContainerInfo::image, &ContainerInfo::pod_name, &ContainerInfo::pod_namespace})
        if (!(info.*member))
            info.*member = more.*member;
}

} // namespace

ContainerInfo read_docker_config(std::string_view text)
{
    const Json config = parse(text);
    const Json *labels = find(config, {"Config", "Labels"});
    ContainerInfo info;

    info.name = first_of(labels, {"io.kubernetes.container.name"});
    if (!info.name)
        info.name = text_of(find(config, {"Name"}));
    if (info.name && info.name->starts_with('/'))
        info.name->erase(0, 1);
    info.image = text_of(find(config, {"Config", "Image"}));
    info.pod_name = first_of(labels, {"io.kubernetes.pod.name"});
    info.pod_namespace = first_of(labels, {"io.kubernetes.pod.namespace"});
    return info;
}

ContainerInfo read_oci_config(std::string_view text)
{
    const Json config = parse(text);
    const Json *notes = find(config, {"annotations"});

    return {.name =
                first_of(notes, {"io.kubernetes.cri.container-name", "io.kubernetes.container.name", "nerdctl/name"}),
            .image = first_of(notes, {"io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"}),
            .pod_name = first_of(notes, {"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"}),
            .pod_namespace = first_of(notes, {"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"}),
            .runtime = {}};
}

ContainerInfo read_storage_list(std::string_view text, std::string_view id)
{
    const Json list = parse(text);
    ContainerInfo info;

    if (!list.is_array())
        return info;
    for (const Json &container : list) {
        if (text_of(find(container, {"id"})) != id)
            continue;
        // JSON in a string.
        const Json about = parse(text_of(find(container, {"metadata"})).value_or(""));
        const Json *names = find(container, {"names"});
        info.name = text_of(find(about, {"name"}));
        if (!info.name && names && names->is_array() && !names->empty())
            info.name = text_of(&names->front());
        info.image = text_of(find(about, {"image-name"}));
        break;
    }
    return info;
}

// Files have the whole path, as in /sys/fs/cgroup/a/box or /sys/fs/cgroup/memory/a/box, or that below the mount.
bool is_runc_state_of(std::string_view text, std::string_view path)
{
    const Json state = parse(text);
    const Json *paths = find(state, {"cgroup_paths"});

    return paths && paths->is_object() &&
           std::ranges::any_of(*paths, [&](const Json &whole) { return text_of(&whole).value_or("").ends_with(path); });
}

bool is_crun_status_of(std::string_view text, std::string_view path)
{
    const Json status = parse(text);

    return ("/" + text_of(find(status, {"cgroup-path"})).value_or("")).ends_with(path);
}

std::optional<std::string_view> ContainerNames::runtime_of(std::string_view path) const
{
    const std::size_t slash = path.rfind('/');
    const std::string name{path.substr(slash == path.npos ? 0 : slash + 1)};

    if (slash == path.npos || name.empty() || name.starts_with('.'))
        return std::nullopt;
    if (!reads_files_) {
        const auto found = known_.find(name);
        return found != known_.end() && found->second.runtime ? std::optional<std::string_view>{*found->second.runtime}
                                                              : std::nullopt;
    }
    if (const auto text = read_root_file(root_ + "/run/runc", {name, "state.json"}, owner_))
        if (is_runc_state_of(*text, path))
            return "runc";
    if (const auto text = read_root_file(root_ + "/run/crun", {name, "status"}, owner_))
        if (is_crun_status_of(*text, path))
            return "crun";
    return std::nullopt;
}

const ContainerInfo &ContainerNames::of(const CgroupPlace &place)
{
    if (!place.container_id)
        return unknown_;
    const auto found = known_.find(*place.container_id);
    if (found != known_.end())
        return found->second;
    if (!reads_files_)
        return unknown_;
    if (known_.size() >= containers_most)
        known_.clear();
    return known_.emplace(*place.container_id, read(place)).first->second;
}

void ContainerNames::add(const std::string &container_id, ContainerInfo info)
{
    if (known_.size() >= containers_most)
        known_.clear();
    known_.insert_or_assign(container_id, std::move(info));
}

ContainerInfo ContainerNames::read(const CgroupPlace &place) const
{
    const std::string &id = *place.container_id;
    ContainerInfo info;

    // It is a part of a path. The parser returns 64 digits, or a name that the user gave.
    if (id.size() != 64 || id.find_first_not_of("0123456789abcdef") != id.npos)
        return {.name = id, .image = {}, .pod_name = {}, .pod_namespace = {}, .runtime = {}};
    const auto may_be = [&](std::string_view runtime) { return !place.runtime || *place.runtime == runtime; };
    if (may_be("docker"))
        complete(info, of_docker(id));
    if (may_be("containerd"))
        complete(info, of_containerd(id));
    if (may_be("podman") || may_be("cri-o"))
        complete(info, of_storage(id));
    return info;
}

ContainerInfo ContainerNames::of_docker(const std::string &id) const
{
    const auto text = read_root_file(root_ + "/var/lib/docker/containers", {id, "config.v2.json"}, owner_);

    return text ? read_docker_config(*text) : ContainerInfo{};
}

ContainerInfo ContainerNames::of_containerd(const std::string &id) const
{
    const std::string base = root_ + "/run/containerd/io.containerd.runtime.v2.task";

    for (const std::string &space : root_folders(base, owner_))
        if (const auto text = read_root_file(base, {space, id, "config.json"}, owner_))
            return read_oci_config(*text);
    return {};
}

ContainerInfo ContainerNames::of_storage(const std::string &id) const
{
    ContainerInfo info;

    for (const char *driver : {"overlay-containers", "vfs-containers", "btrfs-containers"})
        // Those of `podman run --rm` are listed below /run.
        for (const auto &[base, list] : {std::pair{"/var/lib/containers/storage", "containers.json"},
                                         std::pair{"/run/containers/storage", "volatile-containers.json"}}) {
            if (const auto text = read_root_file(root_ + base, {driver, id, "userdata", "config.json"}, owner_))
                complete(info, read_oci_config(*text));
            if (info.name && info.image)
                return info;
            if (const auto text = read_root_file(root_ + base, {driver, list}, owner_))
                complete(info, read_storage_list(*text, id));
        }
    return info;
}

} // namespace snoop
