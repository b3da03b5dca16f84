// SPDX-License-Identifier: BSD-2-Clause
#include "metrics/protocol.hpp"
#include "base/escape.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <system_error>

namespace snoop {
namespace {

constexpr std::array<std::string_view, 3> kind_names{"counter", "gauge", "histogram"};

// The text up to the next tab, which is taken with it; nothing at the end.
std::optional<std::string_view> take_field(std::string_view &text)
{
    if (text.data() == nullptr)
        return std::nullopt;
    const std::size_t tab = text.find('\t');
    const std::string_view field = text.substr(0, tab);
    text = tab == text.npos ? std::string_view{} : text.substr(tab + 1);
    return field;
}

template <class T> bool take_number(std::string_view &text, T &number)
{
    const auto field = take_field(text);

    if (!field)
        return false;
    const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), number);
    return error == std::errc{} && end == field->data() + field->size();
}

bool take_labels(std::string_view text, MetricLabels &labels)
{
    while (const auto name = take_field(text)) {
        const auto value = take_field(text);
        if (!value)
            return false;
        labels.emplace_back(*name, *value);
    }
    return true;
}

bool take_buckets(std::string_view &text, MetricSample &sample)
{
    constexpr std::size_t most = 1000;
    std::size_t count = 0;

    if (!take_number(text, sample.sum) || !take_number(text, count) || count > most)
        return false;
    sample.buckets.resize(count);
    for (MetricBucket &bucket : sample.buckets)
        if (!take_number(text, bucket.upper) || !take_number(text, bucket.count))
            return false;
    return true;
}

std::string sample_line(const MetricFamily &family, const MetricSample &sample)
{
    std::string line = fmt::format("sample\t{}", sample.value);

    if (family.kind == MetricKind::histogram) {
        line += fmt::format("\t{}\t{}", sample.sum, sample.buckets.size());
        for (const auto &[upper, count] : sample.buckets)
            line += fmt::format("\t{}\t{}", upper, count);
    }
    for (const auto &[name, value] : sample.labels) {
        Buffer text;
        append_escaped(text, value);
        line.append("\t").append(name).append("\t").append(text.data(), text.size());
    }
    return line + "\n";
}

} // namespace

std::string metrics_message_line(const MetricsMessage &message)
{
    return message.kind == MetricsMessage::Kind::ready ? fmt::format("ready\t{}\n", message.text)
                                                       : fmt::format("collect\t{}\n", message.number);
}

std::optional<MetricsMessage> parse_metrics_message(std::string_view line)
{
    const auto word = take_field(line);
    MetricsMessage message{MetricsMessage::Kind::collect};

    if (word == "ready")
        return MetricsMessage{MetricsMessage::Kind::ready, 0, std::string{line}};
    return word == "collect" && take_number(line, message.number) ? std::optional{message} : std::nullopt;
}

std::string metrics_tool_line(std::string_view tool) { return fmt::format("tool\t{}\n", tool); }

std::string metrics_lines(const MetricSet &metrics, std::uint64_t number)
{
    std::string lines;

    for (const MetricFamily &family : metrics.families()) {
        lines += fmt::format("family\t{}\t{}\t{}\n", kind_names[static_cast<std::size_t>(family.kind)], family.name,
                             family.help);
        for (const MetricSample &sample : family.samples)
            lines += sample_line(family, sample);
    }
    return lines + fmt::format("end\t{}\n", number);
}

MetricsReader::Took MetricsReader::take(std::string_view line)
{
    const auto word = take_field(line);

    if (has_ended_) {
        metrics_ = {};
        family_ = nullptr;
        has_ended_ = false;
    }
    if (word == "tool") {
        tool_ = line;
        return Took::part;
    }
    if (word == "end") {
        has_ended_ = take_number(line, number_);
        return has_ended_ ? Took::answer : Took::invalid;
    }
    if (word == "family") {
        const auto kind = take_field(line), name = take_field(line);
        for (std::size_t i = 0; name && i < kind_names.size(); i++)
            if (kind == kind_names[i]) {
                family_ = &metrics_.families().emplace_back(
                    MetricFamily{static_cast<MetricKind>(i), std::string{*name}, std::string{line}});
                return Took::part;
            }
        return Took::invalid;
    }
    MetricSample sample;
    const bool is_valid = word == "sample" && family_ && take_number(line, sample.value) &&
                          (family_->kind != MetricKind::histogram || take_buckets(line, sample)) &&
                          take_labels(line, sample.labels);
    if (!is_valid)
        return Took::invalid;
    family_->samples.push_back(std::move(sample));
    return Took::part;
}

} // namespace snoop
