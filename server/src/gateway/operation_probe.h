#pragma once

#include <array>
#include <chrono>
#include <vector>

#include "base/metrics.h"
#include "gateway/operations.h"

namespace parley::gateway {

// Counts what is asked, what became of it, and how long it took.
class OperationProbe {
 public:
  using Clock = std::chrono::steady_clock;

  explicit OperationProbe(Metrics& metrics);

  void finished(const Operation& operation, Clock::time_point begun);
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

  std::vector<PerOperation> operations_;  // in the order of the table
  std::vector<Counter*> codes_;           // in the order of Errc
};

}  // namespace parley::gateway
