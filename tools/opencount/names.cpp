// SPDX-License-Identifier: BSD-2-Clause
#include "opencount/names.hpp"
#include "opencount/key_text.hpp"

#include <utility>

namespace snoop::opencount {
namespace {

std::string_view text_of(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

} // namespace

OpenNames::OpenNames(Tracer &tracer, open_by by)
    : transport_(tracer.options(), tracer.log()), by_(by), redactor_(tracer.options().redactor.get())
{}

AttachObserver<opencount_bpf> OpenNames::observer()
{
    return {.before_load = [this](opencount_bpf &skel) { transport_.before_load(skel.obj, skel.rodata->config); },
            .after_load =
                [this](opencount_bpf &skel) { transport_.after_load(skel.obj, skel.bss ? &skel.bss->wake : nullptr); },
            .on_failure = [this] { transport_.reset(); }};
}

std::optional<std::string> OpenNames::take(std::string_view key)
{
    const auto found = texts_.find(std::string{key});

    if (found == texts_.end())
        return std::nullopt;
    std::string text = std::move(found->second);
    texts_.erase(found);
    return text;
}

void OpenNames::watch(Loop &loop)
{
    loop.watch_source(transport_.source().fd());
    wait_.emplace(transport_.source(), loop);
}

void OpenNames::drain()
{
    const auto handler = [this](const snoop_record &rec, std::span<const std::byte> whole) { put(rec, whole); };

    found_ = transport_.source().drain(handler) > 0;
}

void OpenNames::wait(std::optional<std::chrono::milliseconds> limit) { wait_->after_drain(found_, limit); }

void OpenNames::finish()
{
    do
        drain();
    while (found_ && transport_.is_ring());
    transport_.source().drain_rest(
        [this](const snoop_record &rec, std::span<const std::byte> whole) { put(rec, whole); });
}

void OpenNames::put(const snoop_record &rec, std::span<const std::byte> whole)
{
    if (rec.kind != OPEN_EVENT || whole.size() < sizeof(open_name))
        return;
    const auto &name = *reinterpret_cast<const open_name *>(whole.data());

    texts_.try_emplace(std::string{text_of(std::as_bytes(std::span{&name.key, 1}))},
                       key_text(by_, name, text_of(whole.subspan(sizeof(name))), redactor_));
}

} // namespace snoop::opencount
