#include "base/circuit_breaker.h"

#include <algorithm>
#include <random>

#include "base/log.h"

namespace parley {
namespace {

// Between 0.8 and 1.2.
double jitter() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution{0.8, 1.2}(random);
}

}  // namespace

bool CircuitBreaker::let_pass(Clock::time_point now) {
  const std::lock_guard lock{mutex_};
  if (!open_) return true;
  if (trying_ || now < next_try_) return false;
  trying_ = true;
  return true;
}

void CircuitBreaker::succeeded() {
  const std::lock_guard lock{mutex_};
  if (open_) log::info("answers again", {{"who", name_}});
  failures_ = 0;
  open_ = trying_ = false;
  wait_ = {};
}

void CircuitBreaker::failed(Clock::time_point now) {
  const std::lock_guard lock{mutex_};
  ++failures_;
  // Calls that were under way when it opened say nothing new.
  if (open_ ? !trying_ : failures_ < limits_.failures) return;
  if (!open_) log::warning("does not answer", {{"who", name_}, {"failures", failures_}});
  wait_ = open_ ? std::min(wait_ * 2, limits_.longest) : limits_.first;
  open_ = true;
  trying_ = false;
  next_try_ = now + std::chrono::duration_cast<Clock::duration>(wait_ * jitter());
}

CircuitBreaker::State CircuitBreaker::state(Clock::time_point now) const {
  const std::lock_guard lock{mutex_};
  if (!open_) return State::closed;
  return trying_ || now >= next_try_ ? State::half_open : State::open;
}

CircuitBreaker::Clock::time_point CircuitBreaker::next_try() const {
  const std::lock_guard lock{mutex_};
  return next_try_;
}

}  // namespace parley
