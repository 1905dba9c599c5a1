#include "gateway/operation_probe.h"

#include "base/log.h"

namespace parley::gateway {

OperationProbe::OperationProbe(Metrics& metrics) {
  for (const Operation& row : operations()) {
    operations_.push_back(
        {.succeeded = metrics.counter("parley_operations_total", {row.name, "succeeded"}),
         .refused = metrics.counter("parley_operations_total", {row.name, "refused"}),
         .failed = metrics.counter("parley_operations_total", {row.name, "failed"}),
         .seconds = metrics.histogram("parley_operation_seconds", {row.name})});
  }
  for (const ErrorInfo& error : kErrors)
    codes_.push_back(&metrics.counter("parley_refusals_total", {error.name}));
}

OperationProbe::PerOperation& OperationProbe::of(const Operation& operation) {
  return operations_[static_cast<std::size_t>(&operation - operations().data())];
}

void OperationProbe::finished(const Operation& operation, Clock::time_point begun,
                              const Trace& trace) {
  PerOperation& counted = of(operation);
  const auto took = Clock::now() - begun;
  counted.succeeded.add();
  counted.seconds.observe(took);
  if (took >= kSlow) tell_slow(operation, took, trace);
}

void OperationProbe::tell_slow(const Operation& operation, Clock::duration took,
                               const Trace& trace) {
  const auto held_back = slow_.let_pass();
  if (!held_back) return;
  log::warning("operation was slow",
               {{"operation", operation.name},
                {"ms", std::chrono::duration<double, std::milli>(took).count()},
                {"trace", trace_id(trace)},
                {"and_before", *held_back}});
}

void OperationProbe::refused(const Operation& operation, Errc code) {
  PerOperation& counted = of(operation);
  (info(code).http_status >= 500 ? counted.failed : counted.refused).add();
  codes_[static_cast<std::size_t>(code)]->add();
}

}  // namespace parley::gateway
