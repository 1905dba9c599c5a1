#pragma once

#include <array>
#include <chrono>
#include <vector>

#include "base/log_gate.h"
#include "base/metrics.h"
#include "base/trace.h"
#include "gateway/operations.h"

namespace parley::gateway {

// What is asked, how it came here, and by whom as far as that is known yet.
struct Asked {
  const Operation& operation;
  std::string_view way;  // "rest", "socket", or "node" when another one passed it on
  std::string_view address;
  UserId user_id{};
  Trace trace{};
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
};

// Counts what is asked, what became of it, and how long it took.
//
// With `log_requests` each is a line in the log, too (FEATURES S103): the operation and ids, never
// a path, a name or anything else the client wrote.
class OperationProbe {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kSlow{1};

  OperationProbe(Metrics& metrics, bool log_requests);

  // One that took long is logged in any case.
  void finished(const Asked& asked);
  // Refusals before and within the operation.
  void refused(const Asked& asked, Errc code);

 private:
  struct PerOperation {
    Counter& succeeded;
    Counter& refused;
    Counter& failed;  // by us: 5xx
    Histogram& seconds;
  };

  PerOperation& of(const Operation& operation);

  static void tell(const Asked& asked, std::string_view outcome);
  void tell_slow(const Asked& asked, Clock::duration took);

  const bool log_requests_;
  LogGate slow_{std::chrono::seconds{1}};
  std::vector<PerOperation> operations_;  // in the order of the table
  std::vector<Counter*> codes_;           // in the order of Errc
};

}  // namespace parley::gateway
