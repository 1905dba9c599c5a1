#include <chrono>
#include <string>

#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "base/id_source.h"
#include "model/ids.h"
#include "user/token.h"

// What every message and every sign-in needs: an id, a token.
namespace {

using namespace parley;

void NextId(benchmark::State& state) {
  static const SystemClock clock;
  static IdSource ids{clock, 1};
  for (auto _ : state) benchmark::DoNotOptimize(ids.next<MessageKind>());
}
BENCHMARK(NextId)->Threads(1)->Threads(2);

void CheckToken(benchmark::State& state) {
  const SystemClock clock;
  const user::AccessTokens tokens{user::SigningKeys::configured(std::string(32, 'k')), clock};
  const std::string token = tokens.issue({.user_id = UserId{1},
                                          .session_id = SessionId{2},
                                          .role = Role::user,
                                          .expires_at = clock.now() + std::chrono::hours{1}});
  for (auto _ : state) benchmark::DoNotOptimize(tokens.check(token));
}
BENCHMARK(CheckToken);

// What the gateway asks of every frame of a socket: has its token run out, has its session ended?
void CheckFrame(benchmark::State& state) {
  static const SystemClock clock;
  static user::AccessTokens tokens{user::SigningKeys::configured(std::string(32, 'k')), clock};
  const Timestamp expires_at = clock.now() + std::chrono::hours{1};
  if (state.thread_index() == 0) {
    for (std::uint64_t session = 1; session <= 10'000; ++session)
      tokens.end(SessionId{session}, expires_at);
  }
  for (auto _ : state)
    benchmark::DoNotOptimize(expires_at <= clock.now() || tokens.ended(SessionId{20'000}));
}
BENCHMARK(CheckFrame)->Threads(1)->Threads(2);

}  // namespace
