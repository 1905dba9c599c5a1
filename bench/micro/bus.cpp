#include "broker/redis/bus.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

// A hop from node to node through the Redis that PARLEY_TEST_REDIS names.
namespace {

using namespace parley;
namespace redis = parley::broker::redis;

double process_cpu_micros() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

class Counting final : public delivery::Bus::Listener {
 public:
  void received(delivery::NodeId, std::string_view) override {
    if (received_.fetch_add(1) + 1 < awaited_) return;
    reached_ = true;
    reached_.notify_one();
  }
  void connected() override {
    connected_ = true;
    connected_.notify_one();
  }
  void disconnected() override {}

  void wait_connected() { connected_.wait(false); }
  // Once, before they are sent: the next so many.
  void expect(std::uint64_t count) {
    reached_ = false;
    awaited_ = received_ + count;
  }
  void wait_for_them() { reached_.wait(false); }

 private:
  std::atomic<std::uint64_t> received_{0}, awaited_{0};
  std::atomic<bool> reached_{false};
  std::atomic<bool> connected_{false};
};

// Two nodes, each with a client of its own, in this process.
struct Nodes {
  explicit Nodes(const redis::Url& url)
      : left_client({.url = url}),
        right_client({.url = url}),
        left(left_client, delivery::NodeId{1001}),
        right(right_client, delivery::NodeId{1002}) {
    left.listen(left_heard);
    right.listen(right_heard);
    left_heard.wait_connected();
    right_heard.wait_connected();
  }

  Counting left_heard, right_heard;
  redis::Client left_client, right_client;
  broker::RedisBus left, right;
};

std::unique_ptr<Nodes> nodes(benchmark::State& state) {
  const char* const url = std::getenv("PARLEY_TEST_REDIS");
  if (url != nullptr) return std::make_unique<Nodes>(redis::parse_url(url).value());
  state.SkipWithError("PARLEY_TEST_REDIS names no Redis");
  return nullptr;
}

const std::string kMessage(300, 'x');

// One message at a time: the way alone.
void BusHopAtRest(benchmark::State& state) {
  const auto pair = nodes(state);
  if (!pair) return;
  std::vector<double> micros;
  for (auto _ : state) {
    const auto begun = std::chrono::steady_clock::now();
    pair->right_heard.expect(1);
    pair->left.send(delivery::NodeId{1002}, kMessage);
    pair->right_heard.wait_for_them();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
    micros.push_back(took.count());
  }
  std::ranges::sort(micros);
  state.counters["p50micros"] = micros[micros.size() / 2];
  state.counters["p99micros"] = micros[micros.size() * 99 / 100];
}
BENCHMARK(BusHopAtRest)->UseRealTime()->Unit(benchmark::kMicrosecond);

// Bursts, as many connections make them. The figure is CPU of both nodes, without Redis'.
void BusHopAtLoad(benchmark::State& state) {
  const auto pair = nodes(state);
  if (!pair) return;
  const auto burst = static_cast<std::uint64_t>(state.range(0));
  double cpu = 0;
  for (auto _ : state) {
    const double cpu_before = process_cpu_micros();
    pair->right_heard.expect(burst);
    for (std::uint64_t i = 0; i < burst; ++i) pair->left.send(delivery::NodeId{1002}, kMessage);
    pair->right_heard.wait_for_them();
    cpu += process_cpu_micros() - cpu_before;
  }
  const auto messages = static_cast<double>(burst) * static_cast<double>(state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(messages));
  state.counters["microsPerMessage"] = cpu / messages;
}
BENCHMARK(BusHopAtLoad)->ArgName("burst")->Arg(16)->Arg(1'000)->UseRealTime();

}  // namespace
