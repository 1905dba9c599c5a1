#include "base/metrics.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <prometheus/check_names.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "base/log.h"
#include "base/process_metrics.h"

namespace parley {
namespace {

using Type = MetricInfo::Type;

prometheus::MetricType prometheus_type(Type type) {
  switch (type) {
    case Type::counter:
      return prometheus::MetricType::Counter;
    case Type::gauge:
      return prometheus::MetricType::Gauge;
    case Type::histogram:
      return prometheus::MetricType::Histogram;
  }
  std::unreachable();
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::histogram:
      return "histogram";
  }
  std::unreachable();
}

std::vector<std::string> split(std::string_view names) {
  std::vector<std::string> out;
  while (!names.empty()) {
    const auto comma = std::min(names.find(','), names.size());
    out.emplace_back(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return out;
}

prometheus::ClientMetric::Histogram snapshot(const Histogram& histogram) {
  prometheus::ClientMetric::Histogram out;
  const auto bounds = histogram.bounds();
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    out.sample_count += histogram.count(i);
    out.bucket.push_back({.cumulative_count = out.sample_count, .upper_bound = bounds[i]});
  }
  out.sample_count += histogram.count(bounds.size());
  out.sample_sum = histogram.sum();
  return out;
}

}  // namespace

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {}

void Histogram::observe(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  counts_[static_cast<std::size_t>(bound - bounds_.begin())].fetch_add(1,
                                                                       std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

struct Metrics::Child {
  std::vector<std::string> labels;
  Counter counter;
  Gauge gauge;
  std::unique_ptr<Histogram> histogram;
  std::function<double()> read;

  std::optional<prometheus::ClientMetric> sample(Type type) const;
};

struct Metrics::Family {
  const MetricInfo& info;
  std::vector<std::string> label_names;
  std::vector<std::unique_ptr<Child>> children;
};

std::optional<prometheus::ClientMetric> Metrics::Child::sample(Type type) const {
  prometheus::ClientMetric out;
  if (type == Type::histogram) {
    out.histogram = snapshot(*histogram);
    return out;
  }
  double value = type == Type::counter ? static_cast<double>(counter.value())
                                       : static_cast<double>(gauge.value());
  if (read) {
    try {
      value = read();
    } catch (const std::exception& failure) {
      log::warning("metric not read", {{"why", failure.what()}});
      return {};
    }
  }
  (type == Type::counter ? out.counter.value : out.gauge.value) = value;
  return out;
}

Metrics::Metrics(std::span<const MetricInfo> table) {
  const auto add = [this](const MetricInfo& info) {
    auto labels = split(info.labels);
    const bool good = prometheus::CheckMetricName(std::string{info.name}) &&
                      std::ranges::all_of(labels, [&](const std::string& label) {
                        return prometheus::CheckLabelName(label) &&
                               (info.type != Type::histogram || label != "le");
                      });
    if (!good || !std::ranges::is_sorted(info.bounds))
      throw std::logic_error(fmt::format("the metric {} is not well described", info.name));
    auto family = std::make_unique<Family>(
        Family{.info = info, .label_names = std::move(labels), .children = {}});
    if (!families_.emplace(info.name, std::move(family)).second)
      throw std::logic_error(fmt::format("the metric {} is there twice", info.name));
  };
  std::ranges::for_each(table, add);
  std::ranges::for_each(process_metrics(), add);
  collect_process(*this);
}

Metrics::~Metrics() = default;

Metrics::Family& Metrics::family(std::string_view name) {
  const auto found = families_.find(name);
  if (found == families_.end()) throw std::logic_error(fmt::format("there is no metric {}", name));
  return *found->second;
}

Metrics::Child& Metrics::child(Family& family, Labels labels) {
  if (labels.size() != family.label_names.size())
    throw std::logic_error(fmt::format("the metric {} has other labels", family.info.name));
  for (const auto& known : family.children)
    if (std::ranges::equal(known->labels, labels)) return *known;
  auto& made = *family.children.emplace_back(std::make_unique<Child>());
  made.labels.assign(labels.begin(), labels.end());
  if (family.info.type == Type::histogram)
    made.histogram = std::make_unique<Histogram>(family.info.bounds);
  return made;
}

Metrics::Child& Metrics::child(std::string_view name, Type type, Labels labels) {
  Family& found = family(name);
  if (found.info.type != type)
    throw std::logic_error(fmt::format("the metric {} is a {}", name, name_of(found.info.type)));
  const std::lock_guard lock{mutex_};
  return child(found, labels);
}

Counter& Metrics::counter(std::string_view name, Labels labels) {
  return child(name, Type::counter, labels).counter;
}

Gauge& Metrics::gauge(std::string_view name, Labels labels) {
  return child(name, Type::gauge, labels).gauge;
}

Histogram& Metrics::histogram(std::string_view name, Labels labels) {
  return *child(name, Type::histogram, labels).histogram;
}

void Metrics::collect(std::string_view name, Labels labels, std::function<double()> read) {
  Family& found = family(name);
  if (found.info.type == Type::histogram)
    throw std::logic_error(fmt::format("the metric {} is a histogram", name));
  const std::lock_guard lock{mutex_};
  child(found, labels).read = std::move(read);
}

std::string Metrics::expose() const {
  std::vector<prometheus::MetricFamily> out;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [name, family] : families_) {
      prometheus::MetricFamily shown;
      shown.name = name;
      shown.help = family->info.help;
      shown.type = prometheus_type(family->info.type);
      for (const auto& child : family->children) {
        auto metric = child->sample(family->info.type);
        if (!metric) continue;
        for (std::size_t i = 0; i < child->labels.size(); ++i)
          metric->label.push_back({.name = family->label_names[i], .value = child->labels[i]});
        shown.metric.push_back(std::move(*metric));
      }
      if (!shown.metric.empty()) out.push_back(std::move(shown));
    }
  }
  std::ostringstream text;
  prometheus::TextSerializer{}.Serialize(text, out);
  return std::move(text).str();
}

std::string markdown_of(std::span<const MetricInfo> table) {
  std::string out =
      "| Metric | Type | Labels | What it counts, and what to look for |\n"
      "|---|---|---|---|\n";
  const auto add = [&out](const MetricInfo& info) {
    std::string labels;
    for (const std::string& label : split(info.labels))
      labels += fmt::format("{}`{}`", labels.empty() ? "" : ", ", label);
    fmt::format_to(std::back_inserter(out), "| `{}` | {} | {} | {} |\n", info.name,
                   name_of(info.type), labels, info.help);
  };
  std::ranges::for_each(table, add);
  std::ranges::for_each(process_metrics(), add);
  return out;
}

}  // namespace parley
