#include "gateway/operation_probe.h"

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

void OperationProbe::finished(const Operation& operation, Clock::time_point begun) {
  PerOperation& counted = of(operation);
  counted.succeeded.add();
  counted.seconds.observe(Clock::now() - begun);
}

void OperationProbe::refused(const Operation& operation, Errc code) {
  PerOperation& counted = of(operation);
  (info(code).http_status >= 500 ? counted.failed : counted.refused).add();
  codes_[static_cast<std::size_t>(code)]->add();
}

}  // namespace parley::gateway
