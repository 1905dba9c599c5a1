#include "gateway/operation_probe.h"

#include "base/log.h"

namespace parley::gateway {
namespace {

double ms(OperationProbe::Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

OperationProbe::OperationProbe(Metrics& metrics, bool log_requests) : log_requests_(log_requests) {
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

void OperationProbe::finished(const Asked& asked) {
  PerOperation& counted = of(asked.operation);
  const auto took = Clock::now() - asked.begun;
  counted.succeeded.add();
  counted.seconds.observe(took);
  if (took >= kSlow) tell_slow(asked, took);
  if (log_requests_) tell(asked, "ok");
}

void OperationProbe::refused(const Asked& asked, Errc code) {
  PerOperation& counted = of(asked.operation);
  (info(code).http_status >= 500 ? counted.failed : counted.refused).add();
  codes_[static_cast<std::size_t>(code)]->add();
  if (log_requests_) tell(asked, info(code).name);
}

void OperationProbe::tell(const Asked& asked, std::string_view outcome) {
  log::info("request answered", {{"way", asked.way},
                                 {"operation", asked.operation.name},
                                 {"outcome", outcome},
                                 {"ms", ms(Clock::now() - asked.begun)},
                                 {"user", asked.user_id},
                                 {"address", asked.address},
                                 {"trace", asked.trace ? trace_id(asked.trace) : std::string{}}});
}

void OperationProbe::tell_slow(const Asked& asked, Clock::duration took) {
  const auto held_back = slow_.let_pass();
  if (!held_back) return;
  log::warning("operation was slow", {{"operation", asked.operation.name},
                                      {"ms", ms(took)},
                                      {"trace", trace_id(asked.trace)},
                                      {"and_before", *held_back}});
}

}  // namespace parley::gateway
