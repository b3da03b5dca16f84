// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/kernel_btf.hpp"
#include "base/error.hpp"
#include "kernel/features.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <fcntl.h>
#include <map>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace snoop {
namespace {

// libbpf passes no context to its callbacks.
KernelBtf *current = nullptr;

std::map<const bpf_program *, std::string> &functions()
{
    static std::map<const bpf_program *, std::string> all;
    return all;
}

// "tp_btf/sys_exit": the tracepoint sys_exit.
std::string target_of(const bpf_program *program)
{
    if (const auto function = functions().find(program); function != functions().end())
        return function->second;
    const std::string_view section = bpf_program__section_name(program);
    return std::string{section.substr(std::min(section.find('/') + 1, section.size()))};
}

// libbpf reads all of the kernel's types for a program with a BTF target, unless the target is
// another program. So name a program at first, and set the real target just before the load.
int set_placeholder_target(bpf_program *program, long)
{
    constexpr int some_program = 1;
    return bpf_program__set_attach_target(program, some_program, nullptr);
}

int set_target(bpf_program *program, bpf_prog_load_opts *options, long)
{
    const auto type = static_cast<bpf_attach_type>(bpf_program__expected_attach_type(program));
    options->attach_prog_fd = 0;
    if (options->attach_btf_id != 0) // by bpf_program__set_attach_target()
        return 0;
    const std::string target = target_of(program);
    const auto id = type == BPF_TRACE_RAW_TP ? current->find(BTF_KIND_TYPEDEF, "btf_trace_" + target)
                    : type == BPF_TRACE_ITER ? current->find(BTF_KIND_FUNC, "bpf_iter_" + target)
                                             : current->find(BTF_KIND_FUNC, target);
    // If it is not found, libbpf searches as well, and reports that.
    const int found = id ? static_cast<int>(*id) : libbpf_find_vmlinux_btf_id(target.c_str(), type);
    if (found <= 0)
        return -ESRCH;
    options->attach_btf_id = static_cast<std::uint32_t>(found);
    return 0;
}

int attach(const bpf_program *program, long, bpf_link **link)
{
    *link = bpf_program__attach_trace(program);
    return *link ? 0 : -errno;
}

} // namespace

// The bytes of the file: mapped if the kernel allows it (6.16), else read page by page.
class KernelBtf::Mapping {
public:
    explicit Mapping(const char *path)
    {
        const Fd file{open(path, O_RDONLY | O_CLOEXEC)};
        struct stat info {};
        if (!file || fstat(file.get(), &info) != 0)
            throw Error{exit_runtime, "cannot read {}: {}", path, describe_errno(errno)};
        size_ = static_cast<std::size_t>(info.st_size);
        map_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
        if (map_ != MAP_FAILED)
            return;
        map_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ssize_t n = map_ == MAP_FAILED ? -1 : 1;
        for (std::size_t done = 0; n > 0 && done < size_; done += static_cast<std::size_t>(n))
            n = read(file.get(), static_cast<char *>(map_) + done, size_ - done);
        if (n < 0)
            throw Error{exit_runtime, "cannot read {}: {}", path, describe_errno(errno)};
    }
    ~Mapping() { munmap(map_, size_); }
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;

    [[nodiscard]] std::span<const std::byte> bytes() const { return {static_cast<const std::byte *>(map_), size_}; }

private:
    std::size_t size_ = 0;
    void *map_ = MAP_FAILED;
};

KernelBtf::KernelBtf()
    : file_(memfd_create("kernel-btf", MFD_CLOEXEC)), path_(fmt::format("/proc/self/fd/{}", file_.get()))
{
    LIBBPF_OPTS(libbpf_prog_handler_opts, handler);
    handler.prog_setup_fn = set_placeholder_target;
    handler.prog_prepare_load_fn = set_target;
    handler.prog_attach_fn = attach;

    if (!file_)
        throw Error{exit_runtime, "cannot create a file in memory: {}", describe_errno(errno)};
    current = this;
    for (const auto &[section, type] :
         {std::pair{"tp_btf+", BPF_TRACE_RAW_TP}, std::pair{"fentry+", BPF_TRACE_FENTRY},
          std::pair{"fexit+", BPF_TRACE_FEXIT}, std::pair{"fmod_ret+", BPF_MODIFY_RETURN}})
        handlers_.push_back(libbpf_register_prog_handler(section, BPF_PROG_TYPE_TRACING, type, &handler));
    handler.prog_attach_fn = nullptr; // an iterator runs when its reader wants it
    handlers_.push_back(libbpf_register_prog_handler("iter+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, &handler));
}

KernelBtf::~KernelBtf()
{
    for (const int handler : handlers_)
        libbpf_unregister_prog_handler(handler);
    functions().clear();
    current = nullptr;
}

const BtfTypes &KernelBtf::types()
{
    if (!types_) {
        mapping_ = std::make_unique<const Mapping>(kernel::vmlinux_btf);
        types_.emplace(mapping_->bytes());
    }
    return *types_;
}

void KernelBtf::release() noexcept
{
    types_.reset();
    mapping_.reset();
}

std::optional<std::uint32_t> KernelBtf::find(std::uint32_t kind, std::string_view name)
{
    return types().find(kind, name);
}

void KernelBtf::reduce_for(const bpf_object *object)
{
    if (std::exchange(is_reduced_, true))
        return;
    std::uint32_t size = 0;
    const auto *data = static_cast<const std::byte *>(btf__raw_data(bpf_object__btf(object), &size));
    const BtfTypes::Names names = BtfTypes{{data, size}}.names();
    const std::vector<std::byte> reduced = types().empty() ? std::vector<std::byte>{} : types().reduced(names);

    // If there is a kind that BtfTypes does not know, libbpf gets all types: it may know it.
    for (auto left = reduced.empty() ? mapping_->bytes() : std::span{reduced}; !left.empty();) {
        const ssize_t n = write(file_.get(), left.data(), left.size());
        if (n < 0)
            throw Error{exit_runtime, "cannot write the kernel's types to memory: {}", describe_errno(errno)};
        left = left.subspan(static_cast<std::size_t>(n));
    }
}

void set_attach_function(const bpf_program *program, std::string function)
{
    functions().insert_or_assign(program, std::move(function));
}

} // namespace snoop
