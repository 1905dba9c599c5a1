#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

// From half a millisecond to ten seconds: how long something took.
inline constexpr std::array<double, 13> kSecondsBounds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

// One row of the table of everything /metrics shows.
struct MetricInfo {
  enum class Type : std::uint8_t { counter, gauge, histogram };

  std::string_view name;  // as Prometheus wants it: parley_messages_accepted_total
  Type type = Type::counter;
  std::string_view labels{};  // names separated by commas; few values each, never a person
  std::string_view help{};    // what it counts, and what to look for
  std::span<const double> bounds{kSecondsBounds};  // of a histogram, ascending
};

// Something that only grows. Like everything here: cheap, and safe to call from any thread.
class alignas(64) Counter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Something that goes up and down.
class alignas(64) Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  void subtract(std::int64_t by = 1) { value_.fetch_sub(by, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// How often a value fell between which bounds.
class alignas(64) Histogram {
 public:
  explicit Histogram(std::span<const double> bounds);

  void observe(double value);
  void observe(std::chrono::nanoseconds took) {
    observe(std::chrono::duration<double>(took).count());
  }

  std::span<const double> bounds() const { return bounds_; }
  // How many fell to bounds()[i] or below and above the bound before it; the last: above all.
  std::uint64_t count(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_{0};
};

// Metrics keeps what the server counts, by the names of a table, beside the numbers of the
// process itself. A metric exists from the moment somebody asks for it: ask when a part is made
// and keep the reference, which lives as long as this object.
//
//   Counter& accepted = metrics.counter("parley_messages_accepted_total");
//   Counter& refused = metrics.counter("parley_requests_refused_total", {"rate_limited"});
//
// What is not in the table, of another type, or has another number of labels throws
// std::logic_error. Safe to call from any thread.
class Metrics {
 public:
  using Labels = std::initializer_list<std::string_view>;  // values, in the order of the table

  // `table` is to outlive this object.
  explicit Metrics(std::span<const MetricInfo> table);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& counter(std::string_view name, Labels labels = {});
  Gauge& gauge(std::string_view name, Labels labels = {});
  Histogram& histogram(std::string_view name, Labels labels = {});

  // Reads a counter or gauge from elsewhere whenever somebody looks. `read` may be called from any
  // thread, until this object is gone, and must not use it; when it throws, the line is left out.
  void collect(std::string_view name, Labels labels, std::function<double()> read);
  void collect(std::string_view name, std::function<double()> read) {
    collect(name, {}, std::move(read));
  }

  // Everything in the text format of Prometheus, version 0.0.4.
  std::string expose() const;

 private:
  struct Child;
  struct Family;

  Child& child(std::string_view name, MetricInfo::Type type, Labels labels);
  Child& child(Family& family, Labels labels);
  Family& family(std::string_view name);

  mutable std::mutex mutex_;  // guards families_, not what their children count
  std::map<std::string_view, std::unique_ptr<Family>> families_;
};

// What every process tells of itself; part of each Metrics.
std::span<const MetricInfo> process_metrics();

// The table, and process_metrics(), as docs/metrics.md shows them.
std::string markdown_of(std::span<const MetricInfo> table);

}  // namespace parley
