#include "gateway/limits.h"

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "broker/memory/rate_limiter.h"

// What the gateway asks before every operation: may this be, and is it too fast?
namespace {

using namespace parley;

Task<void> ask(benchmark::State& state, const gateway::Limits& limits,
               const gateway::Operation& operation, const Caller& caller) {
  for (auto _ : state) {
    const auto error = co_await limits.refuse(operation, caller);
    benchmark::DoNotOptimize(error);
  }
}

void AskLimits(benchmark::State& state) {
  broker::MemoryRateLimiter limiter;
  const std::vector<std::string> texts{"messages=1000000/1s"};
  const gateway::Limits limits{limiter, gateway::read_rate_rules(texts)};
  const gateway::Operation& operation = *gateway::find_operation("message:send");
  Caller caller;
  caller.user_id = UserId{7'300'000'000'000'000'001};
  caller.session_id = SessionId{2};
  Loop loop{1};
  boost::asio::co_spawn(loop, ask(state, limits, operation, caller), boost::asio::detached);
  loop.run();
}
BENCHMARK(AskLimits);

}  // namespace
