#include "gateway/part_health.h"

#include <algorithm>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "gateway/error_response.h"

namespace parley::gateway {
namespace {

using delivery::NodeRole;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Loop::executor_type>;

struct Subject {
  std::string_view name;
  NodeRole role;
};
constexpr std::array kSubjects{
    Subject{"auth", NodeRole::user},
    Subject{"users", NodeRole::user},
    Subject{"messaging", NodeRole::chat},
    Subject{"realtime", NodeRole::gateway},
};

// Several nodes are asked at once; who asks sleeps until all have answered. All on one loop.
struct Round {
  explicit Round(Loop::executor_type executor) : all_answered(executor) {}

  Timer all_answered;
  std::size_t open = 0;
  std::size_t ready = 0;
};

Task<void> ask_one(PeerClient& client, std::shared_ptr<Peer> peer, std::shared_ptr<Round> round,
                   PeerClient::Clock::time_point deadline) {
  const PeerRequest request{.method = "GET", .target = "/ready"};
  const auto answer = co_await client.ask(*peer, request, deadline);
  if (answer && answer->status == 200) ++round->ready;
  if (--round->open == 0) round->all_answered.cancel();
}

}  // namespace

PartHealth::PartHealth(delivery::NodeRoles own, std::function<bool()> ready, Peers& peers,
                       PeerClient& client)
    : own_(own), ready_(std::move(ready)), peers_(peers), client_(client) {}

Task<HttpResponse> PartHealth::answer(std::string_view path) {
  const auto subject = std::ranges::find(kSubjects, path.substr(kPrefix.size()), &Subject::name);
  if (subject == kSubjects.end()) co_return error_response({.code = Errc::route_not_found});

  const auto now = std::chrono::steady_clock::now();
  std::optional<Counted> counted;
  Kept& kept = kept_[static_cast<std::size_t>(subject->role)];
  {
    const std::lock_guard lock{mutex_};
    if (now < kept.until) counted = kept.counted;
    if (!counted) kept.until = now + kPatience + kGoodFor;  // one asks, the others take the last
  }
  if (!counted) {
    counted = co_await count(subject->role);
    const std::lock_guard lock{mutex_};
    kept = {.until = std::chrono::steady_clock::now() + kGoodFor, .counted = counted};
  }
  const std::string_view status = counted->ready == 0               ? "down"
                                  : counted->ready < counted->nodes ? "degraded"
                                                                    : "ok";
  co_return HttpResponse{.status = counted->ready == 0 ? 503 : 200,
                         .body = fmt::format(R"({{"status":"{}","nodes":{},"ready":{}}})", status,
                                             counted->nodes, counted->ready),
                         .headers = {{"Cache-Control", "no-store"}}};
}

Task<PartHealth::Counted> PartHealth::count(NodeRole role) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto deadline = PeerClient::Clock::now() + kPatience;
  const auto peers = peers_.with(role);
  const auto round = std::make_shared<Round>(executor);
  round->open = peers.size();
  for (const auto& peer : peers) {
    boost::asio::co_spawn(executor, ask_one(client_, peer, round, deadline), boost::asio::detached);
  }
  if (round->open > 0) {
    boost::system::error_code ignored;
    round->all_answered.expires_at(deadline + std::chrono::milliseconds{100});
    co_await round->all_answered.async_wait(boost::asio::redirect_error(use_task, ignored));
  }
  Counted counted{.nodes = peers.size(), .ready = round->ready};
  if (own_.has(role)) {
    ++counted.nodes;
    if (ready_()) ++counted.ready;
  }
  co_return counted;
}

}  // namespace parley::gateway
