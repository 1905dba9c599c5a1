#include "app/bus_part.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace parley::app {
namespace {

delivery::NodeEntry entry_of(const NodeSettings& settings, std::uint64_t run) {
  return {.id = delivery::NodeId{static_cast<std::uint16_t>(settings.node_id)},
          .incarnation = run,
          .address = settings.cluster.advertise,
          .roles = settings.roles.text()};
}

}  // namespace

std::unique_ptr<broker::redis::Client> make_redis(const ClusterSettings& settings) {
  if (settings.redis.empty()) return nullptr;
  auto url = broker::redis::parse_url(settings.redis);
  if (!url) throw std::invalid_argument("redis: " + url.error());
  return std::make_unique<broker::redis::Client>(
      broker::redis::Client::Options{.url = *std::move(url)});
}

BusPart::BusPart(const NodeSettings& settings, Storage& storage, broker::redis::Client& redis,
                 std::uint64_t run, Ties ties, Loop& loop)
    : storage_(storage),
      router_(ties.router),
      loop_(loop),
      advertise_(settings.cluster.advertise),
      token_lifetime_(std::max(settings.lifetimes.access, settings.lifetimes.browser_access)),
      ended_read_at_(storage.clock.now()),
      bus_(redis, entry_of(settings, run).id),
      board_(redis),
      cluster_(ties.router, bus_, board_, entry_of(settings, run), codec_,
               {.attendance = ties.attendance,
                .signed_out = [&storage](SessionId session,
                                         Timestamp until) { storage.tokens.end(session, until); },
                .read_ended_sessions = [this] { return read_ended_sessions(); },
                .nodes = std::move(ties.nodes),
                .serve = std::move(ties.serve)},
               loop) {}

void BusPart::join() {
  std::exception_ptr failed;
  boost::asio::co_spawn(loop_, cluster_.join(std::chrono::milliseconds{0}),
                        [&failed](std::exception_ptr failure) { failed = std::move(failure); });
  loop_.run();
  loop_.restart();
  if (!failed) return;
  try {
    std::rethrow_exception(failed);
  } catch (const std::runtime_error& failure) {
    throw NotYet{failure.what()};
  }
}

void BusPart::set_address(const std::string& url) {
  cluster_.set_address(advertise_.empty() ? url : advertise_);
}

// What was told while nobody could hear it is in the store.
Task<void> BusPart::read_ended_sessions() {
  constexpr std::chrono::minutes kMargin{2};  // for clocks that differ, and what is being ended now
  const Timestamp now = storage_.clock.now();
  for (const SessionId session : co_await storage_.sessions.ended(ended_read_at_ - kMargin))
    storage_.tokens.end(session, now + token_lifetime_);
  ended_read_at_ = now;
  router_.sign_out_here(
      [&tokens = storage_.tokens](SessionId session) { return tokens.ended(session); });
}

std::string BusPart::health() const {
  if (const auto trouble = cluster_.trouble())
    return displaced() ? *trouble : "degraded: " + *trouble;
  return "ok";
}

void BusPart::collect_metrics(Metrics& metrics) const {
  const auto& counts = cluster_.counts();
  const auto collect = [&](std::string_view name, std::string_view direction,
                           const std::atomic<std::uint64_t>& count) {
    metrics.collect(name, {direction}, [&count] { return static_cast<double>(count.load()); });
  };
  collect("parley_bus_messages_total", "in", counts.in);
  collect("parley_bus_messages_total", "out", counts.out);
  collect("parley_bus_messages_total", "dropped", counts.dropped);
  collect("parley_bus_messages_total", "refused", counts.refused);
  collect("parley_bus_bytes_total", "in", counts.bytes_in);
  collect("parley_bus_bytes_total", "out", counts.bytes_out);
  metrics.collect("parley_bus_snapshots_total",
                  [&counts] { return static_cast<double>(counts.snapshots.load()); });
  metrics.collect("parley_bus_resyncs_total",
                  [this] { return static_cast<double>(cluster_.resyncs()); });
  metrics.collect("parley_directory_users",
                  [this] { return static_cast<double>(cluster_.directory_size()); });
  metrics.collect("parley_nodes_alive", [this] { return static_cast<double>(cluster_.nodes()); });
}

}  // namespace parley::app
