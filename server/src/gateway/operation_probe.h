#pragma once

#include <array>
#include <chrono>
#include <vector>

#include "base/log_gate.h"
#include "base/metrics.h"
#include "base/trace.h"
#include "gateway/operations.h"

namespace parley::gateway {

// Counts what is asked, what became of it, and how long it took.
class OperationProbe {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kSlow{1};

  explicit OperationProbe(Metrics& metrics);

  // One that took long is logged.
  void finished(const Operation& operation, Clock::time_point begun, const Trace& trace = {});
  // Refusals before and within the operation.
  void refused(const Operation& operation, Errc code);

 private:
  struct PerOperation {
    Counter& succeeded;
    Counter& refused;
    Counter& failed;  // by us: 5xx
    Histogram& seconds;
  };

  PerOperation& of(const Operation& operation);

  void tell_slow(const Operation& operation, Clock::duration took, const Trace& trace);

  LogGate slow_{std::chrono::seconds{1}};
  std::vector<PerOperation> operations_;  // in the order of the table
  std::vector<Counter*> codes_;           // in the order of Errc
};

}  // namespace parley::gateway
