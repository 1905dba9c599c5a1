#include "gateway/peers.h"

#include <algorithm>
#include <charconv>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.h"

namespace parley::gateway {
namespace {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Loop::executor_type>;

// A node that comes back is to be found soon: it is one of ours.
constexpr CircuitBreaker::Limits kBreaker{
    .failures = 3, .first = std::chrono::milliseconds{250}, .longest = std::chrono::seconds{5}};

}  // namespace

Peer::Peer(std::string at, std::string host_name, std::string port_number)
    : address(std::move(at)),
      host(std::move(host_name)),
      port(std::move(port_number)),
      breaker(address, kBreaker) {}

std::optional<std::pair<std::string, std::string>> host_and_port(std::string_view address) {
  constexpr std::string_view kScheme = "http://";
  if (!address.starts_with(kScheme)) return std::nullopt;
  address.remove_prefix(kScheme.size());
  if (address.ends_with('/')) address.remove_suffix(1);
  const auto colon = address.rfind(':');
  if (colon == address.npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size() || number == 0)
    return std::nullopt;
  const bool v6 = host.starts_with('[') && host.ends_with(']');
  if (v6) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("/?#@[] \t\r\n") != host.npos ||
      (!v6 && host.find(':') != host.npos))
    return std::nullopt;
  return std::pair{std::string{host}, std::string{port}};
}

Peers::Peers(const std::vector<FixedPeer>& fixed, std::uint64_t self) : self_(self) {
  for (const FixedPeer& peer : fixed) {
    if (Known* const known = know(peer.address)) known->fixed.add(peer.role);
  }
}

Peers::Known* Peers::know(const std::string& address) {
  if (const auto found = by_address_.find(address); found != by_address_.end())
    return &found->second;
  auto parts = host_and_port(address);
  if (!parts) return nullptr;
  Known& known = by_address_[address];
  known.peer = std::make_shared<Peer>(address, std::move(parts->first), std::move(parts->second));
  return &known;
}

std::vector<std::shared_ptr<Peer>> Peers::with(delivery::NodeRole role) {
  std::vector<std::shared_ptr<Peer>> peers;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [address, known] : by_address_)
      if (known.runs(role)) peers.push_back(known.peer);
  }
  if (peers.size() > 1) {
    const auto first = turn_.fetch_add(1, std::memory_order_relaxed) % peers.size();
    std::ranges::rotate(peers, peers.begin() + static_cast<std::ptrdiff_t>(first));
  }
  return peers;
}

void Peers::see(const std::vector<delivery::NodeEntry>& entries) {
  const std::lock_guard lock{mutex_};
  for (auto& [address, known] : by_address_) known.on_board = {};
  for (const delivery::NodeEntry& entry : entries) {
    if (entry.incarnation == self_) continue;
    if (Known* const known = know(entry.address))
      known->on_board = delivery::NodeRoles::read(entry.roles);
  }
  std::erase_if(by_address_, [](const auto& item) {
    return item.second.fixed == delivery::NodeRoles{} &&
           item.second.on_board == delivery::NodeRoles{};
  });
}

Task<void> Peers::follow(delivery::NodeBoard& board, std::chrono::milliseconds interval) {
  Timer timer{co_await boost::asio::this_coro::executor};
  bool reached = true;
  while (!stopping_) {
    try {
      see(co_await board.nodes());
      reached = true;
    } catch (const std::exception& failure) {
      if (reached) log::warning("the board of nodes cannot be read", {{"why", failure.what()}});
      reached = false;
    }
    // In short steps, so that stop() need not be on this loop.
    const auto until = std::chrono::steady_clock::now() + interval;
    while (!stopping_ && std::chrono::steady_clock::now() < until) {
      timer.expires_after(std::chrono::milliseconds{100});
      boost::system::error_code ignored;
      co_await timer.async_wait(boost::asio::redirect_error(use_task, ignored));
    }
  }
}

Peers::State Peers::state(delivery::NodeRole role) const {
  State state;
  const auto now = CircuitBreaker::Clock::now();
  const std::lock_guard lock{mutex_};
  for (const auto& [address, known] : by_address_) {
    if (!known.runs(role)) continue;
    ++state.known;
    if (known.peer->breaker.state(now) == CircuitBreaker::State::closed) ++state.answering;
  }
  return state;
}

}  // namespace parley::gateway
