#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "options.h"
#include "process.h"
#include "report.h"

namespace bench {

// What an interval of a run cost the server and the generator.
class Meter {
 public:
  explicit Meter(const Options& options)
      : pid_(options.pid), beside_(options.beside), spent_(beside_.size()) {}

  void start() {
    at_ = now_ns();
    server_ = pid_ == 0 ? 0 : cpu_ns(pid_);
    generator_ = cpu_ns(0);
    for (std::size_t i = 0; i < beside_.size(); ++i)
      spent_[i] = cpu_with_children_ns(beside_[i].pid);
  }

  void stop() {
    server_ = pid_ == 0 ? 0 : cpu_ns(pid_) - server_;
    generator_ = cpu_ns(0) - generator_;
    at_ = now_ns() - at_;
    for (std::size_t i = 0; i < beside_.size(); ++i)
      spent_[i] = cpu_with_children_ns(beside_[i].pid) - spent_[i];
  }

  // Reports the interval per unit of work: `serverMicrosPerRound` for unit "Round", and the same of
  // whoever is beside it. Server figures are left out when no process was given.
  void report(Report& report, const std::string& unit, std::uint64_t count) const {
    const double units = count == 0 ? 1.0 : static_cast<double>(count);
    const double seconds = static_cast<double>(at_) / 1e9;
    report.put("seconds", seconds);
    report.put("count", count);
    report.put("perSecond", static_cast<double>(count) / seconds);
    if (pid_ != 0) {
      report.put("serverMicrosPer" + unit, static_cast<double>(server_) / 1000.0 / units);
      report.put("serverCores", static_cast<double>(server_) / static_cast<double>(at_));
    }
    for (std::size_t i = 0; i < beside_.size(); ++i) {
      report.put(beside_[i].name + "MicrosPer" + unit,
                 static_cast<double>(spent_[i]) / 1000.0 / units);
    }
    report.put("generatorMicrosPer" + unit, static_cast<double>(generator_) / 1000.0 / units);
    report.put("generatorCores", static_cast<double>(generator_) / static_cast<double>(at_));
  }

 private:
  int pid_;
  std::vector<Beside> beside_;
  std::vector<std::int64_t> spent_;  // of each of them
  std::int64_t at_ = 0;
  std::int64_t server_ = 0;
  std::int64_t generator_ = 0;
};

}  // namespace bench
